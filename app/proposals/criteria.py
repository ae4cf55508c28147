"""The weighted criteria by which proposals are scored: the requirement's own, its challenge's, or the usual ones."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import FieldError, InvalidInput
from app.models.challenge import ChallengeEntry
from app.models.proposal import ChallengeCriteria, ProposalCall

MAX_SCORE = 100


@dataclass(frozen=True)
class Criterion:
    """What is scored from 0 to 100. `weight` lies in (0, 1]; those of one set sum to 1 exactly."""

    code: str
    name: str
    weight: Decimal
    note: str = ""


DEFAULT_CRITERIA: tuple[Criterion, ...] = (
    Criterion("fit", "针对性", Decimal("0.30"), "是否回应了需求的主要问题和考核指标"),
    Criterion("feasibility", "可行性", Decimal("0.25"), "技术路线、实施计划与风险"),
    Criterion("novelty", "创新性", Decimal("0.15"), "与现有技术相比的进步"),
    Criterion("team", "团队与基础", Decimal("0.15"), "前期成果、条件与经验"),
    Criterion("economy", "经济性", Decimal("0.15"), "报价、周期与预期效益"),
)
"""Our own choice of weights; organizers set others per challenge or requirement."""


def check_criteria(criteria: Sequence[Criterion]) -> None:
    """Raises `InvalidInput` unless the codes differ and the weights sum to 1."""
    problems = []
    if len({criterion.code for criterion in criteria}) != len(criteria):
        problems.append(
            FieldError("criteria", "duplicate_code", "评审指标代码重复", "Two criteria share a code")
        )
    total = sum((criterion.weight for criterion in criteria), Decimal(0))
    if total != 1:
        problems.append(
            FieldError(
                "criteria",
                "weights_do_not_sum_to_one",
                f"权重之和应为 1（100%），现为 {total}",
                f"The weights must sum to 1; they sum to {total}",
            )
        )
    if problems:
        raise InvalidInput(fields=tuple(problems))


def criteria_of(session: Session, requirement_id: uuid.UUID, call: ProposalCall | None) -> list[Criterion]:
    """What proposals for this requirement are scored by.

    The criteria of the requirement come first, then those of its challenge if only one of its challenges has
    any, then the usual ones.
    """
    if call is not None and call.criteria:
        return parse(call.criteria)
    statement = (
        select(ChallengeCriteria.criteria)
        .join(ChallengeEntry, ChallengeEntry.challenge_id == ChallengeCriteria.challenge_id)
        .where(ChallengeEntry.requirement_id == requirement_id)
    )
    found = [rows for rows in session.scalars(statement) if rows]
    return parse(found[0]) if len(found) == 1 else list(DEFAULT_CRITERIA)


def parse(rows: Sequence[Mapping[str, Any]]) -> list[Criterion]:
    """Stored rows as values."""
    return [Criterion(row["code"], row["name"], Decimal(row["weight"]), row["note"]) for row in rows]


def stored(criteria: Sequence[Criterion]) -> list[dict[str, Any]]:
    """Values as rows; weights are kept as text, so that they sum to 1 exactly."""
    return [{**asdict(criterion), "weight": str(criterion.weight)} for criterion in criteria]


def weighted(criteria: Sequence[Criterion], scores: Sequence[Mapping[str, Any]]) -> Decimal:
    """The weighted sum of the scores, 0 to 100; a criterion without a score counts as 0."""
    given = {row["code"]: Decimal(str(row["score"])) for row in scores}
    return sum(
        (criterion.weight * given.get(criterion.code, Decimal(0)) for criterion in criteria), Decimal(0)
    )
