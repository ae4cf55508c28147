"""Imports a file the way the service does, and gives back what became of it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import select

from app.auth.actor import SYSTEM, Actor
from app.context import AppContext
from app.exchange import service, tasks
from app.jobs.service import run_inline
from app.models import Import, ImportRow, Job

assert tasks.imports_run


@dataclass(frozen=True)
class Imported:
    """One import that has ended."""

    record: Import
    rows: list[ImportRow]
    job: Job

    @property
    def counts(self) -> tuple[int, int, int, int]:
        record = self.record
        return record.created, record.updated, record.unchanged, record.rejected

    def codes(self, number: int) -> list[str]:
        """The codes said about the row on line `number`."""
        row = next(row for row in self.rows if row.number == number)
        return [message["code"] for message in row.messages]


ImportFile = Callable[..., Imported]


@pytest.fixture
def import_file(context: AppContext) -> ImportFile:
    def import_file(
        content: bytes, filename: str = "requirements.jsonl", *, actor: Actor = SYSTEM, **options: Any
    ) -> Imported:
        with context.db.write() as session:
            record = service.start_import(
                session, actor, filename=filename, content=content, max_mb=32, **options
            )
        assert record.job_id is not None
        job = run_inline(context, record.job_id)
        return read_back(context, record.id, job)

    return import_file


def read_back(context: AppContext, import_id: Any, job: Job) -> Imported:
    with context.db.read() as session:
        record = session.get_one(Import, import_id)
        statement = select(ImportRow).where(ImportRow.import_id == import_id).order_by(ImportRow.number)
        return Imported(record, list(session.scalars(statement)), job)


def jsonl(*records: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode()


def xlsx(*rows: Sequence[Any], sheet: str = "Sheet1") -> bytes:
    output = io.BytesIO()
    workbook = xlsxwriter.Workbook(output, {"strings_to_formulas": False})
    page = workbook.add_worksheet(sheet)
    for line, row in enumerate(rows):
        page.write_row(line, 0, row)
    workbook.close()
    return output.getvalue()
