"""Reads amounts as people write them in forms: 30-50万, 1.2亿元, ￥500,000, 不超过100万元, 面议."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from app.exchange.cell_error import CellError

LARGEST_WAN = Decimal(9_999_999)
YUAN_PER_WAN = Decimal(10_000)
NEGOTIABLE = {"面议", "待定", "另议", "协商", "双方协商", "面谈", "待议", "无", "暂无", "不详", "-", "/", "—"}
UNITS = {
    "亿": Decimal(10_000),
    "千万": Decimal(1_000),
    "百万": Decimal(100),
    "十万": Decimal(10),
    "万": Decimal(1),
    "千": Decimal("0.1"),
    "元": 1 / YUAN_PER_WAN,
}
"""万元 in one of each."""

DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
POWERS = {"十": 10, "百": 100, "千": 1000}

NUMBER = r"(?:\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千]+)"
UNIT = r"(?:亿|千万|百万|十万|万|千)?元?"
AMOUNT = re.compile(rf"({NUMBER})({UNIT})")
RANGE = re.compile(rf"({NUMBER})({UNIT})(?:-|至|到)({NUMBER})({UNIT})")
AROUND = re.compile(r"^(?:约为?|大约|大概|预计|暂定|总?投资|总?预算|共计?|合计|人民币|rmb|cny)+")
UP_TO = re.compile(r"^(?:不超过|不高于|小于等于|不大于|最多|至多|低于|小于|<=|≤|<)")
AT_LEAST = re.compile(r"^(?:不低于|不少于|大于等于|至少|最少|超过|高于|大于|>=|≥|>)")
ALLOWED = "请填以万元为单位的数字，或如 30-50万、1.2亿元、500000元、面议"


@dataclass(frozen=True)
class Money:
    """An amount in 万元, 0 to 9,999,999. Both bounds are None when it is to be negotiated."""

    lower: Decimal | None
    upper: Decimal | None

    @property
    def is_range(self) -> bool:
        return self.lower != self.upper

    @property
    def budget(self) -> Decimal | None:
        """The one figure we store: the upper bound, or the lower one where the upper is open."""
        return self.upper if self.upper is not None else self.lower


def parse_money(value: str | int | float, *, unit: str = "万") -> Money:
    """The amount in 万元; a bare number counts in `unit` (`万` or `元`), one with a currency sign in 元.

    Raises `CellError` for other currencies, negative and unreadable amounts.
    """
    text = _normal(str(value))
    if text in NEGOTIABLE:
        return Money(None, None)
    if re.search(r"美元|欧元|日元|英镑|港元|港币|usd|eur|jpy|gbp|hkd|[$€£]", text):
        raise CellError("currency", "金额请折算成人民币，" + ALLOWED)
    if text.startswith("-"):
        raise CellError("negative", "金额不能为负，" + ALLOWED)
    if "¥" in text:
        text, unit = text.replace("¥", ""), "元"
    text = AROUND.sub("", text)
    bound = ""
    for name, pattern in (("upper", UP_TO), ("lower", AT_LEAST)):
        if pattern.match(text):
            text, bound = pattern.sub("", text), name
    for name, words in (("upper", ("以内", "以下", "之内")), ("lower", ("以上", "起"))):
        for word in words:
            if text.endswith(word):
                text, bound = text.removesuffix(word), name
    text = AROUND.sub("", text.removesuffix("左右").removesuffix("整").removesuffix("人民币"))
    if match := RANGE.fullmatch(text):
        first, first_unit, second, second_unit = match.groups()
        upper = _amount(second, second_unit or first_unit, unit)
        lower = _amount(first, first_unit or second_unit, unit)
        if lower > upper:
            raise CellError("range", "金额范围的下限大于上限，" + ALLOWED)
        return Money(_checked(lower), _checked(upper))
    if match := AMOUNT.fullmatch(text):
        number, written_unit = match.groups()
        amount = _checked(_amount(number, written_unit, unit))
        if bound == "upper":
            return Money(Decimal(0), amount)
        return Money(amount, None) if bound == "lower" else Money(amount, amount)
    raise CellError("money", "看不懂这个金额，" + ALLOWED)


def _normal(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub(r"[\s_]", "", text).replace("圆", "元").replace("人民币", "").replace("￥", "¥")
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"[~〜∼—–‐－]+", "-", text) if text not in NEGOTIABLE else text
    return re.sub(r"^(?:rmb|cny)", "¥", text)


def _amount(number: str, written_unit: str, default: str) -> Decimal:
    unit = written_unit.removesuffix("元") or ("元" if written_unit else default)
    return _number(number) * UNITS[unit]


def _number(text: str) -> Decimal:
    if text[0].isdigit():
        return Decimal(text)
    total, digit = 0, 0
    for character in text:
        if character in DIGITS:
            digit = DIGITS[character]
        else:
            total += (digit or 1) * POWERS[character]
            digit = 0
    return Decimal(total + digit)


def _checked(amount: Decimal) -> Decimal:
    if amount > LARGEST_WAN:
        raise CellError("too_large", "金额超过 9,999,999 万元上限，请检查单位")
    amount = amount.quantize(Decimal("0.0001"))
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount.normalize()
