"""When the stages of challenges run. Pages, the API and every check of a deadline read the same instants here."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.kit.clock import beijing_time
from app.models.challenge import Challenge, ChallengeEntry, ChallengeStatus
from app.models.stage import ChallengeStage, StageKind, StageState


class StageOver(Conflict):
    code = "stage_over"
    zh = "赛事 {challenge} 的{stage}已于 {closed_at}（北京时间）截止"
    en = "The stage {stage_code} of the challenge {challenge} closed at {closed_at} (UTC+8)"


class StageNotOpen(Conflict):
    code = "stage_not_open"
    zh = "赛事 {challenge} 的{stage}将于 {opens_at}（北京时间）开始"
    en = "The stage {stage_code} of the challenge {challenge} opens at {opens_at} (UTC+8)"


def closes_at(session: Session, requirement_id: uuid.UUID, kind: StageKind) -> datetime | None:
    """The instant from which on nothing more of `kind` is taken for a requirement, aware UTC.

    A requirement may be in several announced challenges: the last of their closing instants counts. None when
    none of them dates this stage, so that nothing closes it.
    """
    instants = [stage.closes_at for stage, _ in _stages_of(session, requirement_id, kind)]
    return max(instants, default=None)


def check_is_open(session: Session, requirement_id: uuid.UUID, kind: StageKind, at: datetime) -> None:
    """Passes when one of the requirement's challenges runs this stage at `at`, or none dates it.

    Raises `StageOver`, which says until when it was open, or `StageNotOpen`.
    """
    found = _stages_of(session, requirement_id, kind)
    if not found or any(stage.state_at(at) is StageState.RUNNING for stage, _ in found):
        return
    upcoming = [pair for pair in found if pair[0].state_at(at) is StageState.UPCOMING]
    stage, challenge = upcoming[0] if upcoming else found[-1]
    check_stage(challenge, stage, at)


def check_collection(session: Session, requirement_id: uuid.UUID, at: datetime) -> None:
    """Passes when every challenge that the requirement is entered into collects at `at`, or does not date it.

    Raises `StageOver` or `StageNotOpen`.
    """
    for stage, challenge in _stages_of(session, requirement_id, StageKind.COLLECTION):
        check_stage(challenge, stage, at)


def check_challenge_collects(session: Session, challenge: Challenge, at: datetime) -> None:
    """As `check_collection`, for one challenge that a requirement is to be entered into."""
    statement = select(ChallengeStage).where(
        ChallengeStage.challenge_id == challenge.id, ChallengeStage.kind == StageKind.COLLECTION
    )
    stage = session.scalar(statement)
    if stage is not None and stage.state_at(at) is StageState.OVER:
        check_stage(challenge, stage, at)


def check_stage(challenge: Challenge, stage: ChallengeStage, at: datetime) -> None:
    """Raises `StageOver` or `StageNotOpen` unless the stage runs at `at`."""
    state = stage.state_at(at)
    words: dict[str, Any] = {
        "challenge": challenge.code,
        "stage": stage.kind.label,
        "stage_code": stage.kind.value,
    }
    if state is StageState.OVER:
        raise StageOver(closed_at=beijing_time(stage.closes_at), **words)
    if state is StageState.UPCOMING:
        raise StageNotOpen(opens_at=beijing_time(stage.opens_at), **words)


def _stages_of(
    session: Session, requirement_id: uuid.UUID, kind: StageKind
) -> list[tuple[ChallengeStage, Challenge]]:
    """The stages of this kind in the requirement's announced challenges, the one that closes first first."""
    statement = (
        select(ChallengeStage, Challenge)
        .join(Challenge, Challenge.id == ChallengeStage.challenge_id)
        .join(ChallengeEntry, ChallengeEntry.challenge_id == Challenge.id)
        .where(
            ChallengeEntry.requirement_id == requirement_id,
            ChallengeStage.kind == kind,
            Challenge.status != ChallengeStatus.DRAFT,
        )
        .order_by(ChallengeStage.closes_at, ChallengeStage.id)
    )
    return [(stage, challenge) for stage, challenge in session.execute(statement)]
