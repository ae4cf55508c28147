"""`/challenges/{id}/closing-proof` and `/escalation`: the proof that everyone is answered, and where lateness goes."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response
from sqlalchemy.orm import joinedload

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.challenges import repository as challenge_repository
from app.challenges import service as challenges
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.ledger import escalation, proof
from app.models.requirement import Requirement
from app.requirements import repository as requirements
from app.responses.presenter import present_proof
from app.responses.schemas import EscalationBody, EscalationView, ProofRowView
from app.routing import concept_router

router = concept_router("反馈台账", prefix="/challenges/{challenge_id}")


@router.get("/closing-proof", response_model=Page[ProofRowView], summary="办结证明")
def read_closing_proof(
    challenge_id: uuid.UUID,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    is_answered: Annotated[bool | None, Query(description="只看已答复或未答复的需求")] = None,
    actor: Actor = needs("coverage:read"),
) -> Page[ProofRowView]:
    """Each submitted requirement with its last answer. While a row says `is_answered` false, the challenge stays
    open: closing it answers 409 `requirements_unanswered`."""
    challenge = challenges.get(session, actor, challenge_id)
    statement = requirements.visible_to(actor).where(proof.submitted_to(challenge.id))
    if is_answered is not None:
        lacking = proof.lacks_answer()
        statement = statement.where(~lacking if is_answered else lacking)
    rows, next_cursor, total = paginate(
        session,
        statement.options(joinedload(Requirement.organization)),
        page=page,
        key=Requirement.id,
        sortable=requirements.SORTABLE,
        default="submitted_at",
    )
    views = present_proof(session, proof.prove(session, rows))
    return Page[ProofRowView](items=views, next_cursor=next_cursor, total=total)


@router.get("/escalation", response_model=EscalationView, summary="逾期上报规则")
def read_escalation(
    challenge_id: uuid.UUID, session: ReadSession, actor: Actor = needs("obligations:read")
) -> EscalationView:
    """Where nobody is named, overdue answers go up to the administrators after three working days."""
    rule = escalation.rule_of(session, challenges.get(session, actor, challenge_id).id)
    if rule is None:
        return EscalationView(superior_id=None, after_days=escalation.AFTER_DAYS)
    return EscalationView(superior_id=rule.superior_id, after_days=rule.after_days)


@router.put("/escalation", response_model=EscalationView, summary="设定逾期上报规则")
def put_escalation(
    challenge_id: uuid.UUID,
    body: EscalationBody,
    session: WriteSession,
    actor: Actor = needs("obligations:assign"),
) -> EscalationView:
    """An organizer or administrator, told once of every answer that is this late."""
    challenge = challenge_repository.get(session, actor, challenge_id, lock=True)
    rule = escalation.set_rule(
        session, actor, challenge, superior_id=body.superior_id, after_days=body.after_days
    )
    return EscalationView(superior_id=rule.superior_id, after_days=rule.after_days)


@router.delete("/escalation", status_code=204, response_class=Response, summary="取消逾期上报规则")
def delete_escalation(
    challenge_id: uuid.UUID, session: WriteSession, actor: Actor = needs("obligations:assign")
) -> None:
    """Back to the administrators."""
    escalation.drop_rule(session, actor, challenge_repository.get(session, actor, challenge_id, lock=True))
