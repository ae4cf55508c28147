"""Computes the timetable of a session. The job reads, computes for some seconds, and stores if nothing has changed."""

from __future__ import annotations

import uuid
from typing import Any

from app.errors import JiebangError
from app.jobs.context import JobContext
from app.jobs.registry import task
from app.meetings import repository
from app.meetings.inputs import Inputs, gather
from app.models.meeting import Attendance, MeetingSession, MeetingStatus
from matching.schedule import Fact, NoTimetable, Timetable, timetable

STAGES = {"checked": "已读取", "placed": "已排入", "improved": "已优化"}


class TimetableOutdated(JiebangError):
    code, status = "timetable_outdated", 409
    zh, en = (
        "计算期间场次的安排已改变，请重新计算",
        "The session changed while its timetable was computed; run it again",
    )


class TimetableImpossible(JiebangError):
    code, status = "no_timetable", 409
    zh = "这些会面、场地与时间要求无法同时满足，涉及 {count} 项；详见场次的计算结果"
    en = "These meetings, rooms and times cannot all be fitted together; {count} facts are in the way, see the session"


@task("meetings.plan")
def plan(job: JobContext) -> dict[str, Any]:
    """Gives every planned meeting of `session_id` a place; with `partial` as many as possible.

    What is in the way is stored with the session and ends the job with `no_timetable`.
    """
    session_id = uuid.UUID(job.arguments["session_id"])
    with job.app.db.read() as session:
        inputs = gather(session, repository.get_session(session, session_id))

    def on_stage(stage: str) -> None:
        with job.step(stage=STAGES[stage]):
            pass

    try:
        made = timetable(inputs.problem, partial=bool(job.arguments["partial"]), on_stage=on_stage)
    except NoTimetable as error:
        with job.step() as session:
            found = repository.lock_session(session, session_id)
            found.result = {
                "status": "impossible",
                "facts": [_fact(fact) for fact in error.facts],
                "is_irreducible": error.is_irreducible,
                "unplaced": list(error.unplaced),
            }
        raise TimetableImpossible(count=len(error.facts)) from error
    with job.step(stage="完成") as session:
        found = repository.lock_session(session, session_id)
        if gather(session, found).problem != inputs.problem:
            raise TimetableOutdated()
        _store(inputs=gather(session, found), found=found, made=made)
    return {"session_id": str(session_id), "placed": len(made.places), "unplaced": len(made.unplaced)}


def _store(*, inputs: Inputs, found: MeetingSession, made: Timetable) -> None:
    for key, meeting in inputs.meetings.items():
        if meeting.status is not MeetingStatus.PLANNED:
            continue
        place = made.places.get(key)
        timed = inputs.slots[place.slot] if place is not None else None
        meeting.starts_at = timed.starts_at if timed is not None else None
        meeting.ends_at = timed.ends_at if timed is not None else None
        meeting.room_id = uuid.UUID(place.room) if place is not None else None
        meeting.seeker_reply = meeting.team_reply = Attendance.UNANSWERED
    found.result = {
        "status": "planned",
        "unplaced": list(made.unplaced),
        "gaps": made.cost.gaps,
        "days": made.cost.days,
        "cost": made.cost.total,
        "bound": made.bound,
        "is_optimal": made.is_optimal,
    }


def _fact(fact: Fact) -> dict[str, str]:
    return {"kind": fact.kind, "key": fact.key}
