"""Takes files in and orders lists out; the work itself is done by jobs."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.auth import repository as access
from app.auth.actor import Actor, Grant
from app.challenges import entries
from app.errors import FieldError, InvalidInput, JiebangError, NotAuthenticated, NotFound
from app.exchange import repository
from app.exchange.columns import KindName
from app.exchange.filing import kind_name, scope_of
from app.exchange.guards import check_file
from app.exchange.report import make_report
from app.jobs import service as jobs
from app.kit.clock import now
from app.kit.filenames import plain_filename
from app.models.access import Role
from app.models.exchange import Export, Import, ImportKind, ImportMode, RowOutcome
from app.organizations import service as organizations

EXPORTS_KEPT = timedelta(days=7)


class ExportNotReady(JiebangError):
    code, status = "export_not_ready", 409
    zh, en = "文件还没有生成，请稍后再下载", "The file is not ready yet"


class ExportExpired(JiebangError):
    code, status = "export_expired", 410
    zh, en = "文件已过期删除，请重新导出", "The file has expired; export again"


def actor_of_user(session: Session, user_id: uuid.UUID) -> Actor:
    """The user's rights as they are now. Raises `NotAuthenticated` when the user has none left."""
    memberships = access.memberships_of(session, user_id)
    if not memberships:
        raise NotAuthenticated()
    return Actor(
        user_id=user_id,
        grants=tuple(Grant(membership.role, membership.organization_id) for membership in memberships),
    )


def start_import(
    session: Session,
    actor: Actor,
    *,
    filename: str,
    content: bytes,
    max_mb: int,
    kind: ImportKind | None = None,
    mode: ImportMode = ImportMode.ROW_BY_ROW,
    is_dry_run: bool = False,
    challenge: str | None = None,
    organization_id: uuid.UUID | None = None,
) -> Import:
    """Keeps the file and orders its import.

    `organization_id` is the unit that a seeker or solver files for; for staff it owns the requirements whose
    rows name no unit.
    Raises a `FileError` for what can be seen from outside, `InvalidInput` for an unknown challenge,
    `NotPermitted` and `ImportNeedsOrganization`.
    """
    filename = plain_filename(filename)
    check_file(filename, content, max_mb=max_mb)
    organization = None
    if actor.is_staff:
        _check_exists(session, actor, organization_id)
    else:
        organization = scope_of(
            actor, kind_name(kind) or _likely_kind(actor), organization_id=organization_id
        ).organization_id
    record = Import(
        created_by_id=actor.user_id,
        organization_id=organization,
        challenge_id=_challenge_id(session, actor, challenge) if challenge else None,
        kind=kind,
        mode=mode,
        is_dry_run=is_dry_run,
        filename=filename,
        content=content,
    )
    session.add(record)
    session.flush()
    job = jobs.enqueue(
        session,
        "imports.run",
        {"import_id": str(record.id), "owner_id": str(organization_id) if organization_id else None},
        actor=actor,
        organization_id=record.organization_id,
    )
    record.job_id = job.id
    session.flush()
    audit.record(
        session,
        "import.started",
        actor_id=actor.user_id,
        object_kind="import",
        object_id=record.id,
        bytes=len(content),
        is_dry_run=is_dry_run,
        mode=mode.value,
    )
    return record


def _challenge_id(session: Session, actor: Actor, code: str) -> uuid.UUID:
    # Whether rows may still be entered is judged row by row: a file that was imported before changes nothing.
    return entries.by_code(session, code, actor=actor).id


def _check_exists(session: Session, actor: Actor, organization_id: uuid.UUID | None) -> None:
    if organization_id is None:
        return
    try:
        organizations.get(session, actor, organization_id)
    except NotFound as error:
        unknown = FieldError(
            "organization_id", "unknown_organization", "没有这个单位", "No such organization"
        )
        raise InvalidInput(fields=(unknown,)) from error


def _likely_kind(actor: Actor) -> KindName:
    return "requirements" if actor.has_role(Role.SEEKER) else "solvers"


def report_of(session: Session, actor: Actor, import_id: uuid.UUID, *, max_mb: int) -> tuple[str, bytes]:
    """The user's file with every row's result: name and workbook. Raises `NotFound` and `FileError`."""
    record = repository.get_import(session, actor, import_id)
    rows = list(session.scalars(repository.rows_of(record.id)))
    return f"{PurePath(record.filename).stem}-结果.xlsx", make_report(
        record.filename, record.content, kind=record.kind, rows=rows, max_mb=max_mb
    )


def rejected_rows(session: Session, import_id: uuid.UUID) -> list[Any]:
    """The rows that were turned away, in file order; for the command line."""
    statement = repository.rows_of(import_id, (RowOutcome.REJECTED,))
    return list(session.scalars(statement.order_by("number")))


def start_export(
    session: Session, actor: Actor, *, kind: ImportKind, format: str, filters: dict[str, Any]
) -> Export:
    """Orders a file of everything of `kind` that the actor may see and that passes the filters."""
    record = Export(
        created_by_id=actor.user_id,
        kind=kind,
        format=format,
        filters=filters,
        expires_at=now() + EXPORTS_KEPT,
    )
    session.add(record)
    session.flush()
    job = jobs.enqueue(session, "exports.run", {"export_id": str(record.id)}, actor=actor)
    record.job_id = job.id
    session.flush()
    audit.record(
        session,
        "export.started",
        actor_id=actor.user_id,
        object_kind="export",
        object_id=record.id,
        kind=kind.value,
        format=format,
    )
    return record


def exported_file(session: Session, actor: Actor, export_id: uuid.UUID) -> tuple[str, bytes]:
    """Name and content. Raises `NotFound`, `ExportNotReady` and `ExportExpired`."""
    record = repository.get_export(session, actor, export_id)
    if record.expires_at is not None and record.expires_at < now():
        raise ExportExpired()
    content = session.scalar(select(Export.content).where(Export.id == record.id))
    if content is None:
        raise ExportNotReady()
    return f"{record.kind.label}.{record.format}", content
