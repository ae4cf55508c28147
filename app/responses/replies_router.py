"""`/responses`: what seekers say of answers, and many answers at once."""

from __future__ import annotations

import uuid

from app.auth.actor import Actor
from app.auth.dependencies import WriteSession, needs
from app.ledger import replies
from app.responses import owing
from app.responses.bulk import Given, answer_many
from app.responses.presenter import present, present_outcomes
from app.responses.schemas import (
    AcknowledgeBody,
    AnswersBody,
    AnswersView,
    ReopenBody,
    ResponseView,
)
from app.routing import Language, concept_router

router = concept_router("反馈台账", prefix="/responses")


@router.post("", response_model=AnswersView, summary="批量书面答复")
def create_responses(
    body: AnswersBody,
    session: WriteSession,
    language: Language,
    actor: Actor = needs("responses:write"),
) -> AnswersView:
    """Up to 500 requirements, each with words of its own; a row is answered or says why not.

    A row whose text is the last answer already changes nothing. What was answered cannot be undone: the seeker can
    read it at once; a correction is another answer.
    """
    rows = [Given(row.requirement_id, row.text) for row in body.rows]
    found = answer_many(session, actor, rows, all_or_nothing=body.all_or_nothing)
    return present_outcomes(found, language)


@router.post("/{response_id}/acknowledge", response_model=ResponseView, summary="确认答复，填写满意度")
def acknowledge_response(
    response_id: uuid.UUID,
    body: AcknowledgeBody,
    session: WriteSession,
    actor: Actor = needs("responses:acknowledge"),
) -> ResponseView:
    """Once per answer, for the whole unit; satisfaction may be added once afterwards."""
    requirement, response = owing.lock_answer(session, actor, response_id)
    replies.acknowledge(session, actor, response, satisfaction=body.satisfaction, words=body.words)
    return present(session, requirement, [response])[0]


@router.post("/{response_id}/reopen", response_model=ResponseView, summary="认为未答复，要求重新答复")
def reopen_response(
    response_id: uuid.UUID,
    body: ReopenBody,
    session: WriteSession,
    actor: Actor = needs("responses:acknowledge"),
) -> ResponseView:
    """Within ten working days, three times per requirement at most; a new answer is owed within five."""
    requirement, response = owing.lock_answer(session, actor, response_id)
    replies.reopen(session, actor, requirement, response, reason=body.reason)
    return present(session, requirement, [response])[0]
