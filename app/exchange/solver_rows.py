"""Files rows of solvers: organizers name unclaimed teams, a solver keeps the profiles of its own unit."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from app.exchange.bulk import insert_rows, update_rows
from app.exchange.filing import Result, Scope, fetch, in_chunks, rejected
from app.exchange.rows import JudgedRow, Message
from app.indexing import outbox
from app.models.exchange import RowOutcome
from app.models.indexing import IndexCollection
from app.models.solver import UNNAMED, Achievement, SolverKind, SolverProfile

DEFAULTS: dict[str, Any] = {
    "kind": SolverKind.OTHER,
    "region": "",
    "profile": "",
    "keywords": [],
    "interests": [],
    "exclusions": [],
    "capacity": 2,
    "contact": "",
    "phone": "",
    "email": "",
}
SHOWN_WITH_ACHIEVEMENTS = frozenset({"name", "kind", "region", "exclusions"})
"""Facts of a solver that the index keeps with each of its achievements."""


def file_solvers(session: Session, scope: Scope, rows: Sequence[JudgedRow]) -> list[Result]:
    """What became of each row, in order."""
    profiles = _known(session, scope, [row.values for row in rows if row.is_good])
    created: list[dict[str, Any]] = []
    changes: dict[uuid.UUID, dict[str, Any]] = {}
    results: list[Result] = []
    for row in rows:
        if not row.is_good:
            results.append(rejected(row))
            continue
        values = {name: value for name, value in row.values.items() if name not in ("id", "system_id")}
        profile = profiles.find(row.values)
        if profile is None and "system_id" in row.values:
            message = Message(
                "unknown_system_id", "没有这个系统编号；新增的行请留空", "system_id", "系统编号"
            )
            results.append(rejected(row, message))
            continue
        external_id = row.values.get("id")
        if profile is not None and profile.merged_into_id is not None:
            # Its unit has claimed it and keeps one profile of its own, which no file of ours overwrites.
            message = Message(
                "merged", "该档案已由所属单位认领并入其档案，本行未改动", "id", "编号", "notice"
            )
            messages = (*row.messages, message)
            results.append(
                Result(row.number, RowOutcome.UNCHANGED, profile.id, profile.external_id, messages)
            )
            continue
        if profile is None:
            new = new_solver(scope, values, external_id=external_id)
            created.append(new)
            results.append(Result(row.number, RowOutcome.CREATED, new["id"], external_id, row.messages))
            continue
        different = {name: value for name, value in values.items() if getattr(profile, name) != value}
        if different:
            changes[profile.id] = different
        outcome = RowOutcome.UPDATED if different else RowOutcome.UNCHANGED
        results.append(Result(row.number, outcome, profile.id, profile.external_id, row.messages))
    insert_rows(session, SolverProfile, created)
    update_rows(session, SolverProfile, changes)
    outbox.note(session, IndexCollection.SOLVERS, [*(new["id"] for new in created), *changes])
    _note_achievements(session, changes)
    return results


def new_solver(scope: Scope, values: dict[str, Any], *, external_id: str | None) -> dict[str, Any]:
    """A row for the table; a solver makes a profile of its own unit, organizers an unclaimed one."""
    return {
        **DEFAULTS,
        **values,
        "id": uuid7(),
        "source": scope.source,
        "external_id": external_id,
        "organization_id": None if scope.is_staff else scope.organization_id,
    }


def own_profiles(session: Session, scope: Scope) -> list[SolverProfile]:
    """The profiles of the unit that a solver files for."""
    statement = select(SolverProfile).where(SolverProfile.organization_id == scope.organization_id)
    return list(session.scalars(statement.order_by(SolverProfile.id)))


class Profiles:
    """Profiles by everything that may name them."""

    def __init__(self, profiles: Sequence[SolverProfile], *, source: str) -> None:
        self.all = list(profiles)
        self.by_key = {profile.id: profile for profile in profiles}
        self.by_external_id = {
            profile.external_id: profile
            for profile in profiles
            if profile.source == source and profile.external_id is not None
        }
        self.by_name: dict[str, SolverProfile] = {}
        for profile in sorted(profiles, key=lambda profile: (profile.source != source, profile.id)):
            self.by_name.setdefault(profile.name, profile)

    def find(self, values: dict[str, Any]) -> SolverProfile | None:
        """The profile that a row of the table of solvers is about."""
        if "system_id" in values:
            return self.by_key.get(values["system_id"])
        if values.get("id"):
            return self.by_external_id.get(values["id"])
        profile = self.by_name.get(values["name"])
        return profile if profile is not None and profile.external_id is None else None


def _known(session: Session, scope: Scope, rows: Sequence[dict[str, Any]]) -> Profiles:
    if not scope.is_staff:
        return Profiles(own_profiles(session, scope), source=scope.source)
    every = select(SolverProfile)
    ours = every.where(SolverProfile.source == scope.source)
    found = [
        *fetch(session, every, SolverProfile.id, [row["system_id"] for row in rows if "system_id" in row]),
        *fetch(session, ours, SolverProfile.external_id, [row["id"] for row in rows if row.get("id")]),
        *fetch(session, ours, SolverProfile.name, [row["name"] for row in rows if row.get("name")]),
    ]
    unique = {profile.id: profile for profile in found if profile.source != UNNAMED}
    return Profiles(list(unique.values()), source=scope.source)


def _note_achievements(session: Session, changes: dict[uuid.UUID, dict[str, Any]]) -> None:
    affected = [key for key, values in changes.items() if SHOWN_WITH_ACHIEVEMENTS & values.keys()]
    for chunk in in_chunks(affected):
        statement = select(Achievement.id).where(Achievement.solver_id.in_(chunk))
        outbox.note(session, IndexCollection.ACHIEVEMENTS, session.scalars(statement))
