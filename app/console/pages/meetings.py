"""Single meetings: what a party has before it and answers, and what the organizer moves, cancels and records."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console import forms
from app.console.language import gettext as _
from app.console.pages.meeting_sessions import party_values, read_party
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError, NotFound
from app.kit.clock import now
from app.kit.downloads import file_answer
from app.kit.pagination import PageQuery, paginate
from app.meetings import availability, calendars, repository, service
from app.meetings.icalendar import MEDIA_TYPE
from app.meetings.presenter import present
from app.meetings.schemas import CancelBody, MoveBody, OutcomeBody, PinBody, ReplyBody, SwapBody
from app.meetings.times import slots_of
from app.models.access import Role
from app.models.meeting import MOVABLE_STATUSES, Attendance, Meeting, MeetingStatus, Outcome, SessionStatus

router = page_router(prefix="/desk/meetings")

PER_PAGE = 50
MOST_OPENINGS = 30
Act = Callable[[Session, Meeting, FormData], Any]


@router.get("", response_class=HTMLResponse)
def list_meetings(
    request: Request,
    session: ReadSession,
    status: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("meetings:read"),
) -> HTMLResponse:
    """Parties see their own once told, and what is asked of them; staff see all."""
    return _list(request, session, actor, status=status, cursor=cursor)


@router.get("/calendar.ics", response_class=Response)
def download_calendar(session: ReadSession, actor: Actor = needs("meetings:read")) -> Response:
    return file_answer(calendars.calendar_of(session, actor), "meetings.ics", MEDIA_TYPE)


@router.post("/calendar-feed", response_class=HTMLResponse)
def make_feed(
    request: Request, session: WriteSession, actor: Actor = needs("calendar-feeds:write")
) -> HTMLResponse:
    """The secret address, shown this once; an earlier one ends."""
    token = calendars.make_feed(session, actor)
    path = f"/api/v1/public/calendars/{token}.ics"
    return _list(request, session, actor, feed=f"{str(request.base_url).rstrip('/')}{path}")


@router.post("/calendar-feed/end", response_class=HTMLResponse)
def end_feed(session: WriteSession, actor: Actor = needs("calendar-feeds:write")) -> Response:
    calendars.revoke_feed(session, actor)
    return done("/desk/meetings", _("订阅地址已作废"))


@router.post("/availability/{session_id}/{kind}/{party_id}", response_class=HTMLResponse)
def say_availability(
    request: Request,
    session_id: uuid.UUID,
    kind: str,
    party_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:reply"),
) -> Response:
    """A party says when it can come."""
    if kind not in ("organization", "solver"):
        raise NotFound()
    read = read_party(form, kind, party_id)
    try:
        if read.body is not None:
            availability.state(session, actor, session_id, read.body.model_dump())
            return done("/desk/meetings", _("已填报到场时间，截止之前可以修改"))
        status = 422
    except NotFound:
        raise
    except JiebangError as error:
        session.rollback()
        read, status = forms.refused(read.values, error), error.status
    return _list(request, session, actor, said={(session_id, party_id): read}, code=status)


@router.get("/{meeting_id}", response_class=HTMLResponse)
def show_meeting(
    request: Request, meeting_id: uuid.UUID, session: ReadSession, actor: Actor = needs("meetings:read")
) -> HTMLResponse:
    return _show(request, session, actor, meeting_id)


@router.post("/{meeting_id}/move", response_class=HTMLResponse)
def move_meeting(
    request: Request,
    meeting_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    """Another time or room; a clash is told in words and changes nothing."""

    def move(session: Session, meeting: Meeting, form: FormData) -> None:
        raw: dict[str, Any] = forms.raw_of(MoveBody, form)
        if "place" in form:
            starts_at, _sign, room = str(form["place"]).partition("|")
            raw |= {"starts_at": starts_at, "room_id": room}
        body = forms.require(MoveBody, raw | {"pin": True})
        service.move(session, actor, meeting, starts_at=body.starts_at, room_id=body.room_id, pin=body.pin)

    return _act(request, session, actor, meeting_id, form, "move", move, _("已调整"))


@router.post("/{meeting_id}/swap", response_class=HTMLResponse)
def swap_meetings(
    request: Request,
    meeting_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    def swap(session: Session, meeting: Meeting, form: FormData) -> None:
        body = forms.body_of(SwapBody, form)
        service.swap(session, actor, meeting, repository.get(session, actor, body.other_id))

    return _act(request, session, actor, meeting_id, form, "swap", swap, _("已对调"))


@router.post("/{meeting_id}/pin", response_class=HTMLResponse)
def pin_meeting(
    request: Request,
    meeting_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    def pin(session: Session, meeting: Meeting, form: FormData) -> None:
        service.pin(session, actor, meeting, is_pinned=forms.body_of(PinBody, form).is_pinned)

    return _act(request, session, actor, meeting_id, form, "pin", pin, _("已保存"))


@router.post("/{meeting_id}/cancel", response_class=HTMLResponse)
def cancel_meeting(
    request: Request,
    meeting_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    def cancel(session: Session, meeting: Meeting, form: FormData) -> None:
        service.cancel(session, actor, meeting, reason=forms.body_of(CancelBody, form).reason)

    return _act(request, session, actor, meeting_id, form, "cancel", cancel, _("会面已取消"))


@router.post("/{meeting_id}/outcome", response_class=HTMLResponse)
def record_outcome(
    request: Request,
    meeting_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    """The meeting was held; its seeker reads what came of it."""

    def record(session: Session, meeting: Meeting, form: FormData) -> None:
        body = forms.body_of(OutcomeBody, form)
        moves = form.get("stays") != "yes"
        service.record(session, actor, meeting, outcome=body.outcome, note=body.note, moves_requirement=moves)

    return _act(request, session, actor, meeting_id, form, "outcome", record, _("结果已登记"))


@router.post("/{meeting_id}/reply", response_class=HTMLResponse)
def reply_to_meeting(
    request: Request,
    meeting_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:reply"),
) -> Response:
    def reply(session: Session, meeting: Meeting, form: FormData) -> None:
        body = forms.body_of(ReplyBody, form)
        side = Role(body.side) if body.side is not None else None
        service.reply(session, actor, meeting, body.attendance, as_role=side)

    return _act(request, session, actor, meeting_id, form, "reply", reply, _("已回复"))


def _act(
    request: Request,
    session: Session,
    actor: Actor,
    meeting_id: uuid.UUID,
    form: FormData,
    name: str,
    act: Act,
    sentence: str,
) -> Response:
    """Locks the meeting and acts; what is in the way is told beside the form that was sent."""
    meeting = repository.lock(session, actor, meeting_id)
    try:
        act(session, meeting, form)
    except NotFound:
        raise
    except JiebangError as error:
        session.rollback()
        values = {key: str(value) for key, value in form.items()}
        lines = forms.lines_of(error)
        failed = {"act": name, "error": error, "lines": lines, "typed": values}
        return _show(request, session, actor, meeting_id, failed=failed, status=error.status)
    return done(f"/desk/meetings/{meeting_id}", sentence)


def _list(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    status: str = "",
    cursor: str | None = None,
    feed: str = "",
    said: Mapping[tuple[uuid.UUID, uuid.UUID], forms.Read[Any]] | None = None,
    code: int = 200,
) -> HTMLResponse:
    chosen = (MeetingStatus(status),) if status in set(MeetingStatus) else ()
    rows, next_cursor, total = paginate(
        session,
        repository.with_everything(
            repository.narrow(repository.visible_to(actor), repository.Filters(status=chosen))
        ),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=Meeting.id,
        sortable=repository.SORTABLE,
        default="starts_at",
    )
    asked = availability.asked_of(session, actor)
    return page(
        request,
        "meetings.html",
        status=code,
        items=[present(actor, row) for row in rows],
        total=total,
        next_cursor=next_cursor,
        statuses=[
            status for status in MeetingStatus if actor.is_staff or status is not MeetingStatus.PLANNED
        ],
        chosen_status=status if chosen else "",
        feed=feed,
        is_staff=actor.is_staff,
        has_feed=calendars.has_feed(session, actor),
        asked=[
            (
                row,
                (said or {}).get(
                    (row.session.id, row.party.key[1]), forms.Read(party_values(row.party.said))
                ),
            )
            for row in asked
        ],
    )


def _show(
    request: Request,
    session: Session,
    actor: Actor,
    meeting_id: uuid.UUID,
    *,
    failed: dict[str, Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    meeting = repository.get(session, actor, meeting_id)
    is_running = meeting.session.status in (SessionStatus.DRAFT, SessionStatus.PUBLISHED)
    is_movable = "meetings:manage" in actor.permissions and is_running and meeting.status in MOVABLE_STATUSES
    others = repository.meetings_in(session, meeting.session_id) if is_movable else []
    return page(
        request,
        "meeting.html",
        status=status,
        item=present(actor, meeting),
        failed=failed or {"act": "", "error": None, "lines": [], "typed": {}},
        message=failed["error"] if failed else None,
        sides=sorted(service.sides_of(actor, meeting)) if meeting.status is MeetingStatus.SCHEDULED else [],
        Role=Role,
        attendances=(Attendance.CONFIRMED, Attendance.DECLINED),
        outcomes=Outcome,
        is_movable=is_movable,
        is_manager="meetings:manage" in actor.permissions,
        has_begun=meeting.starts_at is not None and meeting.starts_at <= now(),
        openings=service.openings(session, meeting)[:MOST_OPENINGS] if is_movable else [],
        slots=slots_of(meeting.session) if is_movable else [],
        rooms=meeting.session.rooms if is_movable else [],
        room_names={room.id: room.name for room in meeting.session.rooms} if is_movable else {},
        others=[
            row for row in others if row.id != meeting.id and row.starts_at and row.status in MOVABLE_STATUSES
        ],
    )
