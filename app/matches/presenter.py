"""Renders rankings, rounds and fitting requirements for one reader, as the seeker's tier allows."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from app.auth.actor import Actor
from app.matches.assignment_schemas import RoundFiguresView, SkippedView
from app.matches.ranking import Excluded, Ranked, Ranking
from app.matches.reasons import summary
from app.matches.schemas import (
    AchievementRefView,
    BarrierView,
    CandidatesView,
    CandidateView,
    EvidenceView,
    ExcludedView,
    FittingRequirementsView,
    FittingRequirementView,
    GateView,
    RoundView,
    SimilarListView,
    SimilarView,
    SolverRefView,
    TargetVerdictView,
)
from app.matches.service import Fitting, Kept, Similar, may_rank
from app.models.job import Job, JobStatus
from app.models.learning import ranker_name
from app.models.matching import Candidate, MatchRound, RoundExclusion, RoundStatus
from app.models.requirement import Requirement
from app.requirements.presenter import present


def live(
    ranking: Ranking, *, searched_solvers: int, language: str = "zh", round_id: uuid.UUID | None = None
) -> CandidatesView:
    """A ranking that was just computed."""
    items = [_ranked(item, language) for item in ranking.candidates]
    return CandidatesView(
        items=items,
        excluded=[_excluded(item, language) for item in ranking.excluded],
        total=len(items),
        requirement_id=ranking.requirement_id,
        source="live",
        is_adequate=ranking.is_adequate,
        searched_achievements=ranking.pool,
        searched_solvers=searched_solvers,
        model_id=ranking.model_id,
        ranker=ranking.ranker,
        round_id=round_id,
    )


def kept(actor: Actor, requirement: Requirement, found: Kept, *, language: str = "zh") -> CandidatesView:
    """A ranking as its round holds it; empty when nothing was published to the reader yet."""
    with_reasons = may_rank(actor)
    items = [_stored(candidate, language, with_reasons=with_reasons) for candidate in found.candidates]
    source = found.round
    is_published = source is None or source.status is RoundStatus.PUBLISHED
    return CandidatesView(
        items=items,
        excluded=[_excluded(item, language) for item in found.excluded],
        total=len(items),
        requirement_id=requirement.id,
        source="published" if is_published else "round",
        is_adequate=any(item.is_adequate for item in items),
        searched_achievements=source.searched_achievements if source else 0,
        searched_solvers=source.searched_solvers if source else 0,
        model_id=source.model_id if source else "",
        ranker=ranker_name(source.ranker_number) if source else "",
        round_id=source.id if source else None,
        published_at=source.published_at if source else None,
    )


def similar(actor: Actor, found: Sequence[Similar]) -> SimilarListView:
    """Near-duplicates as the actor may read them."""
    items = []
    for item in found:
        shown = present(actor, item.requirement)
        items.append(
            SimilarView(
                id=shown.id,
                external_id=shown.external_id,
                title=shown.title,
                status=shown.status,
                field=shown.field,
                organization=shown.organization.name if shown.organization else None,
                similarity=item.similarity,
                is_duplicate=item.is_duplicate,
            )
        )
    return SimilarListView(items=items, total=len(items))


def fitting(actor: Actor, found: Sequence[Fitting], *, language: str = "zh") -> FittingRequirementsView:
    """Requirements that fit a solver as the actor may read them."""
    items = []
    for item in found:
        shown = present(actor, item.requirement)
        grade = item.hit.grade
        parts = {part.name: round(part.value, 6) for part in item.hit.contributions}
        items.append(
            FittingRequirementView(
                rank=item.rank,
                score=round(sum(parts.values()), 6),
                grade=grade.letter,
                expected_grade=round(grade.expected, 4),
                probability=round(grade.p3, 4),
                is_adequate=grade.adequate,
                summary=summary(item.evidence, (), chance=grade.p3, letter=grade.letter, language=language),
                id=shown.id,
                title=shown.title,
                status=shown.status,
                confidentiality=shown.confidentiality,
                field=shown.field,
                organization=shown.organization.name if shown.organization else None,
                achievement=AchievementRefView.model_validate(item.achievement) if item.achievement else None,
                evidence=[EvidenceView.model_validate(part) for part in item.evidence],
                contributions=parts,
            )
        )
    return FittingRequirementsView(items=items, total=len(items))


def round_view(found: MatchRound, job: Job | None, counts: tuple[int, int], *, assigned: int) -> RoundView:
    """A round with the progress of its job; one whose job has ended without success has failed."""
    status = found.status
    if (
        status is RoundStatus.RUNNING
        and job is not None
        and job.status in (JobStatus.FAILED, JobStatus.CANCELLED)
    ):
        status = RoundStatus.FAILED
    progress: dict[str, Any] = (
        {"done": job.done, "total": job.total, "status": job.status.value} if job else {}
    )
    return RoundView(
        id=found.id,
        challenge_id=found.challenge_id,
        job_id=found.job_id,
        status=status,
        status_label=status.label,
        top=found.top,
        requirements=len(found.requirement_ids),
        with_adequate_candidates=counts[0],
        candidates=counts[1],
        searched_achievements=found.searched_achievements,
        searched_solvers=found.searched_solvers,
        model_id=found.model_id,
        ranker=ranker_name(found.ranker_number),
        progress=progress,
        stage=job.stage or "" if job else "",
        error=job.error or "" if job else "",
        teams=found.teams,
        alternates=found.alternates,
        assigned=assigned,
        previous_round_id=found.previous_round_id,
        keeping_value=found.keeping_value,
        must_stay=found.must_stay,
        figures=RoundFiguresView.model_validate(found.figures) if found.figures else None,
        skipped=[SkippedView.model_validate(item) for item in found.skipped],
        skipped_count=found.skipped_count,
        created_at=found.created_at,
        published_at=found.published_at,
        version=found.version,
    )


def _excluded(item: Excluded | RoundExclusion, language: str) -> ExcludedView:
    return ExcludedView(
        rank=item.rank,
        score=item.score,
        grade=item.grade,
        probability=item.probability,
        solver=SolverRefView.model_validate(item.solver),
        achievement=AchievementRefView.model_validate(item.achievement) if item.achievement else None,
        rules=[BarrierView(**_worded(rule, language)) for rule in item.rules],
    )


def _summary(item: Ranked | Candidate, language: str) -> str:
    # A pair that was pinned has no evidence, only the words it was stored with.
    if language != "en" or not item.evidence:
        return item.summary
    return summary(item.evidence, item.targets, chance=item.probability, letter=item.grade, language=language)


def _gates(gates: Sequence[dict[str, Any]], language: str) -> list[GateView]:
    return [GateView(**_worded(gate, language), passed=gate["passed"]) for gate in gates]


def _worded(rule: dict[str, Any], language: str) -> dict[str, Any]:
    # Rounds of earlier versions hold no English words.
    label = rule.get("label_en") if language == "en" else None
    return {"code": rule["code"], "label": label or rule["label"], "text": rule.get("text", "")}


def _ranked(item: Ranked, language: str) -> CandidateView:
    return CandidateView(
        rank=item.rank,
        score=item.score,
        grade=item.grade,
        expected_grade=item.expected_grade,
        probability=item.probability,
        is_adequate=item.is_adequate,
        summary=_summary(item, language),
        solver=SolverRefView.model_validate(item.solver),
        achievement=AchievementRefView.model_validate(item.achievement),
        evidence=[EvidenceView.model_validate(part) for part in item.evidence],
        contributions=item.contributions,
        gates=_gates(item.gates, language),
        targets=[TargetVerdictView.model_validate(target) for target in item.targets],
    )


def _stored(candidate: Candidate, language: str, *, with_reasons: bool) -> CandidateView:
    achievement = candidate.achievement
    return CandidateView(
        rank=candidate.rank,
        score=candidate.score,
        grade=candidate.grade,
        expected_grade=candidate.expected_grade,
        probability=candidate.probability,
        is_adequate=candidate.is_adequate,
        summary=_summary(candidate, language),
        solver=SolverRefView.model_validate(candidate.solver),
        achievement=AchievementRefView.model_validate(achievement) if achievement else None,
        evidence=[EvidenceView.model_validate(part) for part in candidate.evidence],
        contributions=candidate.contributions,
        gates=_gates(candidate.gates, language),
        targets=[TargetVerdictView.model_validate(target) for target in candidate.targets],
        role=candidate.role,
        place=candidate.place,
        is_forbidden=candidate.is_forbidden,
        rules=candidate.rules if with_reasons else [],
        reason=candidate.reason if with_reasons else "",
    )
