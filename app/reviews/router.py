"""`/reviews`, `/review-conflicts` and the scorecards of a requirement."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.challenges import repository as challenges
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.models.review import AssignmentStatus, Criterion, ReviewAssignment, ReviewConflict
from app.requirements import repository as requirements
from app.reviews import repository, service
from app.reviews.schemas import (
    AssignBody,
    AssignmentView,
    ConflictBody,
    ConflictView,
    EndBody,
    EvenlyBody,
    ReassignBody,
    ScorecardBody,
    ScorecardView,
    SharesView,
    present_assignment,
    present_scorecard,
    present_share,
)
from app.routing import concept_router

router = concept_router("需求评审")


def review_filters(
    status: Annotated[list[AssignmentStatus] | None, Query(description="状态")] = None,
    requirement_id: uuid.UUID | None = None,
    reviewer_id: uuid.UUID | None = None,
    challenge_id: uuid.UUID | None = None,
) -> repository.Filters:
    """The query parameters of the list."""
    return repository.Filters(
        status=tuple(status or ()),
        requirement_id=requirement_id,
        reviewer_id=reviewer_id,
        challenge_id=challenge_id,
    )


@router.get("/reviews", response_model=Page[AssignmentView], summary="评审分配列表")
def list_reviews(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(review_filters)],
    actor: Actor = needs("reviews:read"),
) -> Page[AssignmentView]:
    """Staff see all, reviewers their own. Sort by created_at or updated_at."""
    rows, next_cursor, total = paginate(
        session,
        repository.with_parties(repository.narrow(repository.visible_to(actor), filters)),
        page=page,
        key=ReviewAssignment.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    items = [present_assignment(row) for row in rows]
    return Page[AssignmentView](items=items, next_cursor=next_cursor, total=total)


@router.post(
    "/requirements/{requirement_id}/reviews",
    response_model=AssignmentView,
    status_code=201,
    summary="分配评审人",
)
def assign_reviewer(
    requirement_id: uuid.UUID,
    body: AssignBody,
    session: WriteSession,
    actor: Actor = needs("reviews:assign"),
) -> AssignmentView:
    """From now on the reviewer sees the requirement. Conflicts of interest are refused."""
    return present_assignment(service.assign(session, actor, requirement_id, body.reviewer_id))


@router.post("/challenges/{challenge_id}/reviews", response_model=SharesView, summary="批量分配评审人")
def assign_reviewers_evenly(
    challenge_id: uuid.UUID,
    body: EvenlyBody,
    session: WriteSession,
    actor: Actor = needs("reviews:assign"),
) -> SharesView:
    """Brings every requirement under review to `per_requirement` reviewers with even loads. Repeating it changes
    nothing."""
    challenge = challenges.get(session, actor, challenge_id, lock=True)
    shares = service.assign_evenly(
        session,
        actor,
        challenge,
        per_requirement=body.per_requirement,
        reviewer_ids=body.reviewer_ids,
        is_trial=body.is_trial,
    )
    return SharesView(is_trial=body.is_trial, items=[present_share(share) for share in shares])


@router.post(
    "/reviews/{review_id}/reassign", response_model=AssignmentView, status_code=201, summary="改派评审人"
)
def reassign_review(
    review_id: uuid.UUID,
    body: ReassignBody,
    session: WriteSession,
    actor: Actor = needs("reviews:assign"),
) -> AssignmentView:
    """Answers the new assignment; the old one ends."""
    assignment = repository.lock(session, actor, review_id)
    following = service.reassign(session, actor, assignment, body.reviewer_id, body.reason)
    return present_assignment(following)


@router.post("/reviews/{review_id}/remove", response_model=AssignmentView, summary="取消评审分配")
def remove_review(
    review_id: uuid.UUID,
    body: EndBody,
    session: WriteSession,
    actor: Actor = needs("reviews:assign"),
) -> AssignmentView:
    assignment = repository.lock(session, actor, review_id)
    service.remove(session, actor, assignment, body.reason)
    return present_assignment(assignment)


@router.get("/review-conflicts", response_model=Page[ConflictView], summary="利益关系申报")
def list_conflicts(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("reviews:read"),
) -> Page[ConflictView]:
    """Staff see all, reviewers their own. Sort by created_at."""
    rows, next_cursor, total = paginate(
        session,
        repository.conflicts_visible_to(actor),
        page=page,
        key=ReviewConflict.id,
        sortable={"created_at": ReviewConflict.created_at},
        default="-created_at",
    )
    items = [ConflictView.model_validate(row) for row in rows]
    return Page[ConflictView](items=items, next_cursor=next_cursor, total=total)


@router.post("/review-conflicts", response_model=ConflictView, status_code=201, summary="申报回避")
def declare_conflict(
    body: ConflictBody,
    session: WriteSession,
    actor: Actor = needs("reviews:write"),
) -> ConflictView:
    """The reviewer's assignments that it concerns end at once, and none can be made again."""
    declared = service.declare_conflict(
        session,
        actor,
        requirement_id=body.requirement_id,
        organization_id=body.organization_id,
        reason=body.reason,
    )
    return ConflictView.model_validate(declared)


@router.get(
    "/requirements/{requirement_id}/scorecards", response_model=Page[ScorecardView], summary="完整性评分"
)
def list_scorecards(
    requirement_id: uuid.UUID, session: ReadSession, actor: Actor = needs("reviews:read")
) -> Page[ScorecardView]:
    """Staff read all, a reviewer reads its own only."""
    requirement = requirements.get(session, actor, requirement_id)
    items = [present_scorecard(card) for card in repository.scorecards(session, actor, requirement.id)]
    return Page[ScorecardView](items=items, total=len(items))


@router.put(
    "/requirements/{requirement_id}/scorecard", response_model=ScorecardView, summary="填写完整性评分"
)
def put_scorecard(
    requirement_id: uuid.UUID,
    body: ScorecardBody,
    session: WriteSession,
    response: Response,
    header: Annotated[str | None, Depends(if_match)] = None,
    actor: Actor = needs("reviews:write"),
) -> ScorecardView:
    """One per reviewer; it can be changed until the technical review is over. `If-Match` guards against one's own
    second window."""
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    own = [
        card
        for card in repository.scorecards(session, actor, requirement.id)
        if card.reviewer_id == actor.user_id
    ]
    if header is not None and own:
        check_version(header, own[0].version)
    marks = {criterion.value: getattr(body, criterion.value).model_dump() for criterion in Criterion}
    card = service.score(session, actor, requirement, marks=marks, advice=body.advice, summary=body.summary)
    set_etag(response, card.version)
    return present_scorecard(card)
