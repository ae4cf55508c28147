"""Who reviews what, as the organizer decides it: by hand for one requirement, evenly for a challenge."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import WriteSession
from app.challenges import repository as challenges
from app.console import forms
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.reviews import repository, service
from app.reviews.schemas import AssignBody, EndBody, EvenlyBody, ReassignBody, present_share

router = page_router(prefix="/desk")


@router.post("/reviews/{requirement_id}/reviewers", response_class=HTMLResponse)
def assign_reviewer(
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("reviews:assign"),
) -> Response:
    service.assign(session, actor, requirement_id, forms.body_of(AssignBody, form).reviewer_id)
    return done(f"/desk/reviews/{requirement_id}", _("已分配，评审人会收到通知"))


@router.post("/assignments/{assignment_id}/reassign", response_class=HTMLResponse)
def reassign_review(
    assignment_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("reviews:assign"),
) -> Response:
    assignment = repository.lock(session, actor, assignment_id)
    body = forms.body_of(ReassignBody, form)
    service.reassign(session, actor, assignment, body.reviewer_id, body.reason)
    return done(f"/desk/reviews/{assignment.requirement_id}", _("已改派"))


@router.post("/assignments/{assignment_id}/remove", response_class=HTMLResponse)
def remove_review(
    assignment_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("reviews:assign"),
) -> Response:
    assignment = repository.lock(session, actor, assignment_id)
    service.remove(session, actor, assignment, forms.body_of(EndBody, form).reason)
    return done(f"/desk/reviews/{assignment.requirement_id}", _("已取消分配"))


@router.post("/challenges/{challenge_id}/reviewers", response_class=HTMLResponse)
def assign_evenly(
    request: Request,
    challenge_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("reviews:assign"),
) -> Response:
    """A trial first, which shows who would get what; the same form then carries it out."""
    challenge = challenges.get(session, actor, challenge_id, lock=True)
    body = forms.body_of(EvenlyBody, form)
    is_trial = form.get("then") != "assign"
    found = service.assign_evenly(
        session, actor, challenge, per_requirement=body.per_requirement, reviewer_ids=None, is_trial=is_trial
    )
    shares = [present_share(share) for share in found]
    added = sum(len(share.added) for share in shares)
    if not is_trial:
        return done(f"/desk/challenges/{challenge_id}", _("已分配 %(count)s 项评审") % {"count": added})
    return page(
        request,
        "even_reviews.html",
        challenge=challenge,
        shares=shares,
        added=added,
        missing=sum(share.missing for share in shares),
        per_requirement=body.per_requirement,
    )
