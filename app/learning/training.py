"""From stored judgments to a version: which of them can be learned from, the fit, the trial, the verdict."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.indexing.documents import requirement_document
from app.models.learning import Judgment, RankerVersion
from app.models.requirement import Requirement
from app.models.solver import Achievement
from matching import Document
from matching.learn import (
    Example,
    Judged,
    Ranker,
    Trial,
    Verdict,
    age_weight,
    fit,
    gather,
    judge,
    shipped,
    try_out,
)

PartsOf = Callable[[Document, Iterable[str]], dict[str, dict[str, float]]]


@dataclass(frozen=True, slots=True)
class Stored:
    """A judgment as training needs it. `items` are the achievements it may rest on: the named one, or, when
    none is named, all of the team's; `parts` are empty when they have to be computed.
    """

    requirement_id: uuid.UUID
    items: tuple[str, ...]
    source: str
    grade: float
    weight: float
    is_graded: bool
    judged_at: datetime
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Learned:
    """A fitted version with the trial behind it; `judged` is what it was fitted on."""

    ranker: Ranker
    judged: Judged
    trial: Trial
    verdict: Verdict


def stored(session: Session, *, recipe: str, at: datetime) -> dict[uuid.UUID, list[Stored]]:
    """Every judgment that counts, by requirement in the order of ids; its weight is trust times age over
    propensity. Parts recorded under another recipe are not taken over.
    """
    statement = select(Judgment).where(Judgment.trust > 0.0)
    rows = list(session.scalars(statement.order_by(Judgment.requirement_id, Judgment.id)))
    owned = _owned(session, {row.solver_id for row in rows if row.achievement_id is None})
    found: dict[uuid.UUID, list[Stored]] = {}
    for row in rows:
        items = (str(row.achievement_id),) if row.achievement_id else owned.get(row.solver_id, ())
        if not items:
            continue
        days = (at - row.judged_at).total_seconds() / 86_400
        one = Stored(
            requirement_id=row.requirement_id,
            items=items,
            source=row.source.value,
            grade=row.grade,
            weight=row.trust * age_weight(days) / row.propensity,
            is_graded=row.source.value == "graded",
            judged_at=row.judged_at,
            parts=row.parts if row.recipe == recipe and row.achievement_id else {},
        )
        found.setdefault(row.requirement_id, []).append(one)
    return found


def documents(session: Session, requirement_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Document]:
    """The requirements as the engine reads them."""
    statement = (
        select(Requirement)
        .where(Requirement.id.in_(requirement_ids))
        .options(joinedload(Requirement.organization))
    )
    return {row.id: requirement_document(row, row.organization) for row in session.scalars(statement)}


def examples(
    own: Sequence[Stored], document: Document | None, parts_of: PartsOf
) -> Iterator[tuple[Stored, Example]]:
    """The judgments of one requirement with the parts of their scores, computed where none are recorded.

    What is no candidate for the requirement any more, or was deleted, is left out.
    """
    lacking = {key for one in own if not one.parts for key in one.items}
    computed = parts_of(document, lacking) if lacking and document is not None else {}
    for one in own:
        if one.parts:
            item, parts = one.items[0], one.parts
        else:
            able = [key for key in one.items if key in computed]
            if not able:
                continue
            item = max(able, key=lambda key: (sum(computed[key].values()), key))
            parts = computed[item]
        yield (
            one,
            Example(str(one.requirement_id), item, parts, one.grade, one.weight, one.is_graded),
        )


def learn(
    found: Sequence[Example], live: Ranker, *, name: str, on_fold: Callable[[int, int], None]
) -> Learned | None:
    """Fits a version from the shipped one and tries the same out on held-back requirements beside `live`.

    None when fewer than two requirements have judgments that differ.
    """
    judged = gather(found)
    if len(judged.comparable()) < 2:
        return None
    trial = try_out(judged, live=live, start=shipped(), on_fold=on_fold)
    return Learned(fit(judged, shipped(), name=name), judged, trial, judge(trial))


def version_of(
    learned: Learned,
    used: Sequence[Stored],
    *,
    number: int,
    recipe: str,
    live: Ranker,
    left_out: int,
    job_id: uuid.UUID,
    created_by_id: uuid.UUID | None,
) -> RankerVersion:
    """The row that holds a learned version, what it was learned from and how it did."""
    ranker, judged, verdict = learned.ranker, learned.judged, learned.verdict
    return RankerVersion(
        number=number,
        recipe=recipe,
        multipliers=dict(ranker.multipliers),
        curves={"intercepts": list(ranker.curves.intercepts), "slopes": list(ranker.curves.slopes)},
        data={
            "judgments": len(used),
            "left_out": left_out,
            "pairs": len(judged),
            "requirements": len(judged.requirements),
            "comparable_requirements": len(judged.comparable()),
            "by_source": dict(sorted(Counter(one.source for one in used).items())),
            "first_at": min(one.judged_at for one in used).isoformat(),
            "last_at": max(one.judged_at for one in used).isoformat(),
        },
        figures={"against": live.name, **_figures(learned.trial)},
        is_better=verdict.is_better,
        may_be_used=verdict.may_be_used,
        reasons=list(verdict.reasons),
        job_id=job_id,
        created_by_id=created_by_id,
    )


def _figures(trial: Trial) -> dict[str, Any]:
    named = {
        "ndcg": trial.ndcg,
        "log_loss": trial.log_loss,
        "level": trial.level,
        "concordance": trial.concordance,
    }
    return {
        name: {key: round(value, 6) for key, value in asdict(one).items()} if one is not None else None
        for name, one in named.items()
    }


def _owned(session: Session, solver_ids: set[uuid.UUID]) -> dict[uuid.UUID, tuple[str, ...]]:
    found: dict[uuid.UUID, tuple[str, ...]] = {}
    wanted = sorted(solver_ids)
    for start in range(0, len(wanted), 500):
        statement = select(Achievement.solver_id, Achievement.id).where(
            Achievement.solver_id.in_(wanted[start : start + 500])
        )
        for solver_id, key in session.execute(statement.order_by(Achievement.id)):
            found[solver_id] = (*found.get(solver_id, ()), str(key))
    return found
