"""`/meeting-sessions`: prepared, timetabled, published, closed; everything here is for the organizers."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.challenges import repository as challenges
from app.kit.downloads import XLSX, documented, file_answer
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.meetings import planning, repository, service
from app.meetings.presenter import present_gathered, present_session
from app.meetings.schemas import (
    CancelBody,
    ComputeBody,
    GatherBody,
    GatheredView,
    PairsBody,
    PublishBody,
    PublishedView,
)
from app.meetings.session_schemas import PartyBody, RoomCreate, SessionCreate, SessionPatch, SessionView
from app.meetings.workbook import workbook_of
from app.models.meeting import MeetingSession, MeetingSource
from app.routing import Language, concept_router

router = concept_router("对接会与现场赛")

IfMatch = Annotated[str | None, Depends(if_match)]


@router.get(
    "/challenges/{challenge_id}/meeting-sessions", response_model=Page[SessionView], summary="赛事的场次列表"
)
def list_sessions(
    challenge_id: uuid.UUID,
    session: ReadSession,
    language: Language,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("meetings:manage"),
) -> Page[SessionView]:
    """Sort by created_at or name."""
    challenge = challenges.get(session, actor, challenge_id)
    rows, next_cursor, total = paginate(
        session,
        repository.sessions().where(MeetingSession.challenge_id == challenge.id),
        page=page,
        key=MeetingSession.id,
        sortable=repository.SESSIONS_SORTABLE,
        default="-created_at",
    )
    items = [present_session(session, row, language) for row in rows]
    return Page[SessionView](items=items, next_cursor=next_cursor, total=total)


@router.post(
    "/challenges/{challenge_id}/meeting-sessions",
    response_model=SessionView,
    status_code=201,
    summary="新建场次",
)
def create_session(
    challenge_id: uuid.UUID,
    body: SessionCreate,
    session: WriteSession,
    response: Response,
    language: Language,
    actor: Actor = needs("meetings:manage"),
) -> SessionView:
    """Days and hours are those of Asia/Shanghai."""
    challenge = challenges.get(session, actor, challenge_id)
    found = planning.create(session, actor, challenge, body.model_dump())
    response.headers["Location"] = f"/api/v1/meeting-sessions/{found.id}"
    set_etag(response, found.version)
    return present_session(session, found, language)


@router.get("/meeting-sessions/{session_id}", response_model=SessionView, summary="场次详情")
def get_session(
    session_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    language: Language,
    actor: Actor = needs("meetings:manage"),
) -> SessionView:
    found = repository.get_session(session, session_id)
    set_etag(response, found.version)
    return present_session(session, found, language)


@router.patch("/meeting-sessions/{session_id}", response_model=SessionView, summary="修改场次")
def patch_session(
    session_id: uuid.UUID,
    body: SessionPatch,
    session: WriteSession,
    response: Response,
    language: Language,
    header: IfMatch,
    actor: Actor = needs("meetings:manage"),
) -> SessionView:
    """Only the fields that are sent change; once published, only name and address. Needs `If-Match`."""
    found = repository.lock_session(session, session_id)
    check_version(header, found.version)
    found = planning.edit(session, actor, found, body.model_dump(exclude_unset=True))
    set_etag(response, found.version)
    return present_session(session, found, language)


@router.post(
    "/meeting-sessions/{session_id}/rooms", response_model=SessionView, status_code=201, summary="新增场地"
)
def create_room(
    session_id: uuid.UUID,
    body: RoomCreate,
    session: WriteSession,
    language: Language,
    actor: Actor = needs("meetings:manage"),
) -> SessionView:
    found = repository.lock_session(session, session_id)
    return present_session(session, planning.add_room(session, actor, found, body.model_dump()), language)


@router.delete(
    "/meeting-sessions/{session_id}/rooms/{room_id}", response_model=SessionView, summary="删除场地"
)
def delete_room(
    session_id: uuid.UUID,
    room_id: uuid.UUID,
    session: WriteSession,
    language: Language,
    actor: Actor = needs("meetings:manage"),
) -> SessionView:
    """409 `room_in_use` while meetings are arranged in it."""
    found = repository.lock_session(session, session_id)
    return present_session(session, planning.remove_room(session, actor, found, room_id), language)


@router.put("/meeting-sessions/{session_id}/parties", response_model=SessionView, summary="登记参会方的时间")
def put_party(
    session_id: uuid.UUID,
    body: PartyBody,
    session: WriteSession,
    language: Language,
    actor: Actor = needs("meetings:manage"),
) -> SessionView:
    """When a unit or a team can come; it takes the place of what was said before."""
    found = repository.lock_session(session, session_id)
    return present_session(session, planning.set_party(session, actor, found, body.model_dump()), language)


@router.post(
    "/meeting-sessions/{session_id}/meetings",
    response_model=GatheredView,
    status_code=201,
    summary="手工安排会面",
)
def create_meetings(
    session_id: uuid.UUID, body: PairsBody, session: WriteSession, actor: Actor = needs("meetings:manage")
) -> GatheredView:
    """All pairs, or none: 409 `pair_barred` for those that must not meet, `already_meeting`, `pair_not_eligible`."""
    found = repository.lock_session(session, session_id)
    pairs = [(pair.requirement_id, pair.solver_id) for pair in body.pairs]
    made = planning.add_pairs(session, actor, found, pairs, people=body.people, equipment=body.equipment)
    return present_gathered(actor, made)


@router.post(
    "/meeting-sessions/{session_id}/gather", response_model=GatheredView, summary="从匹配、邀约或方案生成会面"
)
def gather_meetings(
    session_id: uuid.UUID, body: GatherBody, session: WriteSession, actor: Actor = needs("meetings:manage")
) -> GatheredView:
    """Pairs that meet already or must not are passed over and listed, so that it can be called again."""
    found = repository.lock_session(session, session_id)
    source = MeetingSource(body.source)
    pairs = planning.pairs_from(session, found, source, body.round_id)
    made = planning.add_pairs(
        session,
        actor,
        found,
        pairs,
        source=source,
        people=body.people,
        equipment=body.equipment,
        is_strict=False,
    )
    return present_gathered(actor, made)


@router.post(
    "/meeting-sessions/{session_id}/timetable",
    response_model=SessionView,
    status_code=202,
    summary="计算日程",
)
def compute_timetable(
    session_id: uuid.UUID,
    body: ComputeBody,
    session: WriteSession,
    response: Response,
    language: Language,
    actor: Actor = needs("meetings:manage"),
) -> SessionView:
    """Gives every meeting that was not told yet a time and a room, in a job; what is pinned or told stays.

    A job that ends with `no_timetable` leaves what is in the way in `result`.
    """
    found = repository.lock_session(session, session_id)
    job = service.compute(session, actor, found, partial=body.partial)
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return present_session(session, repository.get_session(session, found.id), language)


@router.post("/meeting-sessions/{session_id}/publish", response_model=PublishedView, summary="发布日程")
def publish_session(
    session_id: uuid.UUID,
    body: PublishBody,
    session: WriteSession,
    language: Language,
    actor: Actor = needs("meetings:manage"),
) -> PublishedView:
    """Tells the parties of every planned meeting with a place, and nobody else; later meetings are told by
    publishing again."""
    found = repository.lock_session(session, session_id)
    count = service.publish(session, actor, found, without_unplaced=body.without_unplaced)
    view = present_session(session, repository.get_session(session, found.id), language)
    return PublishedView(published=count, session=view)


@router.post("/meeting-sessions/{session_id}/close", response_model=SessionView, summary="结束场次")
def close_session(
    session_id: uuid.UUID, session: WriteSession, language: Language, actor: Actor = needs("meetings:manage")
) -> SessionView:
    """Outcomes can still be recorded."""
    found = repository.lock_session(session, session_id)
    return present_session(session, service.close_session(session, actor, found), language)


@router.post("/meeting-sessions/{session_id}/cancel", response_model=SessionView, summary="取消场次")
def cancel_session(
    session_id: uuid.UUID,
    body: CancelBody,
    session: WriteSession,
    language: Language,
    actor: Actor = needs("meetings:manage"),
) -> SessionView:
    """Every meeting that was not held is cancelled; those who knew of one are told."""
    found = repository.lock_session(session, session_id)
    return present_session(
        session, service.cancel_session(session, actor, found, reason=body.reason), language
    )


@router.get(
    "/meeting-sessions/{session_id}/timetable.xlsx",
    summary="下载日程表",
    response_class=Response,
    responses=documented(XLSX),
)
def download_timetable(
    session_id: uuid.UUID, session: ReadSession, actor: Actor = needs("meetings:manage")
) -> Response:
    """Three sheets: by room, by participant, and what has no place yet."""
    found = repository.get_session(session, session_id)
    return file_answer(workbook_of(session, found), f"{found.name}日程.xlsx", XLSX)
