"""Turns one raw cell into the value its column stores, or says what is wrong with it in words."""

from __future__ import annotations

import json
import re
import unicodedata
import uuid
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.exchange.cell_error import CellError
from app.exchange.cells import Cell
from app.exchange.columns import CellKind, Column, KindName
from app.exchange.dates import parse_date
from app.exchange.money import Money, parse_money
from app.exchange.targets import parse_targets
from app.kit.columns import Labelled
from app.kit.text import UncleanText, clean_line, clean_text, split_keywords
from app.kit.uscc import is_uscc, normal_uscc
from app.models.organization import OrganizationKind
from app.models.requirement import ActivityType, Confidentiality, Cooperation, Field
from app.models.solver import AchievementKind, SolverKind

CHOICES: dict[tuple[KindName, str], type[Labelled]] = {
    ("requirements", "organization.kind"): OrganizationKind,
    ("requirements", "field"): Field,
    ("requirements", "cooperation"): Cooperation,
    ("requirements", "activity_type"): ActivityType,
    ("requirements", "confidentiality"): Confidentiality,
    ("solvers", "kind"): SolverKind,
    ("achievements", "kind"): AchievementKind,
    ("achievements", "field"): Field,
    ("achievements", "solver.kind"): SolverKind,
}
"""The enumeration behind every column of the kind `choice`."""

OTHER_WORDS: dict[type[Labelled], dict[str, str]] = {
    Field: {
        "新材料": "新材料及应用",
        "生物医药": "生物技术与制药",
        "生物与医药": "生物技术与制药",
        "光机电": "光机电一体化",
        "先进制造": "光机电一体化",
        "农业": "现代农业",
        "新能源": "新能源与高效节能",
        "环境保护": "资源与环境",
        "现代服务业": "高技术服务业",
    },
    SolverKind: {"高校": "university", "大学": "university", "研究所": "institute", "团队": "team"},
    OrganizationKind: {"高校": "university", "大学": "university", "研究所": "institute"},
    AchievementKind: {"科技成果": "achievement", "发明专利": "patent", "实用新型": "patent"},
    Confidentiality: {"公开发布": "public", "匿名发布": "anonymous", "定向发布": "restricted"},
}
"""What forms of other places call the same."""

MOST_KEYWORDS, KEYWORD_LIMIT, MOST_NAMES = 20, 40, 200
MOST_CAPACITY = 1000
EARLIEST_YEAR, LATEST_YEAR = 1900, 2100
NAME_SEPARATORS = re.compile(r"[；;\n]+")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
IMPRECISE_FROM = 10**15
"""Spreadsheets keep 15 digits of a number; codes longer than that have lost their end."""


def parse_cell(cell: Cell, column: Column, kind: KindName) -> Any:
    """The value of a cell that is not blank. Raises `CellError`."""
    if isinstance(cell, bool):
        raise CellError("wrong_type", f"“{column.header}”不能是“是/否”值，请填写文字或数字")
    try:
        return _PARSERS[column.cell](cell, column, kind)
    except UncleanText as error:
        words = "含有损坏的字符" if error.code == "surrogate" else "含有不可见的控制字符"
        raise CellError(error.code, f"“{column.header}”{words}，请重新录入") from error


