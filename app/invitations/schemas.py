"""Invitations as clients send and get them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import Field as Limits

from app.invitations.service import Terms
from app.kit.schemas import Body, Instant, Line, Ref, Text, View, with_example
from app.models.invitation import InvitationStatus
from app.requirements.schemas import RequirementView

MOST_PAIRS = 500


class TermsBody(Body):
    """A reply counts before `reply_by`. A team that is silent is reminded once, at `remind_at` or (null) after
    two thirds of the time. With `invites_alternates` the next alternate follows a team that does not come."""

    reply_by: Instant
    remind_at: Instant | None = None
    message: Annotated[str, Text(4_000)] = ""
    invites_alternates: bool = False

    def as_terms(self) -> Terms:
        """What the service takes."""
        return Terms(self.reply_by, self.remind_at, self.message, self.invites_alternates)


class InvitedPairBody(Body):
    requirement_id: Ref
    solver_id: Ref


class RoundInvitationsBody(TermsBody):
    """The terms for every assigned pair of the round, or for `pairs` alone, which may be alternates, too."""

    model_config = with_example(
        {
            "reply_by": "2027-03-31T18:00:00+08:00",
            "message": "请确认能否参加对接。",
            "invites_alternates": True,
        }
    )

    pairs: Annotated[list[InvitedPairBody], Limits(min_length=1, max_length=MOST_PAIRS)] | None = None


class InvitationCreate(TermsBody):
    """One team, invited by hand."""

    model_config = with_example(
        {
            "requirement_id": "01990000-0000-7000-8000-000000000000",
            "solver_id": "01990000-0000-7000-8000-000000000001",
            "reply_by": "2027-03-31T18:00:00+08:00",
        }
    )

    requirement_id: Ref
    solver_id: Ref
    beyond_capacity: bool = False
    """Invite although all places of the team are taken."""

    def as_terms(self) -> Terms:
        return replace(super().as_terms(), beyond_capacity=self.beyond_capacity)


class DeclineBody(Body):
    """Why the team does not come; the organizers read it."""

    model_config = with_example({"reason": "课题组本年度任务已满。"})

    reason: Annotated[str, Text(2_000, 1)]


class CancelBody(Body):
    """Why the invitation is taken back; the team reads it."""

    model_config = with_example({"reason": "需求方已另有安排。"})

    reason: Annotated[str, Line(500, 1)]


class ExtendBody(Body):
    """Until when the team may reply now; later than before."""

    model_config = with_example({"reply_by": "2027-04-07T18:00:00+08:00"})

    reply_by: Instant


class InvitedTeamView(View):
    id: uuid.UUID
    name: str


class InvitationView(View):
    """An invitation. `title` is the requirement's as the caller may read it; `reason` says why it was
    declined or cancelled."""

    id: uuid.UUID
    status: InvitationStatus
    status_label: str
    requirement_id: uuid.UUID
    title: str
    solver: InvitedTeamView
    round_id: uuid.UUID | None
    instead_of_id: uuid.UUID | None
    message: str
    reply_by: datetime
    remind_at: datetime | None
    reminded_at: datetime | None
    invites_alternates: bool | None
    opened_at: datetime | None
    ended_at: datetime | None
    reason: str
    created_at: datetime
    version: int


class InvitationDetailView(InvitationView):
    """With the problem itself, as far as its tier lets the caller read it."""

    requirement: RequirementView


class InvitedView(View):
    """An invitation as the seeker follows it. Why a team does not come is between it and the organizer."""

    id: uuid.UUID
    status: InvitationStatus
    status_label: str
    solver: InvitedTeamView
    sent_at: datetime
    reply_by: datetime
    ended_at: datetime | None


class PassedPairView(View):
    """An assigned pair that was not invited; `code` names the reason, as the error of the same code does."""

    requirement_id: uuid.UUID
    solver_id: uuid.UUID
    code: str


class MailingView(View):
    sent: list[InvitationView]
    passed: list[PassedPairView]
