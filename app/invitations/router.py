"""`/invitations` and `/rounds/{id}/invitations`: sent by the organizer, read and answered by the team."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.errors import NotPermitted
from app.invitations import repository, rounds, service
from app.invitations.presenter import present, present_followed, present_in_full, present_mailing
from app.invitations.schemas import (
    CancelBody,
    DeclineBody,
    ExtendBody,
    InvitationCreate,
    InvitationDetailView,
    InvitationView,
    InvitedView,
    MailingView,
    RoundInvitationsBody,
)
from app.kit.etag import set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.matches import repository as round_rows
from app.models.invitation import Invitation, InvitationStatus
from app.requirements import repository as requirement_rows
from app.requirements.policy import is_own
from app.routing import concept_router

router = concept_router("邀约")


def invitation_filters(
    status: Annotated[list[InvitationStatus] | None, Query(description="状态")] = None,
    requirement_id: uuid.UUID | None = None,
    solver_id: uuid.UUID | None = None,
    round_id: uuid.UUID | None = None,
    challenge_id: uuid.UUID | None = None,
    q: Annotated[str | None, Query(max_length=200, description="团队名称或需求中的词")] = None,
) -> repository.Filters:
    """The query parameters of the list."""
    return repository.Filters(
        status=tuple(status or ()),
        requirement_id=requirement_id,
        solver_id=solver_id,
        round_id=round_id,
        challenge_id=challenge_id,
        q=q,
    )


@router.post(
    "/rounds/{round_id}/invitations",
    response_model=MailingView,
    status_code=201,
    summary="按匹配轮次发出邀约",
)
def invite_round(
    round_id: uuid.UUID,
    body: RoundInvitationsBody,
    session: WriteSession,
    actor: Actor = needs("invitations:write"),
) -> MailingView:
    """One per assigned pair of a published round, or per chosen pair; sent again, only what is new.

    Pairs that cannot be invited are listed under `passed` with the reason and hold nobody else up."""
    found = round_rows.get(session, actor, round_id, lock=True)
    pairs = None if body.pairs is None else [(pair.requirement_id, pair.solver_id) for pair in body.pairs]
    return present_mailing(actor, rounds.invite_assigned(session, actor, found, body.as_terms(), pairs=pairs))


@router.get("/invitations", response_model=Page[InvitationView], summary="邀约列表")
def list_invitations(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(invitation_filters)],
    actor: Actor = needs("invitations:read"),
) -> Page[InvitationView]:
    """Staff see all, solvers those of their own teams. Sort by created_at, updated_at or reply_by."""
    rows, next_cursor, total = paginate(
        session,
        repository.with_parties(repository.narrow(repository.visible_to(actor), filters)),
        page=page,
        key=Invitation.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    items = [present(actor, row) for row in rows]
    return Page[InvitationView](items=items, next_cursor=next_cursor, total=total)


@router.post("/invitations", response_model=InvitationView, status_code=201, summary="发出邀约")
def create_invitation(
    body: InvitationCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("invitations:write"),
) -> InvitationView:
    """One team by hand. Conflicts of interest and bans hold here as well."""
    sent = service.send(session, actor, body.requirement_id, body.solver_id, body.as_terms())
    response.headers["Location"] = f"/api/v1/invitations/{sent.id}"
    return _answer(actor, sent, response)


@router.get("/invitations/{invitation_id}", response_model=InvitationDetailView, summary="邀约详情")
def get_invitation(
    invitation_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("invitations:read"),
) -> InvitationDetailView:
    """With the problem, also one that is shown to no other solver."""
    invitation = repository.get(session, actor, invitation_id)
    set_etag(response, invitation.version)
    return present_in_full(actor, invitation)


@router.post("/invitations/{invitation_id}/open", response_model=InvitationDetailView, summary="查看邀约")
def open_invitation(
    invitation_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("invitations:open"),
) -> InvitationDetailView:
    """The team has read it; a second time changes nothing."""
    invitation = repository.lock(session, actor, invitation_id)
    service.open_(session, actor, invitation)
    set_etag(response, invitation.version)
    return present_in_full(actor, invitation)


@router.post("/invitations/{invitation_id}/accept", response_model=InvitationView, summary="接受邀约")
def accept_invitation(
    invitation_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("invitations:reply"),
) -> InvitationView:
    """By the team, or by staff for a team that replied by other means. The requirement is in contact by it."""
    invitation = repository.lock(session, actor, invitation_id)
    return _answer(actor, service.accept(session, actor, invitation), response)


@router.post("/invitations/{invitation_id}/decline", response_model=InvitationView, summary="谢绝邀约")
def decline_invitation(
    invitation_id: uuid.UUID,
    body: DeclineBody,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("invitations:reply"),
) -> InvitationView:
    """By the team, or by staff for it. The next alternate is invited if the organizer wished so."""
    invitation = repository.lock(session, actor, invitation_id)
    service.decline(session, actor, invitation, reason=body.reason)
    return _answer(actor, invitation, response)


@router.post("/invitations/{invitation_id}/cancel", response_model=InvitationView, summary="撤销邀约")
def cancel_invitation(
    invitation_id: uuid.UUID,
    body: CancelBody,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("invitations:write"),
) -> InvitationView:
    """No alternate follows; the team reads the reason."""
    invitation = repository.lock(session, actor, invitation_id)
    return _answer(actor, service.cancel(session, actor, invitation, reason=body.reason), response)


@router.post("/invitations/{invitation_id}/remind", response_model=InvitationView, summary="提醒回复邀约")
def remind_invitation(
    invitation_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("invitations:write"),
) -> InvitationView:
    """A team that has not replied is reminded now, at most once in 24 hours; no other reminder follows."""
    invitation = repository.lock(session, actor, invitation_id)
    return _answer(actor, service.remind(session, actor, invitation), response)


@router.post("/invitations/{invitation_id}/extend", response_model=InvitationView, summary="延长回复期限")
def extend_invitation(
    invitation_id: uuid.UUID,
    body: ExtendBody,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("invitations:write"),
) -> InvitationView:
    """Only later, and only before the deadline has passed. The team is told, and reminded once more."""
    invitation = repository.lock(session, actor, invitation_id)
    return _answer(actor, service.extend(session, actor, invitation, reply_by=body.reply_by), response)


@router.get(
    "/requirements/{requirement_id}/invitations",
    response_model=Page[InvitedView],
    summary="需求的邀约情况",
)
def list_invitations_to(
    requirement_id: uuid.UUID,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("requirement-invitations:read"),
) -> Page[InvitedView]:
    """Whom the organizer has asked for a problem, and what became of it: for its seeker and for staff.

    Reasons and messages are not in it. Sort by created_at, updated_at or reply_by.
    """
    requirement = requirement_rows.get(session, actor, requirement_id)
    if not (actor.is_staff or is_own(actor, requirement)):
        raise NotPermitted(permission="requirement-invitations:read")
    rows, next_cursor, total = paginate(
        session,
        repository.followed_by(actor, requirement_id),
        page=page,
        key=Invitation.id,
        sortable=repository.SORTABLE,
        default="created_at",
    )
    items = [present_followed(row) for row in rows]
    return Page[InvitedView](items=items, next_cursor=next_cursor, total=total)


def _answer(actor: Actor, invitation: Invitation, response: Response) -> InvitationView:
    set_etag(response, invitation.version)
    return present(actor, invitation)
