"""`/requirements/{id}/statements`: the refined statement in its versions, differences, and the seeker's replies."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Path, Query

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.kit.pagination import Page
from app.requirements import repository as requirements
from app.requirements import service as requirement_service
from app.requirements.statement import STATED_FIELDS
from app.reviews import repository, statements
from app.reviews.statement_schemas import (
    DifferenceView,
    ReplyBody,
    SegmentView,
    StatementBody,
    StatementVersionView,
    present_statement,
)
from app.routing import concept_router

router = concept_router("凝练稿", prefix="/requirements/{requirement_id}/statements")

Number = Annotated[int, Path(ge=1, le=10_000, description="版本号")]


@router.get("", response_model=Page[StatementVersionView], summary="凝练稿各版本")
def list_statements(
    requirement_id: uuid.UUID, session: ReadSession, actor: Actor = needs("statements:read")
) -> Page[StatementVersionView]:
    """The newest first; for the seeker, its reviewers and staff."""
    requirement = requirements.get(session, actor, requirement_id)
    requirement_service.check_is_insider(actor, requirement)
    rows = repository.statements(session, requirement.id)
    items = [present_statement(requirement, row) for row in rows]
    return Page[StatementVersionView](items=items, total=len(items))


@router.post("", response_model=StatementVersionView, status_code=201, summary="提交凝练稿")
def write_statement(
    requirement_id: uuid.UUID,
    body: StatementBody,
    session: WriteSession,
    actor: Actor = needs("statements:write"),
) -> StatementVersionView:
    """A new version, between the formal review and the publication. The seeker's form stays as it is; the newest
    version is what is published. `based_on` must be the newest number, or somebody else was faster (409)."""
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    content = statements.as_json(body.model_dump(include=set(STATED_FIELDS)))
    row = statements.write(session, actor, requirement, content, based_on=body.based_on, note=body.note)
    return present_statement(requirement, row)


@router.get("/{number}/differences", response_model=DifferenceView, summary="与原文或其他版本的差异")
def read_differences(
    requirement_id: uuid.UUID,
    number: Number,
    session: ReadSession,
    against: Annotated[int | None, Query(ge=1, le=10_000, description="对比的版本；不填则与原文对比")] = None,
    actor: Actor = needs("statements:read"),
) -> DifferenceView:
    """From the seeker's own words of that time, or from an earlier version, to this version."""
    requirement = requirements.get(session, actor, requirement_id)
    requirement_service.check_is_insider(actor, requirement)
    row = repository.statement(session, requirement.id, number)
    before = (
        row.original if against is None else repository.statement(session, requirement.id, against).content
    )
    fields = {
        name: [SegmentView.model_validate(segment) for segment in segments]
        for name, segments in statements.compare(before, row.content).items()
    }
    return DifferenceView(number=number, against=str(against or "original"), fields=fields)


@router.post("/{number}/reply", response_model=StatementVersionView, summary="确认凝练稿或提出意见")
def reply_to_statement(
    requirement_id: uuid.UUID,
    number: Number,
    body: ReplyBody,
    session: WriteSession,
    actor: Actor = needs("statements:reply"),
) -> StatementVersionView:
    """By the seeker, on the newest version, until it is published."""
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    row = statements.reply(
        session, actor, requirement, number, is_confirmed=body.is_confirmed, comment=body.comment
    )
    return present_statement(requirement, row)
