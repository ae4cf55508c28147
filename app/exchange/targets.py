"""Quantified targets (考核指标) as lines of text: 抗冲击韧性 ≥ 67 %, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from app.exchange.cell_error import CellError
from app.kit.text import clean_line

MOST = 50
LINE_ENDS = re.compile(r"[\n；;]+")
HALF_WIDTH = {0xFF01 + place: 0x21 + place for place in range(94)} | {0x3000: 0x20}
"""Full-width letters, digits and signs to half-width ones; signs such as ℃ and ² keep their shape."""

NUMBERING = re.compile(r"^\s*(?:\(?\d{1,2}[)、]|\d{1,2}\.(?!\d)|[•·●])\s*")
NUMBER = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
OPERATORS = {
    "≥": ("≥", ">=", "≧", "⩾", "不低于", "不小于", "不少于", "大于等于", "大于或等于", "至少", "达到", "达"),
    "≤": ("≤", "<=", "≦", "⩽", "不高于", "不大于", "不超过", "不多于", "小于等于", "小于或等于", "至多"),
    ">": (">", "大于", "高于", "超过", "优于"),
    "<": ("<", "小于", "低于", "少于"),
    "=": ("=", "等于", "为", ":"),
}
BETWEEN = "~"
_OPERATOR_OF = {word: sign for sign, words in OPERATORS.items() for word in words}
_WORDS = "|".join(re.escape(word) for word in sorted(_OPERATOR_OF, key=len, reverse=True))
SIMPLE = re.compile(rf"(?P<name>.+?)\s*(?P<operator>{_WORDS})\s*(?P<value>{NUMBER})\s*(?P<unit>.*)")
RANGE = re.compile(
    rf"(?P<name>.+?)\s*(?::|=|在|为)?\s*(?<![\d.])(?P<value>{NUMBER})\s*(?:~|至|到|(?<=\d)-)\s*"
    rf"(?P<upper>{NUMBER})\s*(?P<unit>.*)"
)
ALLOWED = "每行写一项：名称 符号 数值 单位，例如：抗冲击韧性 ≥ 67 %；定性的要求请写在“技术关键与主要指标”"


def parse_targets(value: str | list[Any]) -> list[dict[str, Any]]:
    """Rows {name, operator, value, upper, unit}; `upper` only with the operator `~`, else None.

    Accepts lines of text, and lists of rows or lines as in jsonl. Raises `CellError` for the first bad line.
    """
    lines: list[Any]
    if isinstance(value, str):
        text = value.strip()
        lines = _json_rows(text) if text.startswith("[{") else list(LINE_ENDS.split(text))
    else:
        lines = value
    lines = [line for line in lines if not (isinstance(line, str) and not line.strip())]
    if len(lines) > MOST:
        raise CellError("too_many_targets", f"考核指标最多 {MOST} 项")
    return [
        parse_target(line, place) if isinstance(line, str) else _row(line, place)
        for place, line in enumerate(lines, start=1)
    ]


def parse_target(line: str, place: int = 1) -> dict[str, Any]:
    """One line. Raises `CellError` that names line `place`."""
    text = NUMBERING.sub("", line.translate(HALF_WIDTH)).strip().rstrip("。,")
    text = re.sub(r"[~〜∼～]", "~", text)
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    if match := SIMPLE.fullmatch(text):
        name, unit = match["name"], match["unit"]
        if not re.match(r"\s*(?:~|至|到|-)\s*[+-]?\d", unit):
            return _checked(name, _OPERATOR_OF[match["operator"]], match["value"], None, unit, place)
    if match := RANGE.fullmatch(text):
        return _checked(match["name"], BETWEEN, match["value"], match["upper"], match["unit"], place)
    raise _bad(place)


def render_targets(targets: Iterable[Mapping[str, Any]]) -> str:
    """Lines that `parse_targets` turns back into the same rows; JSON where no line can."""
    rows = [dict(target) for target in targets]
    if not rows:
        return ""
    text = "\n".join(_render(row) for row in rows)
    try:
        if parse_targets(text) == rows:
            return text
    except CellError:
        pass
    return json.dumps(rows, ensure_ascii=False)


def _render(row: Mapping[str, Any]) -> str:
    value = _written(row.get("value"))
    if row.get("operator") == BETWEEN:
        amount = f"{value}～{_written(row.get('upper'))}"
    else:
        amount = f"{row.get('operator')} {value}"
    return f"{row.get('name')} {amount} {row.get('unit') or ''}".strip()


def _written(value: Any) -> str:
    return format(Decimal(str(value)), "f") if isinstance(value, int | float) else str(value)


def _json_rows(text: str) -> list[Any]:
    try:
        rows = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise _bad(1) from error
    return rows if isinstance(rows, list) else [rows]


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _row(row: Any, place: int) -> dict[str, Any]:
    if not isinstance(row, dict) or not row.keys() <= {"name", "operator", "value", "upper", "unit"}:
        raise _bad(place)
    name, unit, upper = row.get("name"), row.get("unit") or "", row.get("upper")
    operator = row.get("operator")
    operator = operator if operator == BETWEEN else _OPERATOR_OF.get(str(operator))
    numbers = [row.get("value"), *([] if upper is None else [upper])]
    if not isinstance(name, str) or not isinstance(unit, str) or operator is None:
        raise _bad(place)
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
        raise _bad(place)
    return _checked(name, operator, str(row["value"]), None if upper is None else str(upper), unit, place)


def _checked(
    name: str, operator: str, value: str, upper: str | None, unit: str, place: int
) -> dict[str, Any]:
    name, unit = clean_line(name).rstrip(":="), clean_line(unit)
    if not name or len(name) > 100 or len(unit) > 40 or (upper is None) == (operator == BETWEEN):
        raise _bad(place)
    low, high = _number(value, place), None if upper is None else _number(upper, place)
    if high is not None and low > high:
        raise CellError("target", f"第 {place} 项考核指标的下限大于上限")
    return {"name": name, "operator": operator, "value": low, "upper": high, "unit": unit}


def _number(text: str, place: int) -> int | float:
    number = float(text)
    if abs(number) > 1e15:
        raise _bad(place)
    return int(number) if number.is_integer() else number


def _bad(place: int) -> CellError:
    return CellError("target", f"第 {place} 项考核指标看不懂，" + ALLOWED)
