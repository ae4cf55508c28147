"""The list of problems of a challenge: what is entered, what can be, and what an earlier challenge left open."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.challenges import repository, scope
from app.console import challenge_frame, forms
from app.console.language import gettext as _
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError
from app.kit.contains import contains_words
from app.kit.pagination import PageQuery, paginate
from app.kit.schemas import Line
from app.listings import service, takeover
from app.listings.presenter import present_entries
from app.listings.schemas import EntryCreate
from app.listings.takeover import Fate, LeftOpen
from app.listings.takeover_router import TakeoverBody
from app.models.challenge import Challenge, ChallengeEntry, ChallengeStatus
from app.models.requirement import END_STATUSES, Requirement
from app.requirements import repository as requirements

router = page_router(prefix="/desk/challenges/{challenge_id}")

PER_PAGE = 30
MOST_FOUND = 30
Words = Annotated[Annotated[str, Line(200)], Query()]


@router.get("/entries", response_class=HTMLResponse)
def list_entries(
    request: Request,
    challenge_id: uuid.UUID,
    session: ReadSession,
    q: Words = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("challenges:read"),
) -> HTMLResponse:
    """By number; everyone reads exactly the requirements it may see anyway. `q` looks for more to enter."""
    challenge = repository.get(session, actor, challenge_id)
    return _show(request, session, actor, challenge, q=q, cursor=cursor)


@router.post("/entries", response_class=HTMLResponse)
def enter_requirements(
    request: Request,
    challenge_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("requirements:submit"),
) -> Response:
    """Enters the ticked ones, all or none; what lies outside the scope comes with the organizer's reason."""
    challenge = repository.get(session, actor, challenge_id)
    reason = str(form.get("scope_reason") or "")
    q = str(form.get("q") or "")[:200]
    chosen = [str(id) for id in form.getlist("requirement_ids")]
    bodies = [forms.require(EntryCreate, {"requirement_id": id, "scope_reason": reason}) for id in chosen]
    try:
        for body in bodies:
            requirement = requirements.get(session, actor, body.requirement_id, lock=True)
            service.enter(session, actor, challenge, requirement, scope_reason=body.scope_reason)
    except JiebangError as error:
        session.rollback()
        again = repository.get(session, actor, challenge_id)
        refused: forms.Read[Any] = forms.Read(
            {"scope_reason": reason, "chosen": chosen}, errors=forms.refused({}, error).errors
        )
        return _show(request, session, actor, again, q=q, read=refused, status=error.status)
    if not chosen:
        return done(f"/desk/challenges/{challenge_id}/entries", _("没有选择需求"))
    return done(
        f"/desk/challenges/{challenge_id}/entries", _("已列入 %(count)s 个需求") % {"count": len(chosen)}
    )


@router.post("/entries/{requirement_id}/remove", response_class=HTMLResponse)
def remove_entry(
    challenge_id: uuid.UUID,
    requirement_id: uuid.UUID,
    session: WriteSession,
    actor: Actor = needs("requirements:submit"),
) -> Response:
    """Before it has a number on the published list; the requirement itself stays."""
    challenge = repository.get(session, actor, challenge_id)
    service.leave(session, actor, challenge, requirements.get(session, actor, requirement_id, lock=True))
    return done(f"/desk/challenges/{challenge_id}/entries", _("已退出赛事，需求本身保留"))


@router.get("/takeover", response_class=HTMLResponse)
def preview_takeover(
    request: Request,
    challenge_id: uuid.UUID,
    session: ReadSession,
    earlier: Annotated[str, Query(alias="from", max_length=40)] = "",
    left_open: Annotated[str, Query(max_length=20)] = "",
    actor: Actor = needs("challenges:write"),
) -> HTMLResponse:
    """What taking over would do now; stores nothing."""
    challenge = repository.get(session, actor, challenge_id)
    others = repository.visible_to(actor).where(Challenge.id != challenge.id)
    known = list(session.scalars(others.order_by(Challenge.created_at.desc())))
    source = next((item for item in known if item.code == earlier), None)
    wanted = LeftOpen(left_open) if left_open in set(LeftOpen) else None
    found = takeover.preview(session, actor, challenge, source, wanted) if source else []
    return challenge_frame.show(
        request,
        challenge,
        "challenge_takeover.html",
        "entries",
        others=known,
        earlier=source,
        left_open=wanted,
        kinds=LeftOpen,
        found=found,
        Fate=Fate,
    )


@router.post("/takeover", response_class=HTMLResponse)
def take_over(
    challenge_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("challenges:write"),
) -> Response:
    """Each seeker reads where its requirement has gone; again, it changes nothing."""
    challenge = repository.get(session, actor, challenge_id, lock=True)
    body = forms.body_of(TakeoverBody, form)
    earlier = repository.get(session, actor, body.from_challenge_id)
    carried = takeover.take_over(
        session, actor, challenge, earlier, body.left_open, scope_reason=body.scope_reason
    )
    count = sum(item.fate is Fate.ENTERED for item in carried)
    return done(
        f"/desk/challenges/{challenge_id}/entries",
        _("已转入 %(count)s 个需求，需求方会收到通知") % {"count": count},
    )


def _show(
    request: Request,
    session: Session,
    actor: Actor,
    challenge: Challenge,
    *,
    q: str = "",
    cursor: str | None = None,
    read: forms.Read[Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    rows, next_cursor, total = paginate(
        session,
        service.entries_of(actor, challenge),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=ChallengeEntry.id,
        sortable=service.SORTABLE,
        default="number",
    )
    may_enter = "requirements:submit" in actor.permissions and challenge.status is not ChallengeStatus.CLOSED
    more = session.scalars(_open_to(actor, challenge, q)).unique().all() if may_enter and (q or read) else []
    return challenge_frame.show(
        request,
        challenge,
        "challenge_entries.html",
        "entries",
        status=status,
        items=present_entries(session, actor, challenge, rows),
        total=total,
        next_cursor=next_cursor,
        q=q,
        may_enter=may_enter,
        is_staff=actor.is_staff,
        more=[(row, scope.differences(challenge, row)) for row in more],
        typed=read.values if read else {},
        errors=read.errors if read else {},
    )


def _open_to(actor: Actor, challenge: Challenge, words: str) -> Select[Requirement]:
    """The requirements that the reader could enter and that are not in the challenge yet."""
    entered = select(ChallengeEntry.requirement_id).where(ChallengeEntry.challenge_id == challenge.id)
    statement = requirements.visible_to(actor).where(
        Requirement.id.not_in(entered), Requirement.status.not_in(END_STATUSES)
    )
    if not actor.is_staff:
        statement = statement.where(requirements.own_of(actor))
    if words.strip() and words.strip() != "*":
        statement = statement.where(contains_words(words, Requirement.title))
    return statement.order_by(Requirement.updated_at.desc()).limit(MOST_FOUND)
