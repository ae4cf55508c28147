"""`/meetings`: what the parties and the organizers see and do of single meetings, and their calendars."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Response
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.kit.downloads import file_answer
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.kit.schemas import Instant
from app.meetings import calendars, repository, service
from app.meetings.icalendar import MEDIA_TYPE
from app.meetings.presenter import present
from app.meetings.schemas import (
    CancelBody,
    FeedView,
    MeetingView,
    MoveBody,
    OpeningsView,
    OpeningView,
    OutcomeBody,
    PinBody,
    ReplyBody,
    SwapBody,
)
from app.models.access import Role
from app.models.meeting import Meeting, MeetingStatus, Outcome
from app.routing import concept_router, tells_a_secret

router = concept_router("对接会与现场赛")

IfMatch = Annotated[str | None, Depends(if_match)]
CALENDAR_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "日历", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
}


def meeting_filters(
    status: Annotated[list[MeetingStatus] | None, Query(description="状态")] = None,
    outcome: Annotated[list[Outcome] | None, Query(description="结果")] = None,
    session_id: uuid.UUID | None = None,
    requirement_id: uuid.UUID | None = None,
    solver_id: uuid.UUID | None = None,
    starts_from: Annotated[Instant | None, Query(description="开始时间不早于")] = None,
    starts_to: Annotated[Instant | None, Query(description="开始时间不晚于")] = None,
    unplaced: Annotated[bool | None, Query(description="尚无时间与场地")] = None,
    declined: Annotated[bool | None, Query(description="有一方不能出席")] = None,
) -> repository.Filters:
    """The query parameters of the list."""
    return repository.Filters(
        status=tuple(status or ()),
        outcome=tuple(outcome or ()),
        session_id=session_id,
        requirement_id=requirement_id,
        solver_id=solver_id,
        starts_from=starts_from,
        starts_to=starts_to,
        unplaced=unplaced,
        declined=declined,
    )


@router.get("/meetings", response_model=Page[MeetingView], summary="会面列表")
def list_meetings(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(meeting_filters)],
    actor: Actor = needs("meetings:read"),
) -> Page[MeetingView]:
    """Staff see all, seekers and teams their own once published. Sort by starts_at, created_at or updated_at."""
    rows, next_cursor, total = paginate(
        session,
        repository.with_everything(repository.narrow(repository.visible_to(actor), filters)),
        page=page,
        key=Meeting.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    items = [present(actor, row) for row in rows]
    return Page[MeetingView](items=items, next_cursor=next_cursor, total=total)


@router.get(
    "/meetings/calendar.ics", summary="下载本人的会面日历", response_class=Response, responses=CALENDAR_ANSWER
)
def download_calendar(session: ReadSession, actor: Actor = needs("meetings:read")) -> Response:
    """Every meeting that was told to the caller, as iCalendar (RFC 5545) in Asia/Shanghai."""
    return file_answer(calendars.calendar_of(session, actor), "meetings.ics", MEDIA_TYPE)


@router.post("/meetings/calendar-feed", response_model=FeedView, status_code=201, summary="生成日历订阅地址")
@tells_a_secret
def create_feed(session: WriteSession, actor: Actor = needs("calendar-feeds:write")) -> FeedView:
    """A secret address for a calendar program, shown this once; an earlier one ends."""
    token = calendars.make_feed(session, actor)
    return FeedView(path=f"/api/v1/public/calendars/{token}.ics")


@router.delete("/meetings/calendar-feed", status_code=204, summary="作废日历订阅地址")
def delete_feed(session: WriteSession, actor: Actor = needs("calendar-feeds:write")) -> None:
    calendars.revoke_feed(session, actor)


@router.get(
    "/public/calendars/{token}.ics",
    summary="按订阅地址读取日历",
    response_class=Response,
    responses=CALENDAR_ANSWER,
)
def read_feed(
    token: Annotated[str, Path(max_length=100, pattern=r"^[\w\-]+$", description="订阅密钥")],
    session: ReadSession,
) -> Response:
    """What the person to whom the address belongs may see now; 404 once it was ended."""
    actor = calendars.actor_of_feed(session, token)
    answer = file_answer(calendars.calendar_of(session, actor), "meetings.ics", MEDIA_TYPE)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@router.get("/meetings/{meeting_id}", response_model=MeetingView, summary="会面详情")
def get_meeting(
    meeting_id: uuid.UUID, session: ReadSession, response: Response, actor: Actor = needs("meetings:read")
) -> MeetingView:
    meeting = repository.get(session, actor, meeting_id)
    set_etag(response, meeting.version)
    return present(actor, meeting)


@router.get(
    "/meetings/{meeting_id}/openings", response_model=OpeningsView, summary="会面可调整到的时间与场地"
)
def list_openings(
    meeting_id: uuid.UUID, session: ReadSession, actor: Actor = needs("meetings:manage")
) -> OpeningsView:
    """Every place without a clash as the other meetings stand, the best first."""
    meeting = repository.get(session, actor, meeting_id)
    items = [OpeningView.model_validate(row) for row in service.openings(session, meeting)]
    return OpeningsView(items=items)


@router.post("/meetings/{meeting_id}/move", response_model=MeetingView, summary="调整会面的时间与场地")
def move_meeting(
    meeting_id: uuid.UUID,
    body: MoveBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("meetings:manage"),
) -> MeetingView:
    """409 `timetable_clash` names every clash in `errors` and changes nothing. Parties that were told are told."""
    meeting = _for_move(session, actor, meeting_id, header)
    moved = service.move(
        session, actor, meeting, starts_at=body.starts_at, room_id=body.room_id, pin=body.pin
    )
    return _answer(actor, moved, response)


@router.post("/meetings/{meeting_id}/swap", response_model=MeetingView, summary="与另一会面对调")
def swap_meetings(
    meeting_id: uuid.UUID,
    body: SwapBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("meetings:manage"),
) -> MeetingView:
    """Times and rooms of two meetings of a session; refused as a move is."""
    meeting = _for_move(session, actor, meeting_id, header)
    other = repository.get(session, actor, body.other_id)
    return _answer(actor, service.swap(session, actor, meeting, other), response)


@router.post("/meetings/{meeting_id}/pin", response_model=MeetingView, summary="固定或放开会面")
def pin_meeting(
    meeting_id: uuid.UUID,
    body: PinBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("meetings:manage"),
) -> MeetingView:
    meeting = _for_move(session, actor, meeting_id, header)
    return _answer(actor, service.pin(session, actor, meeting, is_pinned=body.is_pinned), response)


@router.post("/meetings/{meeting_id}/cancel", response_model=MeetingView, summary="取消会面")
def cancel_meeting(
    meeting_id: uuid.UUID,
    body: CancelBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("meetings:manage"),
) -> MeetingView:
    meeting = _for_move(session, actor, meeting_id, header)
    return _answer(actor, service.cancel(session, actor, meeting, reason=body.reason), response)


@router.post("/meetings/{meeting_id}/outcome", response_model=MeetingView, summary="登记会面结果")
def record_outcome(
    meeting_id: uuid.UUID,
    body: OutcomeBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("meetings:manage"),
) -> MeetingView:
    """The meeting was held. The seeker reads the outcome among its answers."""
    meeting = _for_move(session, actor, meeting_id, header)
    held = service.record(
        session,
        actor,
        meeting,
        outcome=body.outcome,
        note=body.note,
        moves_requirement=body.moves_requirement,
    )
    return _answer(actor, held, response)


@router.post("/meetings/{meeting_id}/reply", response_model=MeetingView, summary="回复是否出席")
def reply_to_meeting(
    meeting_id: uuid.UUID,
    body: ReplyBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("meetings:reply"),
) -> MeetingView:
    """Each party for itself; organizers name the side that told them."""
    meeting = _for_move(session, actor, meeting_id, header)
    side = Role(body.side) if body.side is not None else None
    return _answer(actor, service.reply(session, actor, meeting, body.attendance, as_role=side), response)


def _for_move(session: Session, actor: Actor, meeting_id: uuid.UUID, header: str | None) -> Meeting:
    """The meeting, its session locked. `If-Match` is optional for moves."""
    meeting = repository.lock(session, actor, meeting_id)
    if header is not None:
        check_version(header, meeting.version)
    return meeting


def _answer(actor: Actor, meeting: Meeting, response: Response) -> MeetingView:
    set_etag(response, meeting.version)
    return present(actor, meeting)
