"""A reviewer's queue, and one requirement under review: its analysis, its neighbours, the scorecard, the moves."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console import forms, lists, moves
from app.console.language import gettext as _
from app.console.lists import Column
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.kit.clock import now
from app.kit.etag import check_version
from app.kit.pagination import paginate
from app.models.access import Role
from app.models.ledger import Obligation
from app.models.proposal import ACTIVE_ASSESSMENTS, ProposalAssessment
from app.models.requirement import Requirement
from app.models.review import Advice, AssignmentStatus, Criterion, ReviewAssignment, Scorecard
from app.proposals import repository as proposals
from app.proposals.assessment_presenter import present_assessment
from app.requirements import repository as requirements
from app.requirements.presenter import present
from app.requirements.statement import REFINABLE_STATUSES
from app.responses.coverage import obligations_of
from app.reviews import policy, repository, service
from app.reviews.schemas import (
    AssignmentView,
    ConflictBody,
    ScorecardBody,
    present_assignment,
    present_scorecard,
)

router = page_router(prefix="/desk/reviews")

PER_PAGE = 30
SCORES = range(1, 6)


def _columns(due: Mapping[uuid.UUID, Obligation], *, is_reviewer: bool) -> list[Column]:
    def owed(item: AssignmentView) -> datetime | None:
        found = due.get(item.requirement_id)
        return found.due_at if found else None

    columns = [
        Column("需求", lambda item: item.title, 40),
        Column("评审人", lambda item: item.reviewer.name),
        Column("需求状态", lambda item: item.requirement_status),
        Column("评审", lambda item: item.status),
        Column("答复期限", owed),
    ]
    return [column for column in columns if not is_reviewer or column.header != "评审人"]


@router.get("", response_class=HTMLResponse)
def list_reviews(
    request: Request,
    session: ReadSession,
    status: Annotated[str, Query(max_length=20)] = AssignmentStatus.ACTIVE.value,
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("reviews:read"),
) -> Response:
    """Reviewers see what is assigned to them and until when it is owed; staff see everybody's."""
    chosen = (AssignmentStatus(status),) if status in set(AssignmentStatus) else ()
    filters = repository.Filters(status=chosen)
    rows, next_cursor, total = paginate(
        session,
        repository.with_parties(repository.narrow(repository.visible_to(actor), filters)),
        page=lists.page_of(request, PER_PAGE, cursor=cursor),
        key=ReviewAssignment.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    due, is_reviewer = (
        obligations_of(session, [row.requirement_id for row in rows]),
        actor.has_role(Role.REVIEWER),
    )
    return lists.answer(
        request,
        "reviews.html",
        title="需求评审",
        columns=_columns(due, is_reviewer=is_reviewer),
        items=[present_assignment(row) for row in rows],
        due=due,
        total=total,
        next_cursor=next_cursor,
        statuses=AssignmentStatus,
        chosen_status=status,
        is_reviewer=is_reviewer,
        tasks=_tasks(session, actor),
        Assignment=AssignmentStatus,
        at=now(),
    )


@router.get("/{requirement_id}", response_class=HTMLResponse)
def show_review(
    request: Request,
    requirement_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("reviews:read"),
) -> HTMLResponse:
    """Everything that a judgment needs on one page; staff also read the scorecards and assign reviewers."""
    return _show(request, session, actor, requirements.get(session, actor, requirement_id))


@router.post("/{requirement_id}/scorecard", response_class=HTMLResponse)
def save_scorecard(
    request: Request,
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("reviews:write"),
) -> Response:
    """Writes or changes the reviewer's own scorecard."""
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    read = _read_scorecard(form)
    if read.body is None:
        return _show(request, session, actor, requirement, read=read, status=422)
    own = _own_card(repository.scorecards(session, actor, requirement.id), actor)
    if own is not None:
        check_version(f'"{form.get("version", "")}"', own.version)
    marks = {criterion.value: getattr(read.body, criterion.value).model_dump() for criterion in Criterion}
    service.score(
        session, actor, requirement, marks=marks, advice=read.body.advice, summary=read.body.summary
    )
    return done(f"/desk/reviews/{requirement_id}", _("评分表已保存"))


@router.post("/{requirement_id}/conflict", response_class=HTMLResponse)
def declare_conflict(
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("reviews:write"),
) -> Response:
    """The reviewer steps back from this requirement, or from everything of its unit."""
    requirement = requirements.get(session, actor, requirement_id)
    about_unit = form.get("about") == "organization"
    named = {"organization_id": str(requirement.organization_id)} if about_unit else {}
    named = named or {"requirement_id": str(requirement.id)}
    body = forms.require(ConflictBody, {**named, "reason": str(form.get("reason") or "")})
    service.declare_conflict(
        session,
        actor,
        requirement_id=body.requirement_id,
        organization_id=body.organization_id,
        reason=body.reason,
    )
    return done("/desk/reviews", _("已申报回避，承办单位会另行安排评审"))


def _show(
    request: Request,
    session: Session,
    actor: Actor,
    requirement: Requirement,
    *,
    read: forms.Read[Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    cards = repository.scorecards(session, actor, requirement.id)
    own = _own_card(cards, actor)
    may_score = "reviews:write" in actor.permissions and requirement.status in policy.SCORABLE_STATUSES
    may_assign = "reviews:assign" in actor.permissions
    return page(
        request,
        "review.html",
        status=status,
        item=present(actor, requirement),
        moves=moves.open_to(actor, requirement),
        return_reasons=moves.RETURN_REASONS,
        owed=obligations_of(session, [requirement.id]).get(requirement.id),
        at=now(),
        may_score=may_score,
        may_refine="statements:write" in actor.permissions and requirement.status in REFINABLE_STATUSES,
        may_step_back="reviews:write" in actor.permissions,
        own=own,
        values=read.values if read else _typed(own),
        errors=read.errors if read else {},
        cards=[present_scorecard(card) for card in cards] if actor.is_staff else [],
        names={person.id: person.name for person in repository.reviewers(session)} if actor.is_staff else {},
        criteria=Criterion,
        advices=Advice,
        scores=SCORES,
        may_assign=may_assign and requirement.status in policy.ASSIGNABLE_STATUSES,
        assigned=_assigned(session, actor, requirement) if may_assign else [],
        **_candidates(session) if may_assign else {"reviewers": [], "loads": {}},
    )


def _tasks(session: Session, actor: Actor) -> list[Any]:
    """The proposals that a reviewer is still to score, one task per requirement."""
    if not actor.has_role(Role.REVIEWER):
        return []
    statement = proposals.assessments_visible_to(actor).where(
        ProposalAssessment.reviewer_id == actor.user_id, ProposalAssessment.status.in_(ACTIVE_ASSESSMENTS)
    )
    rows = session.scalars(proposals.with_call(statement).order_by(ProposalAssessment.id).limit(PER_PAGE))
    return [present_assessment(session, actor, row) for row in rows]


def _assigned(session: Session, actor: Actor, requirement: Requirement) -> list[Any]:
    filters = repository.Filters(requirement_id=requirement.id)
    statement = repository.with_parties(repository.narrow(repository.visible_to(actor), filters))
    rows = session.scalars(statement.order_by(ReviewAssignment.created_at.desc(), ReviewAssignment.id))
    return [present_assignment(row) for row in rows]


def _candidates(session: Session) -> dict[str, Any]:
    people = repository.reviewers(session)
    return {"reviewers": people, "loads": repository.loads(session, [person.id for person in people])}


def _own_card(cards: list[Scorecard], actor: Actor) -> Scorecard | None:
    return next((card for card in cards if card.reviewer_id == actor.user_id), None)


def _typed(card: Scorecard | None) -> dict[str, Any]:
    """The stored scorecard as a person would fill it in."""
    if card is None:
        return {}
    values: dict[str, Any] = {"advice": card.advice.value, "summary": card.summary}
    for criterion in Criterion:
        values[f"{criterion.value}.score"] = str(card.marks[criterion.value]["score"])
        values[f"{criterion.value}.comment"] = card.marks[criterion.value]["comment"]
    return values


def _read_scorecard(form: FormData) -> forms.Read[ScorecardBody]:
    raw: dict[str, Any] = {"summary": str(form.get("summary") or "")}
    if form.get("advice"):
        raw["advice"] = str(form["advice"])
    for criterion in Criterion:
        mark: dict[str, Any] = {"comment": str(form.get(f"{criterion.value}.comment") or "")}
        if form.get(f"{criterion.value}.score"):
            mark["score"] = forms.number(str(form[f"{criterion.value}.score"]))
        raw[criterion.value] = mark
    return forms.checked(ScorecardBody, form, raw)
