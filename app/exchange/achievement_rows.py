"""Files rows of achievements in few statements, under the solver they name or an unnamed one of their own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from app.exchange.bulk import insert_rows, update_rows
from app.exchange.filing import Result, Scope, fetch, in_chunks, rejected
from app.exchange.rows import JudgedRow, Message
from app.exchange.solver_rows import DEFAULTS as SOLVER_DEFAULTS
from app.exchange.solver_rows import Profiles, new_solver, own_profiles
from app.indexing import outbox
from app.models.exchange import RowOutcome
from app.models.indexing import IndexCollection
from app.models.solver import UNNAMED, Achievement, AchievementKind, SolverProfile

DEFAULTS: dict[str, Any] = {
    "description": "",
    "kind": AchievementKind.ACHIEVEMENT,
    "keywords": [],
    "ipc": "",
    "field": None,
    "trl": None,
    "year": None,
}
SOLVER_NAME_LIMIT = 200


@dataclass
class Writes:
    """What a batch will write."""

    unnamed: list[dict[str, Any]] = field(default_factory=list)
    created: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[uuid.UUID, dict[str, Any]] = field(default_factory=dict)
    left: set[uuid.UUID] = field(default_factory=set)


def file_achievements(session: Session, scope: Scope, rows: Sequence[JudgedRow]) -> list[Result]:
    """What became of each row, in order."""
    good = [row.values for row in rows if row.is_good]
    solvers = _Solvers(session, scope, good)
    known = _Known(session, scope, good)
    writes = Writes()
    results = [_file(scope, row, solvers, known, writes) for row in rows]
    insert_rows(session, SolverProfile, solvers.created)
    insert_rows(session, SolverProfile, writes.unnamed)
    insert_rows(session, Achievement, writes.created)
    update_rows(session, Achievement, writes.changes)
    _drop_empty(session, writes.left)
    outbox.note(session, IndexCollection.SOLVERS, [new["id"] for new in solvers.created])
    keys = [*(new["id"] for new in writes.created), *writes.changes]
    outbox.note(session, IndexCollection.ACHIEVEMENTS, keys)
    return results


def _file(scope: Scope, row: JudgedRow, solvers: _Solvers, known: _Known, writes: Writes) -> Result:
    if not row.is_good:
        return rejected(row)
    values = {name: value for name, value in row.values.items() if name in DEFAULTS or name == "title"}
    external_id: str | None = row.values.get("id")
    solver = solvers.find(row.values)
    if isinstance(solver, Message):
        return rejected(row, solver)
    achievement = known.find(row.values, solver)
    if achievement is None and "system_id" in row.values:
        return rejected(
            row, Message("unknown_system_id", "没有这个系统编号；新增的行请留空", "system_id", "系统编号")
        )
    if achievement is None:
        if solver is None:
            unnamed = _unnamed_solver(values["title"])
            writes.unnamed.append(unnamed)
            solver = unnamed["id"]
        new = {
            **DEFAULTS,
            **values,
            "id": uuid7(),
            "source": scope.source,
            "external_id": external_id,
            "solver_id": solver,
        }
        writes.created.append(new)
        return Result(row.number, RowOutcome.CREATED, new["id"], external_id, row.messages)
    if not solvers.may_edit(achievement.solver_id):
        return rejected(row, Message("achievement_not_yours", "这项成果不属于本单位，不能修改"))
    different = {name: value for name, value in values.items() if getattr(achievement, name) != value}
    if solver is not None and solver != achievement.solver_id:
        different["solver_id"] = solver
        writes.left.add(achievement.solver_id)
    if different:
        writes.changes[achievement.id] = different
    outcome = RowOutcome.UPDATED if different else RowOutcome.UNCHANGED
    return Result(row.number, outcome, achievement.id, achievement.external_id, row.messages)


def _unnamed_solver(title: str) -> dict[str, Any]:
    return {
        **SOLVER_DEFAULTS,
        "id": uuid7(),
        "source": UNNAMED,
        "external_id": None,
        "organization_id": None,
        "name": title[:SOLVER_NAME_LIMIT],
    }


def _drop_empty(session: Session, solver_ids: set[uuid.UUID]) -> None:
    """Unnamed solvers whose achievement has found its real one."""
    has_achievements = select(Achievement.id).where(Achievement.solver_id == SolverProfile.id).exists()
    for chunk in in_chunks(solver_ids):
        session.execute(
            delete(SolverProfile)
            .where(SolverProfile.id.in_(chunk), SolverProfile.source == UNNAMED, ~has_achievements)
            .execution_options(synchronize_session=False)
        )


class _Solvers:
    """The solvers that the rows of a batch name; those not on file are made on the way."""

    def __init__(self, session: Session, scope: Scope, rows: Sequence[dict[str, Any]]) -> None:
        self.scope = scope
        self.created: list[dict[str, Any]] = []
        self._made: dict[tuple[str, str], uuid.UUID] = {}
        self.profiles = self._known(session, rows)

    def _known(self, session: Session, rows: Sequence[dict[str, Any]]) -> Profiles:
        scope = self.scope
        if not scope.is_staff:
            return Profiles(own_profiles(session, scope), source=scope.source)
        every = select(SolverProfile).where(SolverProfile.source != UNNAMED)
        ours = every.where(SolverProfile.source == scope.source)
        ids = [row["solver.id"] for row in rows if "solver.id" in row]
        names = [row["solver.name"] for row in rows if "solver.name" in row and "solver.id" not in row]
        found = [
            *fetch(session, ours, SolverProfile.external_id, ids),
            *fetch(session, every, SolverProfile.name, names),
        ]
        return Profiles(list({profile.id: profile for profile in found}.values()), source=scope.source)

    def find(self, values: dict[str, Any]) -> uuid.UUID | Message | None:
        """The key of the row's solver; None when the row names none; a message when it may not or cannot."""
        external_id, name = values.get("solver.id"), values.get("solver.name")
        profile = None
        if external_id is not None:
            profile = self.profiles.by_external_id.get(external_id)
        elif name is not None:
            profile = self.profiles.by_name.get(name)
        if profile is not None:
            # A profile that became part of another one still names the team.
            return profile.merged_into_id or profile.id
        if external_id is None and name is None:
            return None if self.scope.is_staff else self._only_own()
        if not self.scope.is_staff:
            return Message(
                "solver_not_yours", "只能登记本单位的成果，请核对“解决方名称”", "solver.name", "解决方名称"
            )
        return self._make(external_id, name, values)

    def _only_own(self) -> uuid.UUID | Message:
        own = self.profiles.all
        if len(own) == 1:
            return own[0].id
        text = (
            "本单位有多个解决方档案，请填写“解决方名称”" if own else "请先建立本单位的解决方档案，再导入成果"
        )
        return Message("solver_missing", text, "solver.name", "解决方名称")

    def _make(self, external_id: str | None, name: str | None, values: dict[str, Any]) -> uuid.UUID | Message:
        key = ("id", external_id) if external_id is not None else ("name", str(name))
        if key in self._made:
            return self._made[key]
        if name is None:
            return Message(
                "solver_unknown", "没有这个编号的解决方；请同时填写“解决方名称”", "solver.name", "解决方名称"
            )
        given = {
            part: values[f"solver.{part}"]
            for part in ("name", "kind", "region")
            if f"solver.{part}" in values
        }
        new = new_solver(self.scope, given, external_id=external_id)
        self.created.append(new)
        self._made[key] = new["id"]
        return self._made[key]

    def may_edit(self, solver_id: uuid.UUID) -> bool:
        """Whether the achievements of this solver are the actor's to change."""
        return self.scope.is_staff or solver_id in self.profiles.by_key


