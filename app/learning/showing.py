"""Where a pair stood when it was judged: its place in the last round before, and what its score consisted of."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.learning import RankerVersion
from app.models.matching import Candidate, MatchRound, RoundStatus
from matching.learn import propensity
from matching.rank import PARTS

SHOWN_STATUSES = (RoundStatus.DRAFT, RoundStatus.PUBLISHED, RoundStatus.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Showing:
    """`rank` and `round_id` are None, and the rest empty, when no round had shown the pair."""

    achievement_id: uuid.UUID | None = None
    round_id: uuid.UUID | None = None
    rank: int | None = None
    propensity: float = 1.0
    parts: dict[str, float] = field(default_factory=dict)
    recipe: str = ""


def showing_of(
    session: Session,
    requirement_id: uuid.UUID,
    solver_id: uuid.UUID,
    *,
    achievement_id: uuid.UUID | None,
    before: datetime,
) -> Showing:
    """How the latest round made by then showed the pair, if any did.

    `parts` are those before learned weights. They are left out when the round rested on another achievement
    than the one that was judged, or does not say which recipe it followed.
    """
    statement = (
        select(Candidate, MatchRound.ranker_number, MatchRound.recipe)
        .join(MatchRound, MatchRound.id == Candidate.round_id)
        .where(
            Candidate.requirement_id == requirement_id,
            Candidate.solver_id == solver_id,
            Candidate.is_forbidden.is_(False),
            MatchRound.status.in_(SHOWN_STATUSES),
            MatchRound.created_at <= before,
        )
        .order_by(MatchRound.id.desc())
        .limit(1)
    )
    found = session.execute(statement).first()
    if found is None:
        return Showing(achievement_id=achievement_id)
    candidate, number, recipe = found
    is_same = achievement_id is None or achievement_id == candidate.achievement_id
    is_known = is_same and bool(recipe) and bool(candidate.contributions)
    return Showing(
        achievement_id=achievement_id or candidate.achievement_id,
        round_id=candidate.round_id,
        rank=candidate.rank,
        propensity=propensity(candidate.rank),
        parts=_as_shipped(session, candidate.contributions, number) if is_known else {},
        recipe=recipe if is_known else "",
    )


def _as_shipped(session: Session, contributions: dict[str, float], number: int) -> dict[str, float]:
    multipliers: dict[str, float] = {}
    if number:
        statement = select(RankerVersion.multipliers).where(RankerVersion.number == number)
        multipliers = session.scalar(statement) or {}
    return {
        name: round(contributions[name] / multipliers.get(name, 1.0), 4)
        for name in PARTS
        if name in contributions
    }
