"""`/obligations`: what is owed, by whom; assigning, asking the seeker, and the seeker's reply."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.errors import NotFound
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.ledger import obligations
from app.ledger.obligations import Filters, Standing, standing_of
from app.models.access import Role, User
from app.models.ledger import Obligation, ObligationPause
from app.models.requirement import Requirement
from app.requirements import policy
from app.requirements import repository as requirements
from app.requirements import service as requirement_service
from app.responses.obligation_schemas import AskBody, AssignBody, ObligationView, PauseView, ReplyBody
from app.routing import concept_router

router = concept_router("反馈台账")

IfMatch = Annotated[str | None, Depends(if_match)]
SORTABLE = {"due_at": Obligation.due_at, "opened_at": Obligation.opened_at}


def obligation_filters(
    standing: Annotated[Standing | None, Query(description="running、overdue、escalated、paused")] = None,
    owner_id: Annotated[uuid.UUID | None, Query(description="指定的责任人")] = None,
    owner_role: Annotated[Role | None, Query(description="责任角色")] = None,
    challenge_id: Annotated[uuid.UUID | None, Query(description="赛事")] = None,
) -> Filters:
    """FastAPI dependency: the filters of the list."""
    return Filters(standing, owner_id, owner_role, challenge_id)


@router.get("/obligations", response_model=Page[ObligationView], summary="待办答复")
def list_obligations(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[Filters, Depends(obligation_filters)],
    actor: Actor = needs("obligations:read"),
) -> Page[ObligationView]:
    """What is owed now on the requirements that are the caller's to handle, the earliest day first."""
    # Whoever also is of a team sees what is published as any team does: without whose it is, or what is owed.
    mine = requirements.visible_to(actor).where(requirements.concerning(actor))
    statement = obligations.owed(mine, filters)
    rows, next_cursor, total = paginate(
        session, statement, page=page, key=Obligation.id, sortable=SORTABLE, default="due_at"
    )
    return Page[ObligationView](items=present(session, rows), next_cursor=next_cursor, total=total)


@router.get(
    "/requirements/{requirement_id}/obligations",
    response_model=Page[ObligationView],
    summary="需求的答复期限",
)
def list_history(
    requirement_id: uuid.UUID, session: ReadSession, actor: Actor = needs("responses:read")
) -> Page[ObligationView]:
    """What was and is owed, oldest first; for the seeker, reviewers and staff."""
    requirement = requirements.get(session, actor, requirement_id)
    requirement_service.check_is_insider(actor, requirement)
    views = present(session, obligations.history_of(session, requirement.id))
    return Page[ObligationView](items=views, total=len(views))


@router.post("/obligations/{obligation_id}/assign", response_model=ObligationView, summary="指定答复责任人")
def assign_obligation(
    obligation_id: uuid.UUID,
    body: AssignBody,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("obligations:assign"),
) -> ObligationView:
    """A person, who is told, or null for the role. Needs `If-Match`: two organizers at once have one winner."""
    _, obligation = _locked(session, actor, obligation_id)
    check_version(header, obligation.version)
    obligations.assign(session, actor, obligation, body.owner_id)
    return _answer(session, obligation, response)


@router.post(
    "/obligations/{obligation_id}/ask", response_model=ObligationView, summary="请需求方补充，暂停计时"
)
def ask_seeker(
    obligation_id: uuid.UUID,
    body: AskBody,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("obligations:ask"),
) -> ObligationView:
    """The clock stops until the reply and goes on where it stopped; without one, after `days` working days."""
    requirement, obligation = _locked(session, actor, obligation_id)
    policy.check_may_review(actor, requirement)
    obligations.ask(session, actor, requirement, obligation, question=body.question, days=body.days)
    return _answer(session, obligation, response)


@router.post(
    "/obligations/{obligation_id}/reply", response_model=ObligationView, summary="需求方回复，恢复计时"
)
def reply_to_question(
    obligation_id: uuid.UUID,
    body: ReplyBody,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("obligations:reply"),
) -> ObligationView:
    """The seeker's reply to the question, or what staff heard by telephone. The clock goes on."""
    requirement, obligation = _locked(session, actor, obligation_id)
    policy.check_may_enter(actor, requirement)
    obligations.go_on(session, actor, obligation, reply=body.text)
    return _answer(session, obligation, response)


def _locked(session: Session, actor: Actor, obligation_id: uuid.UUID) -> tuple[Requirement, Obligation]:
    """The obligation and its requirement, both locked. Raises `NotFound` for what is not the actor's to see."""
    requirement_id = session.scalar(select(Obligation.requirement_id).where(Obligation.id == obligation_id))
    if requirement_id is None:
        raise NotFound()
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    requirement_service.check_is_insider(actor, requirement)
    obligation = session.get_one(Obligation, obligation_id, with_for_update=True, populate_existing=True)
    return requirement, obligation


def _answer(session: Session, obligation: Obligation, response: Response) -> ObligationView:
    set_etag(response, obligation.version)
    return present(session, [obligation])[0]


def present(session: Session, rows: Sequence[Obligation]) -> list[ObligationView]:
    """The rows with the titles of their requirements and the names of their owners."""
    ids = {row.requirement_id for row in rows}
    statement = select(Requirement).where(Requirement.id.in_(ids))
    titled = {row.id: row for row in session.scalars(statement.options(joinedload(Requirement.organization)))}
    people = {row.owner_id for row in rows if row.owner_id is not None}
    named = session.execute(select(User.id, User.name).where(User.id.in_(people)))
    names: dict[uuid.UUID | None, str] = {row.id: row.name for row in named}
    pauses = obligations.pauses_of(session, [row.id for row in rows])
    return [
        _view(row, titled[row.requirement_id], names.get(row.owner_id), pauses.get(row.id, []))
        for row in rows
    ]


def _view(
    row: Obligation, requirement: Requirement, owner: str | None, pauses: list[ObligationPause]
) -> ObligationView:
    standing = None if row.closed_at is not None else standing_of(row)
    return ObligationView(
        id=row.id,
        requirement_id=row.requirement_id,
        title=requirement.title,
        organization=requirement.organization.name,
        kind=row.kind,
        kind_label=row.kind.label,
        owner_role=row.owner_role,
        owner_id=row.owner_id,
        owner_name=owner,
        opened_at=row.opened_at,
        due_at=row.due_at,
        remaining_days=row.remaining_days,
        uncounted_year=row.uncounted_year,
        closed_at=row.closed_at,
        standing=standing,
        standing_label=standing.label if standing else None,
        overdue_at=row.overdue_at,
        escalated_at=row.escalated_at,
        escalated_to_id=row.escalated_to_id,
        pauses=[
            PauseView(
                question=pause.question,
                asked_at=pause.created_at,
                asked_by_id=pause.asked_by_id,
                reply_by=pause.ends_at,
                ended_at=pause.ended_at,
                reply=pause.reply,
            )
            for pause in pauses
        ],
        version=row.version,
    )
