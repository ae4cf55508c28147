"""Judges raw rows by themselves: a code and a sentence for every bad cell, and repeated keys.

A blank cell says nothing: it never overwrites what is stored. Whether a row may be stored is for `plan`.
"""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from app.exchange.cell_error import CellError
from app.exchange.cells import Cell, RawRow, is_blank
from app.exchange.columns import EXAMPLE_MARK, Column, Layout
from app.exchange.money import Money
from app.exchange.values import parse_cell
from app.kit.escaping import unescape

ROW_PROBLEMS = {
    "unterminated_quote": "这一行有没有成对的英文双引号，无法判断从哪里到哪里是一格；请补上或删去引号",
    "bad_quote": "这一行的英文双引号位置不对；格内的双引号请写成两个",
    "too_many_cells": "这一行的格数多于表头；请检查是否多了分隔符或漏写了表头",
    "cell_too_long": "有一格的文字过长（超过 100,000 字）",
    "not_json": "这一行不是合法的 JSON",
    "not_an_object": "这一行应是一个 JSON 对象",
}
"""Why a row could not even be cut into cells."""

Level = Literal["error", "notice"]


@dataclass(frozen=True)
class Message:
    """What is to say about a row, in words; `position` is the column in the file, from 0."""

    code: str
    text: str
    field: str = ""
    header: str = ""
    level: Level = "error"
    position: int | None = None

    def as_json(self) -> dict[str, Any]:
        """As `import_rows` stores it and the report gives it out."""
        return {
            "field": self.field,
            "header": self.header,
            "code": self.code,
            "level": self.level,
            "message": self.text,
            "position": self.position,
        }


@dataclass(frozen=True)
class JudgedRow:
    """A row's values by field name (dotted for parts of an object), without blanks, and all that is wrong."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()

    @property
    def is_good(self) -> bool:
        return not any(message.level == "error" for message in self.messages)

    def with_error(self, code: str, text: str, column: Column | None = None) -> JudgedRow:
        """The row with one more error."""
        name, header = (column.name, column.header) if column else ("", "")
        return replace(self, messages=(*self.messages, Message(code, text, name, header)))


def judge_rows(rows: Iterable[RawRow], layout: Layout, *, is_escaped: bool) -> list[JudgedRow]:
    """Every row but the template's example, in file order. `is_escaped`: apostrophes guard texts."""
    judged = [judge_row(row, layout, is_escaped=is_escaped) for row in rows if not _is_example(row, layout)]
    return _without_repetition(judged, layout)


def judge_row(row: RawRow, layout: Layout, *, is_escaped: bool) -> JudgedRow:
    """One row."""
    if row.problem is not None:
        text = ROW_PROBLEMS[row.problem]
        return JudgedRow(row.number, {}, (Message(row.problem, text),))
    values: dict[str, Any] = {}
    messages: list[Message] = []
    for position, (cell, column) in enumerate(zip(row.cells, layout.columns, strict=False)):
        if column is None or is_blank(cell):
            continue
        if is_escaped and cell.__class__ is str:
            cell = unescape(str(cell))
        try:
            value = parse_cell(cell, column, layout.kind)
        except CellError as error:
            messages.append(Message(error.code, error.zh, column.name, column.header, position=position))
            continue
        if value is None or value == "" or value == []:
            continue
        if isinstance(value, Money):
            messages.extend(_said_about(value, column, position))
            if value.budget is not None and "budget_wan" not in values:
                values["budget_wan"] = value.budget
        else:
            values[column.name] = value
    row_so_far = JudgedRow(row.number, values, tuple(messages))
    return _with_rules_across_cells(row_so_far, layout)


def _said_about(money: Money, column: Column, position: int) -> list[Message]:
    if money.budget is None:
        text = "金额待商定，不记入预算数字"
    elif money.is_range:
        text = f"按{'上限' if money.upper is not None else '下限'} {_plain(money.budget)} 万元记入"
    else:
        return []
    return [Message("money_simplified", text, column.name, column.header, "notice", position)]


def _plain(amount: Decimal) -> str:
    return format(amount, "f")


def _with_rules_across_cells(row: JudgedRow, layout: Layout) -> JudgedRow:
    values = row.values
    bad = {message.field for message in row.messages if message.level == "error"}
    for column in layout.columns:
        if column is not None and column.is_required and column.name not in values and column.name not in bad:
            if "system_id" in values:
                continue
            row = row.with_error("missing", f"请填写“{column.header}”", column)
    start, end = values.get("start_date"), values.get("deadline")
    if start is not None and end is not None and start > end:
        row = row.with_error("dates_reversed", "“完成时限”早于“需求起始时间”", layout.column("deadline"))
    now, wanted = values.get("trl_now"), values.get("trl_wanted")
    if now is not None and wanted is not None and now > wanted:
        column = layout.column("trl_wanted")
        row = row.with_error("trl_reversed", "“期望技术成熟度”低于“现有技术成熟度”", column)
    return row


def _is_example(row: RawRow, layout: Layout) -> bool:
    return any(
        isinstance(cell, str) and column is not None and column.name == "id" and cell.startswith(EXAMPLE_MARK)
        for cell, column in zip(row.cells, layout.columns, strict=False)
    )


def key_of(values: dict[str, Any], kind: str) -> Hashable | None:
    """What identifies the row's object within one source: our id, the given id, or name and owner."""
    system_id: uuid.UUID | None = values.get("system_id")
    if system_id is not None:
        return ("system_id", system_id)
    if values.get("id"):
        return ("id", values["id"])
    if kind == "solvers":
        return ("name", values.get("name"))
    owner = "organization" if kind == "requirements" else "solver"
    code = values.get(f"{owner}.uscc") or values.get(f"{owner}.id") or values.get(f"{owner}.name")
    return ("title", values.get("title"), code) if values.get("title") else None


def _without_repetition(rows: list[JudgedRow], layout: Layout) -> list[JudgedRow]:
    first: dict[Hashable, int] = {}
    result: list[JudgedRow] = []
    for row in rows:
        key = key_of(row.values, layout.kind) if row.values else None
        if key is not None and key in first and row.is_good:
            what = "编号" if isinstance(key, tuple) and key[0] in ("id", "system_id") else "名称和单位"
            row = row.with_error("duplicate_in_file", f"与第 {first[key]} 行{what}相同，已按前一行处理")
        elif key is not None and row.is_good:
            # A row that is turned away itself keeps nobody else out.
            first[key] = row.number
        result.append(row)
    return result


def cell_of(row: RawRow, position: int) -> Cell:
    """The cell at `position`, None beyond the row's end."""
    return row.cells[position] if position < len(row.cells) else None