def as_text(cell: Cell, column: Column) -> str:
    """What a person sees in the cell. Raises `CellError` for lists, objects and overlong numbers."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, int):
        if abs(cell) >= IMPRECISE_FROM:
            raise CellError(
                "number_lost_digits",
                f"“{column.header}”是超过 15 位的数字，末尾已丢失；请把单元格设为文本后重填",
            )
        return str(cell)
    if isinstance(cell, float):
        return format(Decimal(str(cell)), "f")
    raise CellError("wrong_type", f"“{column.header}”应是一段文字")


def _line(cell: Cell, column: Column, kind: KindName) -> str:
    return _within(clean_line(as_text(cell, column)), column)


def _text(cell: Cell, column: Column, kind: KindName) -> str:
    return _within(clean_text(as_text(cell, column)), column)


def _within(text: str, column: Column) -> str:
    if len(text) > column.limit:
        raise CellError("too_long", f"“{column.header}”有 {len(text)} 字，超过 {column.limit} 字上限")
    return text


def _keywords(cell: Cell, column: Column, kind: KindName) -> list[str]:
    words = split_keywords(_listed(cell, column))
    if len(words) > MOST_KEYWORDS:
        raise CellError("too_many_keywords", f"“{column.header}”有 {len(words)} 个，最多 {MOST_KEYWORDS} 个")
    if any(len(word) > KEYWORD_LIMIT for word in words):
        raise CellError(
            "keyword_too_long", f"“{column.header}”每个不超过 {KEYWORD_LIMIT} 字，请用顿号或逗号隔开"
        )
    return words


def _names(cell: Cell, column: Column, kind: KindName) -> list[str]:
    given = _listed(cell, column)
    parts = NAME_SEPARATORS.split(given) if isinstance(given, str) else given
    names = list(dict.fromkeys(name for name in map(clean_line, parts) if name))
    if len(names) > MOST_NAMES or any(len(name) > column.limit for name in names):
        raise CellError(
            "too_long", f"“{column.header}”最多 {MOST_NAMES} 个，每个不超过 {column.limit} 字，用分号隔开"
        )
    return names


def _listed(cell: Cell, column: Column) -> str | list[str]:
    if isinstance(cell, list):
        if not all(isinstance(item, str) for item in cell):
            raise CellError("wrong_type", f"“{column.header}”应是一组文字")
        return cell
    text = as_text(cell, column)
    if text.startswith('["'):
        # Our exports write a list as JSON when no separator can keep its items apart.
        try:
            items = json.loads(text)
        except (ValueError, RecursionError):
            return text
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return items
    return text


def _money(cell: Cell, column: Column, kind: KindName) -> Money:
    if not isinstance(cell, str | int | float):
        raise CellError("wrong_type", f"“{column.header}”应是金额")
    return parse_money(cell, unit="元" if column.cell == "yuan" else "万")


def _date(cell: Cell, column: Column, kind: KindName) -> date:
    if isinstance(cell, list | dict) or cell is None:
        raise CellError("wrong_type", f"“{column.header}”应是日期")
    return parse_date(cell, edge="first" if column.name == "start_date" else "last")


def _choice(cell: Cell, column: Column, kind: KindName) -> Labelled:
    options = CHOICES[kind, column.name]
    text = clean_line(unicodedata.normalize("NFKC", as_text(cell, column)))
    try:
        return options.parse(OTHER_WORDS.get(options, {}).get(text, text))
    except ValueError as error:
        allowed = "、".join(member.label for member in options)
        raise CellError("choice", f"“{column.header}”只能填以下之一：{allowed}") from error


def _trl(cell: Cell, column: Column, kind: KindName) -> int:
    text = unicodedata.normalize("NFKC", as_text(cell, column)).strip().upper()
    match = re.fullmatch(r"(?:TRL)?\s*-?\s*([1-9])(?:\.0)?\s*级?", text)
    if match is None:
        raise CellError("trl", f"“{column.header}”只能填 1 至 9 的整数（GB/T 22900 技术就绪度）")
    return int(match.group(1))


def _year(cell: Cell, column: Column, kind: KindName) -> int:
    if isinstance(cell, date):
        return cell.year
    match = re.fullmatch(r"(\d{4})年?", unicodedata.normalize("NFKC", as_text(cell, column)).strip())
    if match is None or not EARLIEST_YEAR <= int(match.group(1)) <= LATEST_YEAR:
        raise CellError("year", f"“{column.header}”应是 {EARLIEST_YEAR} 至 {LATEST_YEAR} 的四位年份")
    return int(match.group(1))


def _count(cell: Cell, column: Column, kind: KindName) -> int:
    match = re.fullmatch(r"(\d{1,4})个?项?", unicodedata.normalize("NFKC", as_text(cell, column)).strip())
    if match is None or int(match.group(1)) > MOST_CAPACITY:
        raise CellError("count", f"“{column.header}”应是 0 至 {MOST_CAPACITY} 的整数")
    return int(match.group(1))


def _targets(cell: Cell, column: Column, kind: KindName) -> list[dict[str, Any]]:
    return parse_targets(cell if isinstance(cell, list) else clean_text(as_text(cell, column)))


def _uscc(cell: Cell, column: Column, kind: KindName) -> str:
    code = normal_uscc(clean_line(as_text(cell, column)))
    if len(code) != 18:
        raise CellError("uscc", f"“{column.header}”应为 18 位，这里有 {len(code)} 位")
    if not is_uscc(code):
        raise CellError("uscc", f"“{column.header}”校验码不符或含有不允许的字符，请对照营业执照核对")
    return code


def _email(cell: Cell, column: Column, kind: KindName) -> str:
    text = _within(clean_line(as_text(cell, column)), column)
    if text and not EMAIL.fullmatch(text):
        raise CellError("email", f"“{column.header}”应形如 name@example.com")
    return text


def _system_id(cell: Cell, column: Column, kind: KindName) -> uuid.UUID:
    try:
        return uuid.UUID(clean_line(as_text(cell, column)))
    except ValueError as error:
        raise CellError("system_id", f"“{column.header}”由系统填写，新增的行请留空") from error


_PARSERS: dict[CellKind, Callable[[Cell, Column, KindName], Any]] = {
    "line": _line,
    "text": _text,
    "keywords": _keywords,
    "names": _names,
    "money": _money,
    "yuan": _money,
    "date": _date,
    "choice": _choice,
    "trl": _trl,
    "year": _year,
    "count": _count,
    "targets": _targets,
    "uscc": _uscc,
    "email": _email,
    "id": _line,
    "system_id": _system_id,
}
