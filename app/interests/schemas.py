"""Interests as clients send and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

from app.invitations.schemas import InvitedTeamView, TermsBody
from app.kit.schemas import Body, Ref, Text, View, with_example
from app.models.interest import InterestStatus
from app.models.matching import CandidateRole


class InterestCreate(Body):
    """A few words on why the team suits. Without `solver_id` the actor's only team speaks."""

    model_config = with_example(
        {
            "requirement_id": "01990000-0000-7000-8000-000000000000",
            "text": "课题组有同类中试线，可在两个月内提供样品。",
        }
    )

    requirement_id: Ref
    solver_id: Ref | None = None
    text: Annotated[str, Text(2_000, 1)]


class InterestInvite(TermsBody):
    """The terms of the invitation, as when a team is invited by hand."""

    model_config = with_example({"reply_by": "2027-03-31T18:00:00+08:00"})

    beyond_capacity: bool = False


class InterestDecline(Body):
    """Why not; the team reads it. With `forbids_pair` no round pairs them either."""

    model_config = with_example({"reason": "该需求要求省内单位承担。", "forbids_pair": False})

    reason: Annotated[str, Text(2_000, 1)]
    forbids_pair: bool = False


class InterestView(View):
    """An interest. `answer` and `invitation_id` are for staff and the team, not for the seeker."""

    id: uuid.UUID
    status: InterestStatus
    status_label: str
    requirement_id: uuid.UUID
    title: str
    solver: InvitedTeamView
    text: str
    answer: str | None
    invitation_id: uuid.UUID | None
    decided_at: datetime | None
    created_at: datetime
    version: int


class RoundInterestView(InterestView):
    """An interest beside what a round made of the pair; all null when the team is not among the candidates."""

    rank: int | None
    grade: str | None
    probability: float | None
    role: CandidateRole | None
    is_forbidden: bool | None
