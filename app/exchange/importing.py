"""Runs one import: reads the file, judges its rows, files them in batches, and notes what became of each."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer
from sqlalchemy.orm.exc import StaleDataError

from app import audit
from app.auth.actor import SYSTEM, Actor
from app.exchange.achievement_rows import file_achievements
from app.exchange.bulk import insert_rows
from app.exchange.columns import KindName, Layout, kind_of, resolve
from app.exchange.errors import NoRows
from app.exchange.filing import Result, Scope, count, kind_name, scope_of
from app.exchange.guards import FileFormat, check_file
from app.exchange.requirement_rows import file_requirements
from app.exchange.rows import JudgedRow, judge_rows
from app.exchange.sandbox import read_file
from app.exchange.solver_rows import file_solvers
from app.jobs.context import JobContext
from app.kit.clock import now
from app.models.challenge import Challenge
from app.models.exchange import Import, ImportKind, ImportMode, ImportRow, RowOutcome

FILERS: dict[KindName, Callable[[Session, Scope, Sequence[JudgedRow]], list[Result]]] = {
    "requirements": file_requirements,
    "solvers": file_solvers,
    "achievements": file_achievements,
}
BATCH: dict[KindName, int] = {"requirements": 50, "solvers": 500, "achievements": 1000}
"""Rows per transaction: a batch of requirements takes longest, and other writers wait for it."""

PAUSE_EVERY, PAUSE_SECONDS = 1.0, 0.12
"""SQLite has one writer, and those who wait for it look again ten times a second at most: an import that
begins its next batch at once would keep everybody else out to its end."""

ATTEMPTS = 3
"""On PostgreSQL somebody else may file or edit the same object between our look and our write."""

SHOWN_HEADERS, SHOWN_LENGTH = 20, 40
"""How many unknown headers a notice repeats, and how much of each."""


@dataclass(frozen=True)
class Table:
    """A file that was read and judged."""

    kind: KindName
    layout: Layout
    rows: list[JudgedRow]
    notices: list[dict[str, Any]]


def read_table(filename: str, content: bytes, *, kind: KindName | None, max_mb: int) -> Table:
    """Opens and judges a file. Raises a `FileError`."""
    file_format = check_file(filename, content, max_mb=max_mb)
    head, raw = read_file(content, file_format)
    kind = kind or kind_of(head.header, filename)
    layout = resolve(head.header, kind)
    rows = judge_rows(raw, layout, is_escaped=file_format is not FileFormat.JSONL)
    if not rows:
        raise NoRows()
    return Table(kind, layout, rows, _notices(head.header, layout))


def _notices(header: Sequence[str], layout: Layout) -> list[dict[str, Any]]:
    if not layout.unknown:
        return []
    names = [header[position].strip()[:SHOWN_LENGTH] for position in layout.unknown[:SHOWN_HEADERS]]
    more = "等" if len(layout.unknown) > SHOWN_HEADERS else ""
    text = f"以下 {len(layout.unknown)} 列不在模板中，没有导入：{'、'.join(names)}{more}"
    return [{"code": "unknown_columns", "message": text}]


def run_import(job: JobContext, actor_of: Callable[[Session, uuid.UUID], Actor]) -> dict[str, Any]:
    """The task behind an `Import`; resumed after a crash it goes on with the batch after the last stored one.

    Raises a `FileError` when the file as a whole is unusable; nothing is stored then.
    """
    import_id = uuid.UUID(job.arguments["import_id"])
    with job.app.db.read() as session:
        record = session.scalars(
            select(Import).where(Import.id == import_id).options(undefer(Import.content))
        ).one()
        challenge = session.get(Challenge, record.challenge_id) if record.challenge_id else None
        actor = SYSTEM if record.created_by_id is None else actor_of(session, record.created_by_id)
    table = read_table(
        record.filename,
        record.content,
        kind=kind_name(record.kind),
        max_mb=job.app.settings.max_upload_mb,
    )
    scope = scope_of(
        actor,
        table.kind,
        organization_id=record.organization_id or _owner(job),
        challenge=challenge.code if challenge is not None else None,
    )
    if "next" not in job.checkpoint:
        with job.step(checkpoint={"next": 0}, done=0, total=len(table.rows), stage="核对") as session:
            _open(session, record.id, table)
    if record.mode is ImportMode.ALL_OR_NOTHING:
        _run_whole(job, record, scope, table)
    else:
        _run_in_batches(job, record, scope, table)
    return _close(job, record, table)


def _owner(job: JobContext) -> uuid.UUID | None:
    owner = job.arguments.get("owner_id")
    return uuid.UUID(owner) if owner else None


def _open(session: Session, import_id: uuid.UUID, table: Table) -> None:
    session.execute(
        update(Import)
        .where(Import.id == import_id)
        .values(kind=ImportKind(table.kind), read=len(table.rows), notices=table.notices)
    )


def _run_in_batches(job: JobContext, record: Import, scope: Scope, table: Table) -> None:
    size = BATCH[table.kind]
    position: int = job.checkpoint["next"]
    paused_at = time.monotonic()
    while position < len(table.rows):
        rows = table.rows[position : position + size]
        position += len(rows)
        stage = "试运行" if record.is_dry_run else "逐行入库"
        _step(job, record, scope, table, rows, end=position, stage=stage, needs_all=False)
        if job.app.db.is_sqlite and time.monotonic() - paused_at > PAUSE_EVERY:
            time.sleep(PAUSE_SECONDS)
            paused_at = time.monotonic()


def _run_whole(job: JobContext, record: Import, scope: Scope, table: Table) -> None:
    if job.checkpoint["next"] == 0:
        _step(job, record, scope, table, table.rows, end=len(table.rows), stage="整批入库", needs_all=True)


def _step(
    job: JobContext,
    record: Import,
    scope: Scope,
    table: Table,
    rows: Sequence[JudgedRow],
    *,
    end: int,
    stage: str,
    needs_all: bool,
) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        checkpoint: dict[str, Any] = {"next": end}
        try:
            with job.step(checkpoint=checkpoint, done=end, stage=stage) as session:
                results, is_applied = _file(session, record, scope, table.kind, rows, needs_all=needs_all)
                checkpoint["is_applied"] = is_applied
                _note_results(session, record, scope, results, is_applied=is_applied)
            return
        except (IntegrityError, StaleDataError):
            if attempt == ATTEMPTS:
                raise


def _file(
    session: Session,
    record: Import,
    scope: Scope,
    kind: KindName,
    rows: Sequence[JudgedRow],
    *,
    needs_all: bool,
) -> tuple[list[Result], bool]:
    """The results, and whether they were kept. A dry run files the rows, too, and takes everything back."""
    with session.begin_nested() as savepoint:
        results = FILERS[kind](session, scope, rows)
        session.flush()
        has_rejected = any(result.outcome is RowOutcome.REJECTED for result in results)
        is_kept = not (record.is_dry_run or (needs_all and has_rejected))
        if not is_kept:
            savepoint.rollback()
    if is_kept:
        return results, True
    # What was made and taken back has no id that anyone could look up.
    forget = RowOutcome.CREATED
    return [replace(row, object_id=None) if row.outcome is forget else row for row in results], False


def _note_results(
    session: Session, record: Import, scope: Scope, results: Sequence[Result], *, is_applied: bool
) -> None:
    insert_rows(
        session,
        ImportRow,
        [
            {
                "import_id": record.id,
                "number": result.number,
                "outcome": result.outcome,
                "external_id": result.external_id,
                "object_id": result.object_id,
                "messages": [message.as_json() for message in result.messages],
            }
            for result in results
        ],
    )
    counts = count(results)
    session.execute(
        update(Import)
        .where(Import.id == record.id)
        .values(
            {outcome.value: getattr(Import, outcome.value) + number for outcome, number in counts.items()}
        )
    )
    if is_applied:
        audit.record(
            session,
            "import.batch",
            actor_id=scope.actor.user_id,
            object_kind="import",
            object_id=record.id,
            **{outcome.value: number for outcome, number in counts.items()},
        )


def _close(job: JobContext, record: Import, table: Table) -> dict[str, Any]:
    is_applied = bool(job.checkpoint.get("is_applied", False))
    with job.step(done=len(table.rows), stage="完成") as session:
        session.execute(
            update(Import)
            .where(Import.id == record.id, Import.finished_at.is_(None))
            .values(finished_at=now(), is_applied=is_applied)
        )
        counts = session.execute(
            select(Import.read, Import.created, Import.updated, Import.unchanged, Import.rejected).where(
                Import.id == record.id
            )
        ).one()
    return {"import_id": str(record.id), "kind": table.kind, "is_applied": is_applied, **counts._asdict()}
