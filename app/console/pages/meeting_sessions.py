"""Sessions of matching meetings and finals: prepared with days, rooms and the times of those who come."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.challenges import repository as challenges
from app.console import forms
from app.console.language import gettext as _
from app.console.pages.timetables import frame
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError, NotFound
from app.kit.etag import check_version
from app.kit.pagination import PageQuery, paginate
from app.meetings import availability, planning, repository
from app.meetings.session_schemas import AskBody, DayBody, PartyBody, RoomCreate, SessionCreate, SessionPatch
from app.models.challenge import Challenge, ChallengeStatus
from app.models.meeting import MeetingParty, MeetingSession, SessionKind, SessionStatus

router = page_router(prefix="/desk/meeting-sessions")

PER_PAGE = 30
EMPTY_DAYS = 3
"""Rows for further days below those that a session has."""
FIRST_DAY = {"opens": "09:00", "closes": "17:00", "pause_from": "12:00", "pause_to": "13:30"}
NUMBERS = ("slot_minutes", "pause_minutes", "gap_weight", "day_weight")


@router.get("", response_class=HTMLResponse)
def list_sessions(
    request: Request,
    session: ReadSession,
    challenge_id: Annotated[uuid.UUID | None, Query(alias="challenge")] = None,
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("meetings:manage"),
) -> HTMLResponse:
    statement = repository.sessions()
    if challenge_id is not None:
        statement = statement.where(MeetingSession.challenge_id == challenge_id)
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=MeetingSession.id,
        sortable=repository.SESSIONS_SORTABLE,
        default="-created_at",
    )
    return page(
        request,
        "meeting_sessions.html",
        items=rows,
        counts=repository.count_meetings(session, [row.id for row in rows]),
        total=total,
        next_cursor=next_cursor,
        challenge=challenges.get(session, actor, challenge_id) if challenge_id else None,
    )


@router.get("/new", response_class=HTMLResponse)
def new_session(
    request: Request,
    session: ReadSession,
    challenge: Annotated[uuid.UUID | None, Query()] = None,
    actor: Actor = needs("meetings:manage"),
) -> HTMLResponse:
    values = {name: str(SessionCreate.model_fields[name].default) for name in NUMBERS}
    values |= {"challenge_id": str(challenge or ""), "kind": SessionKind.MATCHING.value}
    return _new(request, session, actor, forms.Read(values | {"days": [FIRST_DAY]}))


@router.post("", response_class=HTMLResponse)
def create_session(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    read = _read_session(SessionCreate, form)
    try:
        challenge = challenges.get(session, actor, _challenge_id(form))
    except NotFound:
        errors = {**read.errors, "challenge_id": _("请选择赛事")}
        return _new(request, session, actor, forms.Read(read.values, errors=errors), status=422)
    if read.body is None:
        return _new(request, session, actor, read, status=422)
    found = planning.create(session, actor, challenge, read.body.model_dump())
    return done(f"/desk/meeting-sessions/{found.id}/settings", _("场次已建立。请添加场地，再选定会面"))


@router.get("/{session_id}/settings", response_class=HTMLResponse)
def show_settings(
    request: Request, session_id: uuid.UUID, session: ReadSession, actor: Actor = needs("meetings:manage")
) -> HTMLResponse:
    """Days, rooms, and when everyone who is to meet can come."""
    return _settings(request, session, actor, session_id)


@router.post("/{session_id}/settings", response_class=HTMLResponse)
def save_settings(
    request: Request,
    session_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    read = _read_session(SessionPatch, form)
    found = repository.lock_session(session, session_id)
    if read.body is None:
        return _settings(request, session, actor, session_id, read=read, status=422)
    try:
        check_version(f'"{form.get("version", "")}"', found.version)
        planning.edit(session, actor, found, read.body.model_dump(exclude_unset=True))
    except JiebangError as error:
        session.rollback()
        refused: forms.Read[Any] = forms.refused(read.values, error)
        return _settings(request, session, actor, session_id, read=refused, status=error.status)
    return done(f"/desk/meeting-sessions/{session_id}/settings", _("已保存"))


@router.post("/{session_id}/rooms", response_class=HTMLResponse)
def add_room(
    request: Request,
    session_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    read = forms.read(RoomCreate, form)
    found = repository.lock_session(session, session_id)
    if read.body is None:
        return _settings(request, session, actor, session_id, room=read, status=422)
    try:
        planning.add_room(session, actor, found, read.body.model_dump())
    except JiebangError as error:
        session.rollback()
        refused: forms.Read[Any] = forms.refused(read.values, error)
        return _settings(request, session, actor, session_id, room=refused, status=error.status)
    return done(f"/desk/meeting-sessions/{session_id}/settings", _("已添加场地"))


@router.post("/{session_id}/rooms/{room_id}/remove", response_class=HTMLResponse)
def remove_room(
    session_id: uuid.UUID,
    room_id: uuid.UUID,
    session: WriteSession,
    actor: Actor = needs("meetings:manage"),
) -> Response:
    planning.remove_room(session, actor, repository.lock_session(session, session_id), room_id)
    return done(f"/desk/meeting-sessions/{session_id}/settings", _("已删除场地"))


@router.post("/{session_id}/ask", response_class=HTMLResponse)
def ask_parties(
    request: Request,
    session_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    """Asks everyone who is to meet when they can come."""
    read = forms.read(AskBody, form)
    found = repository.lock_session(session, session_id)
    if read.body is None:
        return _settings(request, session, actor, session_id, asking=read, status=422)
    try:
        count = availability.ask(session, actor, found, until=read.body.until)
    except JiebangError as error:
        session.rollback()
        refused: forms.Read[Any] = forms.refused(read.values, error)
        return _settings(request, session, actor, session_id, asking=refused, status=error.status)
    sentence = _("已通知 %(count)s 人填报到场时间") % {"count": count}
    return done(f"/desk/meeting-sessions/{session_id}/settings", sentence)


@router.get("/{session_id}/parties/{kind}/{party_id}", response_class=HTMLResponse)
def show_party(
    request: Request,
    session_id: uuid.UUID,
    kind: Literal["organization", "solver"],
    party_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("meetings:manage"),
) -> HTMLResponse:
    return _party(request, session, actor, session_id, kind, party_id)


@router.post("/{session_id}/parties/{kind}/{party_id}", response_class=HTMLResponse)
def save_party(
    request: Request,
    session_id: uuid.UUID,
    kind: Literal["organization", "solver"],
    party_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    """What a party said by telephone; it takes the place of what stood there."""
    read = read_party(form, kind, party_id)
    found = repository.lock_session(session, session_id)
    try:
        if read.body is not None:
            planning.set_party(session, actor, found, read.body.model_dump())
            return done(f"/desk/meeting-sessions/{session_id}/settings", _("已登记到场时间"))
        status = 422
    except JiebangError as error:
        session.rollback()
        read, status = forms.refused(read.values, error), error.status
    return _party(request, session, actor, session_id, kind, party_id, read=read, status=status)


def read_party(form: FormData, kind: str, party_id: uuid.UUID) -> forms.Read[PartyBody]:
    """A form with ticked days, rows of times away, and days of travel."""
    raw = forms.raw_of(PartyBody, form)
    days = [str(day) for day in form.getlist("days")]
    raw |= {"organization_id": None, "solver_id": None, "days": days, f"{kind}_id": str(party_id)}
    read = forms.read(PartyBody, form)
    return forms.checked(PartyBody, {**read.values, "days": days}, raw)


def party_values(said: MeetingParty | None) -> dict[str, Any]:
    """What stands in the form of a party."""
    if said is None:
        return {"days": [], "absent": [], "travel_days": "0"}
    away = [{name: forms.local_of(row[name]) for name in ("starts_at", "ends_at")} for row in said.absent]
    return {"days": said.days, "absent": away, "travel_days": str(said.travel_days)}


def _read_session(model: type[Any], form: FormData) -> forms.Read[Any]:
    """Days as rows with one pause each; what the grid cannot show is kept out of it."""
    rows = [
        {name: str(form.get(f"days.{index}.{name}", "")).strip() for name in ("day", *FIRST_DAY)}
        for index in range(40)
        if form.get(f"days.{index}.day")
    ]
    raw: dict[str, Any] = forms.raw_of(model, form)
    values = {name: str(value) for name, value in form.items() if not name.startswith("days.")}
    if "days.rows" in form:
        values["days"] = rows  # type: ignore[assignment]
        raw["days"] = [_day(row) for row in rows]
    return forms.checked(model, values, raw)


def _day(row: dict[str, str]) -> dict[str, Any]:
    pause = {"starts": row["pause_from"], "ends": row["pause_to"]}
    has_pause = bool(row["pause_from"] or row["pause_to"])
    return {name: row[name] for name in ("day", "opens", "closes")} | {"breaks": [pause] if has_pause else []}


def _session_values(found: MeetingSession) -> dict[str, Any]:
    days = []
    for row in found.days:
        pause = next(iter(row.get("breaks", ())), {"starts": "", "ends": ""})
        days.append(
            {name: row[name] for name in DayBody.model_fields if name != "breaks"}
            | {"pause_from": pause["starts"], "pause_to": pause["ends"]}
        )
    plain = {name: str(getattr(found, name)) for name in ("name", "address", *NUMBERS)}
    return {**plain, "kind": found.kind.value, "days": days}


def _new(
    request: Request, session: Session, actor: Actor, read: forms.Read[Any], *, status: int = 200
) -> HTMLResponse:
    running = challenges.visible_to(actor).where(Challenge.status != ChallengeStatus.CLOSED)
    return page(
        request,
        "meeting_session_new.html",
        status=status,
        read=read,
        challenges=list(session.scalars(running.order_by(Challenge.created_at.desc()).limit(100))),
        kinds=SessionKind,
        empty_days=EMPTY_DAYS,
    )


def _settings(
    request: Request,
    session: Session,
    actor: Actor,
    session_id: uuid.UUID,
    *,
    read: forms.Read[Any] | None = None,
    room: forms.Read[Any] | None = None,
    asking: forms.Read[Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    found = repository.get_session(session, session_id)
    return page(
        request,
        "meeting_session_settings.html",
        status=status,
        **frame(session, actor, found, "settings"),
        read=read or forms.Read(_session_values(found)),
        room=room or forms.Read({"seats": "8"}),
        asking=asking or forms.Read({"until": forms.local(found.asks_until)}),
        is_draft=found.status is SessionStatus.DRAFT,
        parties=availability.parties_in(session, found),
        kinds=SessionKind,
        empty_days=EMPTY_DAYS,
    )


def _party(
    request: Request,
    session: Session,
    actor: Actor,
    session_id: uuid.UUID,
    kind: str,
    party_id: uuid.UUID,
    *,
    read: forms.Read[Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    found = repository.get_session(session, session_id)
    party = next(
        (row for row in availability.parties_in(session, found) if row.key == (kind, party_id)), None
    )
    if party is None:
        raise NotFound()
    return page(
        request,
        "meeting_party.html",
        status=status,
        **frame(session, actor, found, "settings"),
        party=party,
        read=read or forms.Read(party_values(party.said)),
    )


def _challenge_id(form: FormData) -> uuid.UUID:
    try:
        return uuid.UUID(str(form.get("challenge_id", "")))
    except ValueError as error:
        raise NotFound() from error
