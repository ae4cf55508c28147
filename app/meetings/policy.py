"""What can be done to a session and its meetings in their state; and clashes as an error that names them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.errors import Conflict, FieldError, JiebangError
from app.invitations import repository as invitations
from app.invitations.policy import PairBarred
from app.kit.clock import in_shanghai
from app.matches.gates import barred, gates_of
from app.meetings.inputs import Inputs
from app.models.meeting import MOVABLE_STATUSES, Meeting, MeetingSession, SessionStatus
from app.models.requirement import PUBLIC_STATUSES, Requirement
from app.models.solver import SolverProfile
from matching.schedule import Clash


class SessionNotEditable(JiebangError):
    code, status = "session_not_editable", 409
    zh = "场次当前为“{state}”，不能再作此修改"
    en = "The session is {state_code}; this can no longer be changed"


class SessionBusy(JiebangError):
    code, status = "timetable_in_progress", 409
    zh, en = (
        "该场次的日程正在计算，请稍后再试",
        "The timetable of this session is being computed; try again shortly",
    )


class MeetingNotMovable(JiebangError):
    code, status = "meeting_not_movable", 409
    zh = "该会面当前为“{state}”，不能再调整"
    en = "The meeting is {state_code} and can no longer be moved"


class MeetingUnplaced(JiebangError):
    code, status = "meeting_unplaced", 409
    zh, en = "该会面还没有安排时间与场地", "The meeting has no time and room yet"


class MeetingsUnplaced(JiebangError):
    code, status = "meetings_unplaced", 409
    zh = "还有 {count} 场会面没有安排时间与场地；可先计算日程，或注明只发布已安排的"
    en = (
        "{count} meetings have no place yet; compute a timetable, or say that only those placed are published"
    )


class NothingToSchedule(JiebangError):
    code, status = "nothing_to_schedule", 409
    zh, en = "没有需要安排的会面", "There is no meeting to schedule"


class MeetingNotBegun(JiebangError):
    code, status = "meeting_not_begun", 409
    zh, en = "会面尚未开始，不能登记结果", "The meeting has not begun; no outcome can be recorded"


class PairNotEligible(Conflict):
    code = "pair_not_eligible"
    zh = "需求须已发布并参加本赛事，解决方须在用"
    en = "The requirement must be published and take part in the challenge, and the team be active"


class AlreadyMeeting(Conflict):
    code = "already_meeting"
    zh, en = "该需求与解决方在本场次已有会面", "This requirement and team already meet in this session"


class TimetableClash(JiebangError):
    """`fields` name every clash: what it is, and with which meeting."""

    code, status = "timetable_clash", 409
    zh, en = "与已有安排冲突，未作调整", "This would clash with what is arranged; nothing was changed"


_WORDS: dict[str, tuple[str, str]] = {
    "participant_busy": ("参会方同一时间已有会面", "A participant is at another meeting at that time"),
    "participant_absent": ("参会方在该时段不能到场", "A participant cannot come at that time"),
    "travel": ("参会方来不及在两地之间往返", "A participant cannot travel between the two places in time"),
    "room_taken": ("场地在该时段已被占用", "The room is taken at that time"),
    "room_closed": ("场地在该时段不开放", "The room is not open at that time"),
    "seats": ("场地座位不足", "The room has too few seats"),
    "equipment": ("场地缺少所需设备", "The room lacks equipment that is needed"),
    "times": (
        "会面固定的时间不在场次的时段之内",
        "The meeting is pinned to a time that is no slot of the session",
    ),
    "pin": ("会面已固定在别的时间或场地", "The meeting is pinned to another time or room"),
}


def clash_error(inputs: Inputs, found: Sequence[Clash]) -> TimetableClash:
    """The error that tells every clash in words."""
    return TimetableClash(fields=tuple(_told(inputs, clash) for clash in found))


def _told(inputs: Inputs, clash: Clash) -> FieldError:
    zh, en = _WORDS[clash.kind]
    other = inputs.meetings.get(clash.other)
    if other is not None and other.starts_at is not None:
        at = f"{in_shanghai(other.starts_at):%m-%d %H:%M}"
        zh, en = f"{zh}：{at}，{other.solver.name}", f"{en}: {at}, {other.solver.name}"
    field = "room_id" if clash.kind in ("room_taken", "room_closed", "seats", "equipment") else "starts_at"
    return FieldError(field, clash.kind, zh, en)


def check_is_draft(found: MeetingSession) -> None:
    """Raises `SessionNotEditable` once the session was told, or ended."""
    if found.status is not SessionStatus.DRAFT:
        raise SessionNotEditable(state=found.status.label, state_code=found.status.value)


def check_is_running(found: MeetingSession) -> None:
    """Raises `SessionNotEditable` for a session that ended."""
    if found.status not in (SessionStatus.DRAFT, SessionStatus.PUBLISHED):
        raise SessionNotEditable(state=found.status.label, state_code=found.status.value)


def check_is_movable(meeting: Meeting) -> None:
    """Raises `SessionNotEditable` or `MeetingNotMovable`."""
    check_is_running(meeting.session)
    if meeting.status not in MOVABLE_STATUSES:
        raise MeetingNotMovable(state=meeting.status.label, state_code=meeting.status.value)


def check_may_meet(
    session: Session, requirement: Requirement | None, team: SolverProfile | None, *, is_entered: bool
) -> None:
    """Raises `PairNotEligible`, and `PairBarred` for those that must not meet: a conflict of interest, a must-have
    condition, or a ban."""
    if requirement is None or team is None or not team.is_active or not is_entered:
        raise PairNotEligible()
    if requirement.status not in PUBLIC_STATUSES:
        raise PairNotEligible()
    gates = gates_of(session, [requirement])[requirement.id]
    if barred(team, requirement.organization, gates) or invitations.is_banned(
        session, requirement.id, team.id
    ):
        raise PairBarred()
