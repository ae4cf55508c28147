"""What waits for a seeker, a team or a reviewer: short lists for the desk, each with the page where it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import exists
from sqlalchemy.orm import Session

from app.agreements import repository as agreements
from app.auth.actor import Actor
from app.console.language import current
from app.console.language import gettext as _
from app.console.rendering import label
from app.interests import repository as interests
from app.interests.presenter import present as present_interest
from app.invitations import repository as invitations
from app.invitations.presenter import present as present_invitation
from app.kit.clock import now
from app.meetings import availability
from app.meetings import repository as meetings
from app.meetings.presenter import title_for
from app.models.access import Role
from app.models.agreement import Agreement, AgreementStatus
from app.models.interest import Interest, InterestStatus
from app.models.invitation import Invitation, InvitationStatus
from app.models.ledger import Obligation, ObligationPause, Response, ResponseAcknowledgement
from app.models.meeting import Meeting, MeetingStatus
from app.models.notification import Notification
from app.models.proposal import Proposal, ProposalStatus
from app.models.requirement import Requirement, RequirementStatus
from app.models.review import AssignmentStatus, ReviewAssignment
from app.notifications import repository as notifications
from app.notifications.presenter import present as present_messages
from app.proposals import repository as proposals
from app.proposals.call_presenter import call_view
from app.proposals.presenter import present as present_proposal
from app.requirements import repository as requirements
from app.responses.coverage import obligations_of
from app.reviews import repository as reviews
from app.reviews.schemas import present_assignment

IN_FORCE = (AgreementStatus.SIGNED, AgreementStatus.IN_DELIVERY)
MOST = 6
"""Lines of one list; the page behind it has them all."""


@dataclass(frozen=True)
class Line:
    """One thing to do. `until` is its deadline; `path` is empty where there is nothing to open."""

    words: str
    path: str = ""
    note: str = ""
    until: datetime | None = None


@dataclass(frozen=True)
class Waiting:
    """A list with its heading, the page with all of it, and what is said when it is empty."""

    title: str
    path: str
    empty: str = ""
    lines: list[Line] = field(default_factory=list)


def of(session: Session, actor: Actor) -> list[Waiting]:
    """The lists of every role that the person holds; those that are empty and say nothing are left out."""
    found: list[Waiting] = []
    if actor.has_role(Role.SEEKER):
        found += _seeker(session, actor)
    if actor.has_role(Role.SOLVER):
        found += _team(session, actor)
    if actor.has_role(Role.REVIEWER):
        found.append(_reviewer(session, actor))
    if found and not actor.is_staff:
        found += _both(session, actor)
    return [item for item in found if item.lines or item.empty]


def _seeker(session: Session, actor: Actor) -> Iterator[Waiting]:
    own = requirements.visible_to(actor).where(
        Requirement.organization_id.in_(actor.organizations(Role.SEEKER))
    )
    asked = exists().where(
        Obligation.requirement_id == Requirement.id,
        ObligationPause.obligation_id == Obligation.id,
        ObligationPause.ended_at.is_(None),
    )
    unread = exists().where(
        Response.requirement_id == Requirement.id,
        ~exists().where(ResponseAcknowledgement.response_id == Response.id),
    )
    unfinished = (RequirementStatus.DRAFT, RequirementStatus.RETURNED)
    for title, condition, suffix, empty in (
        (_("需要您补充说明"), asked, "#answers", ""),
        (_("有答复待您确认"), unread, "#answers", _("没有待确认的答复。")),
        (_("待完成的需求"), Requirement.status.in_(unfinished), "/edit", ""),
    ):
        rows = session.scalars(own.where(condition).order_by(Requirement.updated_at.desc()).limit(MOST))
        lines = [Line(row.title, f"/desk/requirements/{row.id}{suffix}", label(row.status)) for row in rows]
        yield Waiting(title, "/desk/requirements", empty, lines)


def _team(session: Session, actor: Actor) -> Iterator[Waiting]:
    open_states = (InvitationStatus.SENT, InvitationStatus.OPENED)
    statement = invitations.narrow(
        invitations.visible_to(actor), invitations.Filters(status=open_states)
    ).order_by(Invitation.reply_by)
    invited = session.scalars(invitations.with_parties(statement).limit(MOST))
    lines = [
        Line(row.title, f"/desk/invitations/{row.id}", row.solver.name, row.reply_by)
        for row in (present_invitation(actor, item) for item in invited)
    ]
    yield Waiting(_("待回复的邀约"), "/desk/invitations", _("没有待回复的邀约。"), lines)
    statement = proposals.narrow(
        proposals.visible_to(actor), proposals.Filters(status=(ProposalStatus.DRAFT,))
    ).order_by(Proposal.id.desc())
    drafts = session.scalars(proposals.with_everything(statement).limit(MOST))
    lines = [
        Line(
            present_proposal(actor, row).title,
            f"/desk/proposals/{row.id}",
            _("草稿，还没有提交"),
            call_view(session, actor, row.requirement).closes_at,
        )
        for row in drafts
    ]
    yield Waiting(_("正在写的方案"), "/desk/proposals", "", lines)
    answered = (InterestStatus.WAITING, InterestStatus.DECLINED, InterestStatus.INVITED)
    statement = interests.narrow(interests.visible_to(actor), interests.Filters(status=answered)).order_by(
        Interest.id.desc()
    )
    said = [
        present_interest(actor, row) for row in session.scalars(interests.with_parties(statement).limit(MOST))
    ]
    lines = [Line(row.title, "/desk/interests", label(row.status)) for row in said]
    yield Waiting(_("揭榜意向"), "/desk/interests", "", lines)


def _reviewer(session: Session, actor: Actor) -> Waiting:
    active = reviews.Filters(status=(AssignmentStatus.ACTIVE,))
    statement = reviews.with_parties(reviews.narrow(reviews.visible_to(actor), active))
    rows = list(session.scalars(statement.order_by(ReviewAssignment.id).limit(MOST)))
    due = obligations_of(session, [row.requirement_id for row in rows])
    lines = [
        Line(
            row.title,
            f"/desk/reviews/{row.requirement_id}",
            label(row.requirement_status),
            due[row.requirement_id].due_at if row.requirement_id in due else None,
        )
        for row in map(present_assignment, rows)
    ]
    empty = _("没有分配给您的评审。承办单位分配后，您会收到消息。")
    return Waiting(_("待评审的需求"), "/desk/reviews", empty, lines)


def _both(session: Session, actor: Actor) -> Iterator[Waiting]:
    if "meetings:reply" in actor.permissions:
        unsaid = [row for row in availability.asked_of(session, actor) if row.party.said is None]
        lines = [
            Line(row.session.name, "/desk/meetings", row.party.name, row.session.asks_until)
            for row in unsaid[:MOST]
        ]
        yield Waiting(_("待填报的到场时间"), "/desk/meetings", "", lines)
    if "meetings:read" in actor.permissions:
        coming = meetings.visible_to(actor).where(
            Meeting.status == MeetingStatus.SCHEDULED, Meeting.starts_at > now()
        )
        rows = session.scalars(meetings.with_everything(coming).order_by(Meeting.starts_at).limit(MOST))
        lines = [
            Line(
                title_for(actor, row),
                f"/desk/meetings/{row.id}",
                f"{row.session.name} {row.room.name if row.room else ''}",
                row.starts_at,
            )
            for row in rows
        ]
        yield Waiting(_("接下来的对接会"), "/desk/meetings", "", lines)
    if "agreements:read" in actor.permissions:
        standing = agreements.visible_to(actor).where(Agreement.status.in_(IN_FORCE))
        found = session.scalars(
            agreements.with_everything(standing).order_by(Agreement.id.desc()).limit(MOST)
        )
        lines = [
            Line(row.requirement.title, f"/desk/agreements/{row.id}", label(row.status)) for row in found
        ]
        yield Waiting(_("履行中的协议"), "/desk/agreements", "", lines)
    unread = notifications.narrow(notifications.visible_to(actor), unread=True, events=())
    latest = list(session.scalars(unread.order_by(Notification.id.desc()).limit(MOST)))
    lines = [
        Line(row.headline, "/desk/inbox?unread=true") for row in present_messages(session, latest, current())
    ]
    yield Waiting(_("未读消息"), "/desk/inbox?unread=true", "", lines)
