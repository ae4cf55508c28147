"""When the parties of a session can come: asked by the organizer, said by the parties themselves."""

from __future__ import annotations

import uuid

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.meetings import availability, repository
from app.meetings.presenter import present_asked, present_session
from app.meetings.session_schemas import AskBody, AskedListView, AskedView, PartyBody, SessionView
from app.routing import Language, concept_router

router = concept_router("对接会与现场赛")


@router.post("/meeting-sessions/{session_id}/ask", response_model=SessionView, summary="征集到场时间")
def ask_parties(
    session_id: uuid.UUID,
    body: AskBody,
    session: WriteSession,
    language: Language,
    actor: Actor = needs("meetings:manage"),
) -> SessionView:
    """Asks everyone who is to meet when they can come. They learn the days, not whom they meet."""
    found = repository.lock_session(session, session_id)
    availability.ask(session, actor, found, until=body.until)
    return present_session(session, repository.get_session(session, found.id), language)


@router.get("/meeting-availability", response_model=AskedListView, summary="待填报的到场时间")
def list_asked(session: ReadSession, actor: Actor = needs("meetings:reply")) -> AskedListView:
    """Sessions that ask the caller's own units and teams, with what they have said."""
    return AskedListView(items=[present_asked(row) for row in availability.asked_of(session, actor)])


@router.put("/meeting-sessions/{session_id}/availability", response_model=AskedView, summary="填报到场时间")
def state_availability(
    session_id: uuid.UUID,
    body: PartyBody,
    session: WriteSession,
    actor: Actor = needs("meetings:reply"),
) -> AskedView:
    """For one's own unit or team; 409 `availability_closed` once the time is over."""
    fields = body.model_dump()
    availability.state(session, actor, session_id, fields)
    rows = availability.asked_of(session, actor)
    key = fields["organization_id"] or fields["solver_id"]
    said = next(row for row in rows if row.session.id == session_id and row.party.key[1] == key)
    return present_asked(said)
