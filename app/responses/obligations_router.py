"""`/obligations`: what is owed, by whom; assigning, asking the seeker, and the seeker's reply."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.ledger import obligations
from app.ledger.ages import Age
from app.ledger.obligations import Filters, Standing
from app.models.access import Role
from app.models.ledger import Obligation, ObligationKind
from app.requirements import repository as requirements
from app.requirements import service as requirement_service
from app.responses import owing
from app.responses.obligation_presenter import present
from app.responses.obligation_schemas import AskBody, AssignBody, ObligationView, ReplyBody
from app.routing import concept_router

router = concept_router("反馈台账")

IfMatch = Annotated[str | None, Depends(if_match)]
SORTABLE = {"due_at": Obligation.due_at, "opened_at": Obligation.opened_at}


def obligation_filters(
    standing: Annotated[Standing | None, Query(description="running、overdue、escalated、paused")] = None,
    owner_id: Annotated[uuid.UUID | None, Query(description="指定的责任人")] = None,
    owner_role: Annotated[Role | None, Query(description="责任角色")] = None,
    challenge_id: Annotated[uuid.UUID | None, Query(description="赛事")] = None,
    age: Annotated[Age | None, Query(description="已等待多久：week、fortnight、month、older")] = None,
    kind: Annotated[ObligationKind | None, Query(description="应答复的事项")] = None,
) -> Filters:
    """FastAPI dependency: the filters of the list."""
    return Filters(standing, owner_id, owner_role, challenge_id, age, kind)


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
    _, obligation = owing.lock(session, actor, obligation_id)
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
    obligation = owing.ask(session, actor, obligation_id, question=body.question, days=body.days)
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
    obligation = owing.reply(session, actor, obligation_id, text=body.text)
    return _answer(session, obligation, response)


def _answer(session: Session, obligation: Obligation, response: Response) -> ObligationView:
    set_etag(response, obligation.version)
    return present(session, [obligation])[0]
