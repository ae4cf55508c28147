"""Which imports and exports an actor may see: staff share the bureau's, others those of their unit."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import NotFound
from app.models.access import Role
from app.models.exchange import Export, Import, ImportRow, RowOutcome

IMPORTS_SORTABLE: dict[str, Any] = {
    "created_at": Import.created_at,
    "finished_at": Import.finished_at,
    "filename": Import.filename,
}
ROWS_SORTABLE: dict[str, Any] = {"number": ImportRow.number}
EXPORTS_SORTABLE: dict[str, Any] = {"created_at": Export.created_at}


def imports_visible_to(actor: Actor) -> Select[Import]:
    """The imports that exist for this actor. A unit's files hold its drafts, so staff do not see them."""
    own = Import.organization_id.in_(actor.organizations(Role.SEEKER, Role.SOLVER))
    mine = Import.created_by_id.is_not(None) & (Import.created_by_id == actor.user_id)
    allowed = [own, mine]
    if actor.is_staff:
        allowed.append(Import.organization_id.is_(None))
    return select(Import).where(or_(*allowed))


def get_import(session: Session, actor: Actor, import_id: uuid.UUID) -> Import:
    """One import. Raises `NotFound` also for what the actor may not see."""
    found = session.scalar(imports_visible_to(actor).where(Import.id == import_id))
    if found is None:
        raise NotFound()
    return found


def rows_of(import_id: uuid.UUID, outcomes: tuple[RowOutcome, ...] = ()) -> Select[ImportRow]:
    """The rows of an import, of these outcomes or of all."""
    statement = select(ImportRow).where(ImportRow.import_id == import_id)
    return statement.where(ImportRow.outcome.in_(outcomes)) if outcomes else statement


def exports_visible_to(actor: Actor) -> Select[Export]:
    """An export holds what its maker may see, so it is the maker's alone."""
    return select(Export).where(Export.created_by_id.is_not(None), Export.created_by_id == actor.user_id)


def get_export(session: Session, actor: Actor, export_id: uuid.UUID) -> Export:
    """One export. Raises `NotFound` also for what the actor may not see."""
    found = session.scalar(exports_visible_to(actor).where(Export.id == export_id))
    if found is None:
        raise NotFound()
    return found
