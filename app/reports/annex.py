"""The workbook behind a report: every figure is counted from rows that stand in it, and says from which.

A figure is computed from the annex itself, so the words of a report and the rows behind them cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from app.documents.model import Cell, Sheet

INDEX = "数字索引"
INDEX_HEADERS = ("编号", "指标", "数值", "单位", "明细表", "筛选条件（列=值）", "计数的列", "求和的列")

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with where it comes from: rows of `sheet` that agree with `where`, counted, or summed over `total_of`.

    With `distinct` only different values of that column count. `code` is its line in the index.
    """

    code: str
    label: str
    value: Number
    unit: str
    sheet: str
    where: tuple[tuple[str, Cell], ...] = ()
    total_of: str = ""
    distinct: str = ""


@dataclass
class Annex:
    """Tables of rows by sheet name, and the figures that were taken from them."""

    tables: dict[str, tuple[tuple[str, ...], list[dict[str, Cell]]]] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    widths: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def add(
        self,
        sheet: str,
        headers: Sequence[str],
        rows: Sequence[Mapping[str, Cell]],
        widths: Sequence[int] = (),
    ) -> None:
        """A sheet of rows, each a mapping from header to value; what is missing is empty."""
        self.tables[sheet] = (tuple(headers), [dict(row) for row in rows])
        self.widths[sheet] = tuple(widths)

    def rows(self, sheet: str, where: Mapping[str, Cell] | None = None) -> list[dict[str, Cell]]:
        """The rows of a sheet that have these values."""
        wanted = (where or {}).items()
        return [row for row in self.tables[sheet][1] if all(row.get(name) == value for name, value in wanted)]

    def count(
        self,
        label: str,
        sheet: str,
        where: Mapping[str, Cell] | None = None,
        *,
        distinct: str = "",
        unit: str = "项",
    ) -> Figure:
        """How many rows, or with `distinct` how many different values of that column, empty ones left out."""
        rows = self.rows(sheet, where)
        value = len({row.get(distinct) for row in rows} - {None, ""}) if distinct else len(rows)
        return self._keep(label, value, unit, sheet, where, distinct=distinct)

    def total(
        self,
        label: str,
        sheet: str,
        column: str,
        where: Mapping[str, Cell] | None = None,
        *,
        unit: str = "万元",
    ) -> Figure:
        """The sum of a column over rows; an empty cell adds nothing."""
        values = [row.get(column) for row in self.rows(sheet, where)]
        amount = sum((Decimal(value) for value in values if isinstance(value, int | Decimal)), Decimal(0))
        return self._keep(label, amount, unit, sheet, where, total_of=column)

    def _keep(
        self,
        label: str,
        value: Number,
        unit: str,
        sheet: str,
        where: Mapping[str, Cell] | None,
        *,
        total_of: str = "",
        distinct: str = "",
    ) -> Figure:
        code = f"F{len(self.figures) + 1:03d}"
        conditions = tuple((where or {}).items())
        found = Figure(code, label, value, unit, sheet, conditions, total_of, distinct)
        self.figures.append(found)
        return found

    def sheets(self) -> list[Sheet]:
        """The index first, then the tables."""
        index = [
            (
                one.code,
                one.label,
                one.value,
                one.unit,
                one.sheet,
                "；".join(f"{name}={shown_cell(value)}" for name, value in one.where),
                one.distinct,
                one.total_of,
            )
            for one in self.figures
        ]
        found = [Sheet(INDEX, INDEX_HEADERS, index, (8, 44, 12, 8, 14, 44, 14, 18))] if index else []
        for name, (headers, rows) in self.tables.items():
            lines = [tuple(row.get(header) for header in headers) for row in rows]
            found.append(Sheet(name, headers, lines, self.widths[name]))
        return found


def shown_cell(value: Cell) -> str:
    """A value as a condition names it; nothing is （空）."""
    return "（空）" if value is None or value == "" else str(value)


def shown_number(value: Number) -> str:
    """A figure as reports write it: 1,234 and 1,234.5, without needless zeros."""
    if isinstance(value, int):
        return f"{value:,}"
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def share(part: Number, whole: Number) -> str:
    """A percentage with one decimal; — where there is no whole."""
    return f"{Decimal(part) * 100 / Decimal(whole):.1f}%" if whole else "—"
