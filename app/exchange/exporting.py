"""Writes an export row by row into a temporary file, and keeps the finished file with its record."""

from __future__ import annotations

import csv
import json
import tempfile
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.auth.actor import SYSTEM, Actor
from app.exchange.columns import Column
from app.exchange.filing import kind_name
from app.exchange.json_lines import NESTED
from app.exchange.listing import AT_ONCE, Cells, count_rows, export_columns, rows_of, statement_of
from app.exchange.rendering import CELL_LIMIT, as_json, as_text, cell_value
from app.jobs.context import JobContext
from app.kit.clock import now
from app.models.exchange import Export

FORMATS = ("xlsx", "csv", "jsonl")


def run_export(job: JobContext, actor_of: Callable[[Session, uuid.UUID], Actor]) -> dict[str, Any]:
    """The task behind an `Export`; interrupted, it starts again, for half a file is none."""
    export_id = uuid.UUID(job.arguments["export_id"])
    with job.app.db.read() as session, tempfile.TemporaryDirectory(prefix="jiebang-") as folder:
        record = session.get_one(Export, export_id)
        actor = SYSTEM if record.created_by_id is None else actor_of(session, record.created_by_id)
        kind = kind_name(record.kind)
        assert kind is not None
        statement = statement_of(actor, kind, filters_of(record.filters))
        total = count_rows(session, statement)
        with job.step(done=0, total=total, stage="导出"):
            pass
        path = Path(folder) / "export"
        written = 0

        def watched() -> Iterable[Cells]:
            nonlocal written
            for cells in rows_of(session, actor, kind, statement):
                if written % AT_ONCE == 0:
                    job.check()
                written += 1
                yield cells

        write_file(path, record.format, export_columns(kind), watched(), sheet=record.kind.label)
        content = path.read_bytes()
    with job.step(done=written, total=written, stage="完成") as session:
        session.execute(
            update(Export)
            .where(Export.id == export_id)
            .values(content=content, rows=written, finished_at=now())
        )
    return {"export_id": str(export_id), "rows": written, "bytes": len(content)}


def filters_of(stored: dict[str, Any]) -> dict[str, Any]:
    """Filters as the lists take them; JSON keeps several values as lists and ids as text."""
    filters: dict[str, Any] = {}
    for name, value in stored.items():
        if name.endswith("_id") and name != "external_id":
            filters[name] = uuid.UUID(value)
        else:
            filters[name] = tuple(value) if isinstance(value, list) else value
    return filters


def write_file(
    path: Path, format: str, columns: Sequence[Column], rows: Iterable[Cells], *, sheet: str = "Sheet1"
) -> None:
    """Writes rows (stored values by column name) as they come; memory does not grow with their number."""
    if format == "xlsx":
        _write_xlsx(path, columns, rows, sheet)
    elif format == "csv":
        _write_csv(path, columns, rows)
    else:
        _write_jsonl(path, columns, rows)


def _write_xlsx(path: Path, columns: Sequence[Column], rows: Iterable[Cells], sheet: str) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = xlsxwriter.Workbook(str(path), options)
    bold = workbook.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1})
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    page = workbook.add_worksheet(sheet)
    page.set_column(0, len(columns) - 1, 20)
    page.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        page.write_string(0, place, column.header, bold)
    for line, cells in enumerate(rows, start=1):
        for place, column in enumerate(columns):
            value = cell_value(cells.get(column.name), column)
            if value is None:
                continue
            if isinstance(value, date):
                page.write_datetime(line, place, value, day)
            elif isinstance(value, int | float | Decimal):
                page.write_number(line, place, value)
            else:
                page.write_string(line, place, as_text(value)[:CELL_LIMIT])
    workbook.close()


def _write_csv(path: Path, columns: Sequence[Column], rows: Iterable[Cells]) -> None:
    # The mark tells Excel that the file is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.header for column in columns])
        for cells in rows:
            writer.writerow([as_text(cell_value(cells.get(column.name), column)) for column in columns])


def _write_jsonl(path: Path, columns: Sequence[Column], rows: Iterable[Cells]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for cells in rows:
            record: dict[str, Any] = {}
            for column in columns:
                value = as_json(cells.get(column.name))
                if value is None or value == "" or value == []:
                    continue
                owner, _, part = column.name.partition(".")
                if part and owner in NESTED:
                    record.setdefault(owner, {})[part] = value
                else:
                    record[column.name] = value
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