class _Known:
    """The achievements on file that the rows of a batch may be about."""

    def __init__(self, session: Session, scope: Scope, rows: Sequence[dict[str, Any]]) -> None:
        every = select(Achievement)
        ours = every.where(Achievement.source == scope.source)
        ids = [row["id"] for row in rows if row.get("id")]
        keys = [row["system_id"] for row in rows if "system_id" in row]
        self.by_key = {row.id: row for row in fetch(session, every, Achievement.id, keys)}
        self.by_external_id = {
            row.external_id: row for row in fetch(session, ours, Achievement.external_id, ids)
        }
        titles = [row["title"] for row in rows if "id" not in row and "system_id" not in row]
        nameless = ours.where(Achievement.external_id.is_(None))
        self.by_title: dict[tuple[str, uuid.UUID | None], Achievement] = {}
        for achievement in fetch(session, nameless, Achievement.title, titles):
            self.by_title.setdefault((achievement.title, achievement.solver_id), achievement)
        self._titles_without_solver = _unnamed_titles(session, list(self.by_title.values()))

    def find(self, values: dict[str, Any], solver: uuid.UUID | None) -> Achievement | None:
        """The achievement of a row whose solver is `solver` (None: it names none)."""
        if "system_id" in values:
            return self.by_key.get(values["system_id"])
        if values.get("id"):
            return self.by_external_id.get(values["id"])
        if solver is None:
            return self._titles_without_solver.get(values["title"])
        return self.by_title.get((values["title"], solver))


def _unnamed_titles(session: Session, achievements: Sequence[Achievement]) -> dict[str, Achievement]:
    unnamed: set[uuid.UUID] = set()
    for chunk in in_chunks([achievement.solver_id for achievement in achievements]):
        statement = select(SolverProfile.id).where(
            SolverProfile.id.in_(chunk), SolverProfile.source == UNNAMED
        )
        unnamed.update(session.scalars(statement))
    return {row.title: row for row in achievements if row.solver_id in unnamed}
