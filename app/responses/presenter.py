"""Answers and rows of the proof as their readers see them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import JiebangError
from app.ledger.proof import Proof
from app.ledger.replies import check_may_reopen, reopen_until, replies_to
from app.models.access import Membership, Role, User
from app.models.ledger import Response
from app.models.requirement import Requirement
from app.responses.bulk import Outcome
from app.responses.schemas import AnswerOutcomeView, AnswersView, ProofRowView, ResponseView


def present(session: Session, requirement: Requirement, responses: Sequence[Response]) -> list[ResponseView]:
    """The answers to one requirement with what its seeker said of each."""
    said = replies_to(session, [row.id for row in responses])
    views = []
    for row in responses:
        acknowledged, reopened = said.acknowledgements.get(row.id), said.reopenings.get(row.id)
        views.append(
            ResponseView(
                id=row.id,
                requirement_id=row.requirement_id,
                kind=row.kind,
                kind_label=row.kind.label,
                text=row.text,
                detail=row.detail,
                author_id=row.author_id,
                created_at=row.created_at,
                acknowledged_at=acknowledged.created_at if acknowledged else None,
                satisfaction=acknowledged.satisfaction if acknowledged else None,
                words=acknowledged.words if acknowledged else "",
                reopened_at=reopened.created_at if reopened else None,
                reopen_reason=reopened.reason if reopened else "",
                reopen_until=_until(session, requirement, row),
            )
        )
    return views


def _until(session: Session, requirement: Requirement, response: Response) -> datetime | None:
    if response.obligation_id is None:
        return None
    try:
        check_may_reopen(session, requirement, response)
    except JiebangError:
        return None
    return reopen_until(session, response)


def present_proof(session: Session, proofs: Sequence[Proof]) -> list[ProofRowView]:
    """The rows of the proof; the requirements come with their organizations."""
    readers = _readers(session, {proof.requirement.organization_id for proof in proofs})
    return [_proof_row(proof, readers.get(proof.requirement.organization_id, 0)) for proof in proofs]


def _proof_row(proof: Proof, readers: int) -> ProofRowView:
    requirement, answer = proof.requirement, proof.answer
    assert requirement.submitted_at is not None
    acknowledged = proof.replies.acknowledgements.get(answer.id) if answer else None
    reopened = proof.replies.reopenings.get(answer.id) if answer else None
    return ProofRowView(
        requirement_id=requirement.id,
        external_id=requirement.external_id,
        title=requirement.title,
        organization=requirement.organization.name,
        status=requirement.status,
        status_label=requirement.status.label,
        submitted_at=requirement.submitted_at,
        is_answered=proof.is_answered,
        response_id=answer.id if answer else None,
        answer=answer.text if answer else None,
        answer_kind=answer.kind if answer else None,
        answer_kind_label=answer.kind.label if answer else None,
        readable_since=answer.created_at if answer else None,
        readers=readers,
        acknowledged_at=acknowledged.created_at if acknowledged else None,
        satisfaction=acknowledged.satisfaction if acknowledged else None,
        reopened_at=reopened.created_at if reopened else None,
    )


def _readers(session: Session, organization_ids: set[uuid.UUID]) -> dict[uuid.UUID, int]:
    statement = (
        select(Membership.organization_id, func.count(User.id.distinct()))
        .join(User, User.id == Membership.user_id)
        .where(
            User.is_active,
            Membership.role == Role.SEEKER,
            Membership.organization_id.in_(organization_ids),
        )
        .group_by(Membership.organization_id)
    )
    return {unit: count for unit, count in session.execute(statement) if unit is not None}


def present_outcomes(found: list[Outcome], language: str) -> AnswersView:
    """The rows with their counts, reasons in the reader's language."""
    views = [
        AnswerOutcomeView(
            requirement_id=item.requirement_id,
            outcome="failed" if item.error else "answered" if item.is_new else "unchanged",
            response_id=item.response_id,
            code=item.error.code if item.error else "",
            message=item.error.detail(language) if item.error else "",
        )
        for item in found
    ]
    return AnswersView(
        answered=sum(view.outcome == "answered" for view in views),
        unchanged=sum(view.outcome == "unchanged" for view in views),
        failed=sum(view.outcome == "failed" for view in views),
        rows=views,
    )
