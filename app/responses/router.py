"""`/requirements/{id}/responses` and `/challenges/{id}/coverage`: the ledger as its readers see it."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.challenges import service as challenges
from app.kit.clock import now
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.ledger import service as ledger
from app.models.requirement import Requirement
from app.requirements import repository as requirements
from app.requirements import service as requirement_service
from app.responses.coverage import Figure, measure, obligations_of, rows_behind
from app.responses.presenter import present
from app.responses.schemas import CoverageView, LedgerRowView, ResponseCreate, ResponseView
from app.routing import concept_router

router = concept_router("反馈台账")


@router.get(
    "/requirements/{requirement_id}/responses", response_model=Page[ResponseView], summary="需求得到的答复"
)
def list_responses(
    requirement_id: uuid.UUID, session: ReadSession, actor: Actor = needs("responses:read")
) -> Page[ResponseView]:
    """Every answer, oldest first; for the seeker, reviewers and staff."""
    requirement = requirements.get(session, actor, requirement_id)
    requirement_service.check_is_insider(actor, requirement)
    views = present(session, requirement, ledger.responses_to(session, requirement.id))
    return Page[ResponseView](items=views, total=len(views))


@router.post(
    "/requirements/{requirement_id}/responses",
    response_model=ResponseView,
    status_code=201,
    summary="书面答复",
)
def create_response(
    requirement_id: uuid.UUID,
    body: ResponseCreate,
    session: WriteSession,
    actor: Actor = needs("responses:write"),
) -> ResponseView:
    """Ends what is owed now and opens the next obligation of the same state."""
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    response = requirement_service.answer_in_writing(session, actor, requirement, body.text)
    return present(session, requirement, [response])[0]


@router.get("/challenges/{challenge_id}/coverage", response_model=CoverageView, summary="反馈覆盖率")
def get_coverage(
    challenge_id: uuid.UUID, session: ReadSession, actor: Actor = needs("coverage:read")
) -> CoverageView:
    challenge = challenges.get(session, actor, challenge_id)
    found = measure(session, actor=actor, at=now(), challenge_id=challenge.id)
    counts = {figure.value: count for figure, count in found.counts.items()}
    return CoverageView(at=found.at, coverage=found.coverage, **counts)


@router.get(
    "/challenges/{challenge_id}/coverage/{figure}",
    response_model=Page[LedgerRowView],
    summary="覆盖率数字背后的需求",
)
def list_coverage(
    challenge_id: uuid.UUID,
    figure: Figure,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("coverage:read"),
) -> Page[LedgerRowView]:
    """The rows that the figure counts: `total` equals the figure."""
    challenge = challenges.get(session, actor, challenge_id)
    statement = rows_behind(figure, actor=actor, at=now(), challenge_id=challenge.id)
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=page,
        key=Requirement.id,
        sortable=requirements.SORTABLE,
        default="submitted_at",
    )
    return Page[LedgerRowView](items=_ledger_rows(session, rows), next_cursor=next_cursor, total=total)


def _ledger_rows(session: Session, rows: list[Requirement]) -> list[LedgerRowView]:
    owed = obligations_of(session, [row.id for row in rows])
    at = now()
    views = []
    for row in rows:
        obligation = owed.get(row.id)
        due_at = obligation.due_at if obligation else None
        assert row.submitted_at is not None
        views.append(
            LedgerRowView(
                requirement_id=row.id,
                external_id=row.external_id,
                title=row.title,
                organization=row.organization.name,
                status=row.status,
                submitted_at=row.submitted_at,
                owed=obligation.kind if obligation else None,
                owed_label=obligation.kind.label if obligation else None,
                owner_role=obligation.owner_role.value if obligation else None,
                owner_id=obligation.owner_id if obligation else None,
                due_at=due_at,
                is_overdue=due_at is not None and due_at <= at,
            )
        )
    return views
