"""Notes that stages have begun and closed, by the clock: each turn once, whoever looks and however late.

Nothing waits for these notes: deadlines are checked against the instants themselves (`stages`).
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app import audit
from app.challenges.concerned import concerned
from app.db import Database
from app.kit.clock import now
from app.models.challenge import Challenge, ChallengeStatus
from app.models.notification import Event
from app.models.stage import ChallengeStage, StageChange, StageState, StageTurn
from app.notifications.service import Subject, notify

log = logging.getLogger("jiebang.challenges")

T = StageTurn
_INSTANTS = {T.OPENED: ChallengeStage.opens_at, T.CLOSED: ChallengeStage.closes_at}


@dataclass(frozen=True)
class Due:
    """A turn that has come and is not noted yet."""

    stage_id: uuid.UUID
    turn: StageTurn
    at: datetime


def settle(db: Database) -> int:
    """Notes and tells every turn that has come, each in its own transaction; one that fails stops no other."""
    with db.read() as session:
        found = due(session, now())
    done = 0
    for item in found:
        try:
            with db.write() as session:
                done += _take(session, item)
        except Exception as error:
            extra = {"stage": str(item.stage_id), "turn": item.turn.value, "kind": type(error).__name__}
            log.error("stage not turned", extra=extra)
    return done


def due(session: Session, at: datetime) -> list[Due]:
    """What has come by `at` in announced challenges and is not noted, in the order in which it came."""
    found: list[Due] = []
    for turn, instant in _INSTANTS.items():
        noted = select(StageChange.id).where(
            and_(
                StageChange.stage_id == ChallengeStage.id,
                StageChange.turn == turn,
                # An opening is noted once for good, a closing once for each instant that an extension sets.
                StageChange.due_at == instant,
            )
        )
        statement = (
            select(ChallengeStage.id, instant)
            .join(Challenge, Challenge.id == ChallengeStage.challenge_id)
            .where(Challenge.status == ChallengeStatus.OPEN, instant <= at, ~noted.exists())
        )
        found += [Due(stage_id, turn, came_at) for stage_id, came_at in session.execute(statement)]
    return sorted(found, key=lambda item: (item.at, item.turn is T.CLOSED, item.stage_id))


def _take(session: Session, item: Due) -> bool:
    locked = select(ChallengeStage).where(ChallengeStage.id == item.stage_id).with_for_update()
    stage = session.scalar(locked)
    # What was due a moment ago may have been extended, or noted by another process, since.
    if stage is None or item not in due(session, now()):
        return False
    challenge = session.get_one(Challenge, stage.challenge_id)
    session.add(StageChange(stage_id=stage.id, turn=item.turn, due_at=item.at))
    session.flush()
    audit.record(
        session,
        f"challenge.stage_{item.turn.value}",
        actor_id=None,
        object_kind="challenge",
        object_id=challenge.id,
        stage=stage.kind.value,
    )
    is_opening = item.turn is T.OPENED
    if is_opening and stage.state_at(now()) is StageState.OVER:
        # Nobody is called to a stage that ran and closed while nothing was there to say so.
        return True
    notify(
        session,
        event=Event.STAGE_CHANGED if is_opening else Event.STAGE_CLOSED,
        recipients=concerned(session, challenge, stage.kind, is_opening=is_opening),
        subject=Subject("challenge", challenge.id, challenge_id=challenge.id),
        parameters={"stage": stage.kind, "closes_at": stage.closes_at},
        once=f"stage:{stage.id}:{item.turn.value}:{item.at:%Y%m%dT%H%M%S%f}",
    )
    return True
