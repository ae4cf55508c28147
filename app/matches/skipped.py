"""Lists what could not take part in a round, each with its reason, so that nothing is left out in silence."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.models.matching import MatchRound
from app.models.requirement import MATCHABLE_STATUSES, Requirement
from app.models.solver import UNNAMED, Achievement, SolverProfile
from app.solvers import places

LISTED = 200
"""So many teams are listed by name; `skipped_count` counts all of them."""

CHUNK = 500
REASONS: dict[str, str] = {
    "requirement_gone": "需求已删除",
    "not_matchable": "需求已撤回、退回或办结，不再参加匹配",
    "not_rankable": "需求内容无法解析，未能计算候选；请核对表单后重新匹配",
    "no_achievements": "解决方尚未登记任何成果，无法参与匹配",
    "no_capacity": "解决方填写的可承接数量为 0，本轮不分配需求",
    "paused": "解决方暂停承接新需求，本轮只保留已确认的对接",
}


def note_skipped(session: Session, found: MatchRound, *, not_rankable: Sequence[str]) -> None:
    """Puts on the round which of its requirements and which active teams take no part.

    `not_rankable` are requirements whose ranking failed. Calling it again replaces what was noted.
    """
    requirements = _requirements(session, found, frozenset(not_rankable))
    teams, count = _teams(session)
    found.skipped = [*requirements, *teams]
    found.skipped_count = len(requirements) + count


def _requirements(session: Session, found: MatchRound, not_rankable: frozenset[str]) -> list[dict[str, str]]:
    keys = [uuid.UUID(key) for key in found.requirement_ids]
    known = {}
    for start in range(0, len(keys), CHUNK):
        statement = select(Requirement.id, Requirement.title, Requirement.status)
        rows = session.execute(statement.where(Requirement.id.in_(keys[start : start + CHUNK])))
        known.update({key: (title, status) for key, title, status in rows})
    result = []
    for key in keys:
        title, status = known.get(key, ("", None))
        if status is None:
            result.append(_entry("requirement", key, title, "requirement_gone"))
        elif status not in MATCHABLE_STATUSES:
            result.append(_entry("requirement", key, title, "not_matchable"))
        elif str(key) in not_rankable:
            result.append(_entry("requirement", key, title, "not_rankable"))
    return result


def _teams(session: Session) -> tuple[list[dict[str, str]], int]:
    has_achievements = select(Achievement.id).where(Achievement.solver_id == SolverProfile.id).exists()
    is_paused = SolverProfile.paused_until.is_not(None) & (SolverProfile.paused_until >= places.today())
    wanted = (
        SolverProfile.is_active,
        SolverProfile.source != UNNAMED,
        or_(~has_achievements, SolverProfile.capacity <= 0, is_paused),
    )
    statement = select(SolverProfile.id, SolverProfile.name, has_achievements, is_paused)
    rows = session.execute(statement.where(*wanted).order_by(SolverProfile.id).limit(LISTED)).all()
    count = len(rows)
    if count == LISTED:
        count = session.scalar(select(func.count(SolverProfile.id)).where(*wanted)) or 0
    listed = [
        _entry(
            "solver", key, name, "no_achievements" if not has_some else "paused" if rests else "no_capacity"
        )
        for key, name, has_some, rests in rows
    ]
    return listed, count


def _entry(kind: str, key: uuid.UUID, name: str, code: str) -> dict[str, str]:
    return {"kind": kind, "id": str(key), "name": name, "code": code, "reason": REASONS[code]}
