"""Reads numbers and units as forms write them: 1.5×10⁵ CFU/g, 10 万次, 三个月, 80S, mg/(m²·h), 一半."""

from __future__ import annotations

import re
from dataclasses import dataclass

DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
POWERS = {"十": 10, "百": 100, "千": 1000}
MULTIPLES = {"百": 1e2, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8}
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")

_WRITTEN_UNITS = (
    "个百分点|百分点|个小时|个月|平方厘米|平方米|平方公里|立方米|公顷|公里|千米|厘米|毫米|微米|纳米|海里|"
    "毫克|微克|千克|公斤|毫升|千瓦时|千瓦|兆瓦|瓦|伏|兆帕|千帕|帕|分贝|摄氏度|小时|分钟|毫秒|微秒|工作日|周岁|"
    "转/分钟|万元|亿元|元|美元|千平米|平米|百米|亿次|人次|模次|拷贝|反应|次|倍|级|项|件|台套|台|套|条|家|张|粒|亩|批|片|只|根|炉|"
    "支|人|户|处|例|株|头|羽|枚|吨|克|斤|升|米|秒|分|时|天|日|周|年|度|层|种|个|名|幅|组|帧|桶|道|舱|车|班|份|块|锭|点|圈|辆|模(?![具型块])"
)
_LATIN_UNIT = (
    r"(?:%\s?(?:RH|FS|F\.S\.)|dB\(A\)|[%‰]|℃|°C|°|[kMmGμnp]?Ω|[A-Za-zμ][A-Za-zμ]{0,7}[²³23]?(?:⁻[¹²³])?)"
)
_BASE = rf"(?:{_WRITTEN_UNITS}|{_LATIN_UNIT}|\([A-Za-zμ℃²³·⁻¹\d. ]{{1,24}}\))"
UNIT = rf"(?:个?CIE单位|{_BASE}(?:\s?[/·]\s?(?:[\d.]+\s?)?{_BASE}){{0,3}})"

_DECIMAL = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_POWER = r"\s?[×xX*]\s?10(?:\^?[-+]?\d{1,2}(?![\d.])|[⁰¹²³⁴-⁹⁻⁺]+)"
_MULTIPLE = r"(?:\s?(?:十万|百万|千万|万|亿|千|百)(?!元|米|分|瓦|帕|克))"
_COUNTED = "个月|个小时|个百分点|倍|年|天|小时|分钟|次|级|周|家|台|套|批|道|层|人|亩|吨|米|秒"
_WRITTEN = rf"[一二两三四五六七八九十百]{{1,4}}(?=\s?(?:{_COUNTED}))"
NUMBER = rf"(?:[-+]?(?:{_DECIMAL})(?:{_POWER})?{_MULTIPLE}?|{_WRITTEN}|一半|半(?=年|天|小时))"

_READ = re.compile(rf"([-+]?(?:{_DECIMAL}))({_POWER})?\s?(十万|百万|千万|万|亿|千|百)?")
_RATE = re.compile(r"\s*/\s*")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and its unit; "" for a pure number."""

    value: float
    unit: str


def read_number(text: str) -> float:
    """The value of what `NUMBER` matched."""
    text = text.strip()
    if text == "一半":
        return 50.0
    if text == "半":
        return 0.5
    found = _READ.fullmatch(text)
    if found is None:
        return float(_written_number(text))
    value = float(found[1].replace(",", ""))
    if found[2]:
        exponent = re.sub(r"\s?[×xX*]\s?10\^?", "", found[2], count=1).translate(_SUPERSCRIPT)
        # Floats such as 1.0000000000000001e-05 would not be what a person would call equal.
        value = float(f"{value}e{int(exponent)}")
    return value * MULTIPLES.get(found[3] or "", 1.0)


def _written_number(text: str) -> int:
    total, digit = 0, 0
    for character in text:
        if character in DIGITS:
            digit = DIGITS[character]
        else:
            total += (digit or 1) * POWERS[character]
            digit = 0
    return total + digit


def read_unit(text: str) -> str:
    """The unit in one form: no blanks around / and ·, none at the edges."""
    return _RATE.sub("/", text.strip()).replace(" ", "")


def read(number: str, unit: str) -> Quantity:
    """Number and unit together; 一半 is 50 %, 三成 30 %."""
    if number.strip() == "一半":
        return Quantity(50.0, "%")
    return Quantity(read_number(number), read_unit(unit))
