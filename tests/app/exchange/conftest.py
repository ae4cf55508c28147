"""Imports a file the way the service does, and gives back what became of it."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import func, select

from app.auth.actor import SYSTEM, Actor, Grant
from app.context import AppContext
from app.db import Database
from app.exchange import service, tasks
from app.jobs.service import run_inline
from app.models import Import, ImportRow, Job, Organization, Role
from tests import factories

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


def actor_of(db: Database, role: Role, organization: Organization | None) -> Actor:
    user = factories.make_user(db, role, organization, email=f"{uuid.uuid4().hex}@example.com")
    return Actor(user.id, (Grant(role, organization.id if organization else None),))


def count(db: Database, table: type[Any]) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def all_of(db: Database, table: type[Any]) -> list[Any]:
    with db.read() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def start(context: AppContext, content: bytes, filename: str) -> Any:
    with context.db.write() as session:
        return service.start_import(session, SYSTEM, filename=filename, content=content, max_mb=32)
