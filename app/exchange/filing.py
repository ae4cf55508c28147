"""What the three kinds of rows share when they are filed: on whose behalf, and what became of each row."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, cast

from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import JiebangError, NotPermitted
from app.exchange.columns import KindName
from app.exchange.rows import JudgedRow, Message
from app.models.access import Role
from app.models.exchange import ImportKind, RowOutcome

STAFF_SOURCE = "import"
"""The namespace of external ids in organizers' files."""

CHUNK = 500
"""Values per IN list, below every database's limit of parameters."""

Value = TypeVar("Value")
Row = TypeVar("Row")


@dataclass(frozen=True)
class Scope:
    """On whose behalf rows are filed. `organization_id` is the unit that a seeker or solver files
    for; with staff it owns what names no unit."""

    actor: Actor
    source: str
    organization_id: uuid.UUID | None = None
    challenge: str | None = None

    @property
    def is_staff(self) -> bool:
        return self.actor.is_staff


@dataclass(frozen=True)
class Result:
    """What became of one row."""

    number: int
    outcome: RowOutcome
    object_id: uuid.UUID | None = None
    external_id: str | None = None
    messages: tuple[Message, ...] = field(default=())


class ImportNeedsOrganization(JiebangError):
    code, status = "import_needs_organization", 422
    zh = "您在多个单位任职，请指明为哪个单位导入"
    en = "You act for several organizations; name the one to import for"


def scope_of(
    actor: Actor, kind: KindName, *, organization_id: uuid.UUID | None = None, challenge: str | None = None
) -> Scope:
    """Staff file for everyone; a seeker its own requirements; a solver its own profile and achievements.

    Raises `NotPermitted`, and `ImportNeedsOrganization` when it is not clear which organization is meant.
    """
    if actor.is_staff:
        return Scope(actor, STAFF_SOURCE, organization_id, challenge)
    role = Role.SEEKER if kind == "requirements" else Role.SOLVER
    own = actor.organizations(role)
    if not own or (organization_id is not None and organization_id not in own):
        raise NotPermitted(permission="imports:write")
    if organization_id is None and len(own) > 1:
        raise ImportNeedsOrganization()
    organization = organization_id or next(iter(own))
    return Scope(actor, str(organization), organization, challenge)


def kind_name(kind: ImportKind | None) -> KindName | None:
    """The kind as the columns know it."""
    return None if kind is None else cast(KindName, kind.value)


def rejected(row: JudgedRow, *messages: Message) -> Result:
    """The row as it was turned away."""
    return Result(
        row.number, RowOutcome.REJECTED, None, row.values.get("id"), messages=(*row.messages, *messages)
    )


def count(results: Iterable[Result]) -> Counter[RowOutcome]:
    """How many rows ended in each way."""
    return Counter(result.outcome for result in results)


def in_chunks(values: Iterable[Value]) -> Iterator[list[Value]]:
    """Distinct values, `CHUNK` at a time."""
    wanted: Sequence[Value] = list(dict.fromkeys(values))
    for start in range(0, len(wanted), CHUNK):
        yield list(wanted[start : start + CHUNK])


def fetch(session: Session, statement: Select[Row], column: object, values: Iterable[object]) -> list[Row]:
    """All rows of `statement` whose `column` is one of `values`."""
    found: list[Row] = []
    for chunk in in_chunks(values):
        found.extend(session.scalars(statement.where(column.in_(chunk))))  # type: ignore[attr-defined]
    return found
