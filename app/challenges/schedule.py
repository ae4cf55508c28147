"""Dates the stages of a challenge and moves closing instants: what has begun is moved by a recorded extension only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import flag_modified

from app import audit
from app.auth.actor import Actor
from app.challenges.concerned import concerned
from app.errors import Conflict, FieldError, InvalidInput, NotFound
from app.kit.clock import now
from app.models.challenge import Challenge, ChallengeStatus
from app.models.notification import Event
from app.models.stage import ChallengeStage, StageChange, StageExtension, StageKind, StageState
from app.notifications.service import Subject, notify


@dataclass(frozen=True)
class StagePlan:
    """When a stage is to run."""

    kind: StageKind
    opens_at: datetime
    closes_at: datetime


class StageHasBegun(Conflict):
    code = "stage_has_begun"
    zh = "“{stage}”阶段已开始，日期不能直接修改；如需推迟截止时间，请使用延期"
    en = "The stage {stage_code} has begun: its closing instant can be extended, nothing else changed"


class ChallengeIsOver(Conflict):
    code = "challenge_is_over"
    zh, en = "该赛事已结束，阶段安排不能再修改", "The challenge is over; its stages cannot change any more"


def stages_of(session: Session, challenge: Challenge) -> list[ChallengeStage]:
    """The stages of a challenge by their opening instants, with their extensions."""
    statement = (
        select(ChallengeStage)
        .where(ChallengeStage.challenge_id == challenge.id)
        .options(selectinload(ChallengeStage.extensions))
        .order_by(ChallengeStage.opens_at, ChallengeStage.id)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(statement))


def turns_of(session: Session, challenge: Challenge) -> list[tuple[StageChange, StageKind]]:
    """What the clock has brought to a challenge, the newest first, each with its stage."""
    statement = (
        select(StageChange, ChallengeStage.kind)
        .join(ChallengeStage, ChallengeStage.id == StageChange.stage_id)
        .where(ChallengeStage.challenge_id == challenge.id)
        .order_by(StageChange.due_at.desc(), StageChange.id.desc())
    )
    return [(change, kind) for change, kind in session.execute(statement)]


def is_fixed(challenge: Challenge, stage: ChallengeStage, at: datetime) -> bool:
    """Whether only an extension moves the stage: until the challenge is announced nobody can have relied on it."""
    return challenge.status is not ChallengeStatus.DRAFT and stage.state_at(at) is not StageState.UPCOMING


def plan(session: Session, actor: Actor, challenge: Challenge, plans: Sequence[StagePlan]) -> None:
    """Replaces the schedule; the challenge is locked. Stages that have begun must be repeated as they are.

    Raises `InvalidInput`, `StageHasBegun` or `ChallengeIsOver`.
    """
    _check_plans(plans)
    _check_is_not_over(challenge)
    at, wanted = now(), {item.kind: item for item in plans}
    for stage in stages_of(session, challenge):
        planned = wanted.pop(stage.kind, None)
        dates = (planned.opens_at, planned.closes_at) if planned else None
        if dates == (stage.opens_at, stage.closes_at):
            continue
        if is_fixed(challenge, stage, at):
            raise StageHasBegun(stage=stage.kind.label, stage_code=stage.kind.value)
        if planned is None:
            session.execute(delete(ChallengeStage).where(ChallengeStage.id == stage.id))
        else:
            stage.opens_at, stage.closes_at = planned.opens_at, planned.closes_at
    for item in wanted.values():
        session.add(
            ChallengeStage(
                challenge_id=challenge.id, kind=item.kind, opens_at=item.opens_at, closes_at=item.closes_at
            )
        )
    _touch(session, challenge)
    _audit(session, actor, challenge, "challenge.scheduled", stages=len(plans))


def extend(
    session: Session, actor: Actor, challenge: Challenge, kind: StageKind, closes_at: datetime, reason: str
) -> StageExtension:
    """Moves the closing instant of a stage back; the challenge is locked. Also opens again what had closed.

    Recorded with its reason, and told once to those whom the stage concerns. Raises `NotFound` for a stage
    that is not dated, `InvalidInput` or `ChallengeIsOver`.
    """
    _check_is_not_over(challenge)
    statement = select(ChallengeStage).where(
        ChallengeStage.challenge_id == challenge.id, ChallengeStage.kind == kind
    )
    stage = session.scalar(statement.with_for_update().execution_options(populate_existing=True))
    if stage is None:
        raise NotFound()
    if closes_at <= stage.closes_at or closes_at <= now():
        raise InvalidInput(
            fields=(
                FieldError(
                    "closes_at",
                    "not_later",
                    "新的截止时间须晚于现在和原截止时间",
                    "The new closing instant lies after the old one and after now",
                ),
            )
        )
    extension = StageExtension(
        stage_id=stage.id,
        author_id=actor.user_id,
        closed_before_at=stage.closes_at,
        closes_at=closes_at,
        reason=reason,
    )
    stage.closes_at = closes_at
    session.add(extension)
    session.flush()
    _touch(session, challenge)
    _audit(session, actor, challenge, "challenge.stage_extended", stage=kind.value)
    if challenge.status is ChallengeStatus.OPEN:
        notify(
            session,
            event=Event.DEADLINE_EXTENDED,
            recipients=concerned(session, challenge, kind),
            subject=Subject("challenge", challenge.id, challenge_id=challenge.id),
            parameters={"stage": kind, "closes_at": closes_at},
            once=f"extension:{extension.id}",
            but_not=actor.user_id,
        )
    return extension


def _check_plans(plans: Sequence[StagePlan]) -> None:
    problems = []
    seen: set[StageKind] = set()
    for place, item in enumerate(plans):
        if item.kind in seen:
            problems.append(
                FieldError(f"stages.{place}.kind", "duplicate", "同一阶段只能出现一次", "Named twice")
            )
        seen.add(item.kind)
        if item.closes_at <= item.opens_at:
            problems.append(
                FieldError(
                    f"stages.{place}.closes_at",
                    "closes_before_it_opens",
                    "截止时间必须晚于开始时间",
                    "A stage must close after it opens",
                )
            )
    if problems:
        raise InvalidInput(fields=tuple(problems))


def _check_is_not_over(challenge: Challenge) -> None:
    if challenge.status is ChallengeStatus.CLOSED:
        raise ChallengeIsOver()


def _touch(session: Session, challenge: Challenge) -> None:
    # The schedule is part of what a reader of the challenge saw, so its version moves with it.
    challenge.updated_at = now()
    flag_modified(challenge, "updated_at")
    session.flush()
    session.expire(challenge, ["stages"])


def _audit(session: Session, actor: Actor, challenge: Challenge, action: str, **detail: str | int) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="challenge",
        object_id=challenge.id,
        **detail,
    )
