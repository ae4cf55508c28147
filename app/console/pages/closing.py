"""The closing proof of a challenge row by row, why it cannot be closed yet, and where lateness goes."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Request
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.challenges import repository as challenges
from app.console import forms, lists
from app.console.language import gettext as _
from app.console.lists import Column
from app.console.routing import done, form_of, needs, page_router
from app.kit.pagination import paginate
from app.ledger import escalation, obligations, proof
from app.models.requirement import Requirement
from app.requirements import repository as requirements
from app.responses.presenter import present_proof
from app.responses.schemas import EscalationBody

router = page_router(prefix="/desk/challenges/{challenge_id}")

PER_PAGE = 50
ANSWERED, UNANSWERED = "yes", "no"

COLUMNS = (
    Column("编号", lambda row: row.external_id),
    Column("需求", lambda row: row.title, 40),
    Column("单位", lambda row: row.organization, 28),
    Column("状态", lambda row: row.status),
    Column("提交", lambda row: row.submitted_at),
    Column("已答复", lambda row: row.is_answered, 10),
    Column("最后答复", lambda row: row.answer, 60),
    Column("需求方可读时间", lambda row: row.readable_since),
    Column("需求方账号数", lambda row: row.readers, 12),
    Column("需求方确认", lambda row: row.acknowledged_at),
    Column("满意度", lambda row: row.satisfaction, 10),
)


@router.get("/proof")
def show_proof(
    request: Request,
    challenge_id: uuid.UUID,
    session: ReadSession,
    answered: Annotated[str, Query(max_length=3)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("coverage:read"),
) -> Response:
    """Each submitted requirement with its last answer; while one has none, the challenge stays open."""
    challenge = challenges.get(session, actor, challenge_id)
    lacking = proof.lacks_answer()
    submitted = requirements.visible_to(actor).where(proof.submitted_to(challenge.id))
    statement = submitted
    if answered in (ANSWERED, UNANSWERED):
        statement = statement.where(~lacking if answered == ANSWERED else lacking)
    rows, next_cursor, total = paginate(
        session,
        statement.options(joinedload(Requirement.organization)),
        page=lists.page_of(request, PER_PAGE, cursor=cursor),
        key=Requirement.id,
        sortable=requirements.SORTABLE,
        default="submitted_at",
    )
    waiting = submitted.where(lacking).with_only_columns(Requirement.id).order_by(None).subquery()
    rule = escalation.rule_of(session, challenge.id)
    return lists.answer(
        request,
        "proof.html",
        title="办结证明",
        columns=COLUMNS,
        items=present_proof(session, proof.prove(session, rows)),
        total=total,
        next_cursor=next_cursor,
        challenge=challenge,
        answered=answered,
        unanswered=session.scalar(select(func.count()).select_from(waiting)) or 0,
        rule=rule,
        after_days=rule.after_days if rule else escalation.AFTER_DAYS,
        superiors=obligations.possible_owners(session, escalation.SUPERIOR_ROLES)
        if "obligations:assign" in actor.permissions
        else [],
    )


@router.post("/escalation")
def set_escalation(
    challenge_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("obligations:assign"),
) -> Response:
    """To whom, and after how many working days, overdue answers go up; nobody means the administrators."""
    challenge = challenges.get(session, actor, challenge_id, lock=True)
    if not form.get("superior_id"):
        if escalation.rule_of(session, challenge.id) is not None:
            escalation.drop_rule(session, actor, challenge)
    else:
        body = forms.body_of(EscalationBody, form)
        escalation.set_rule(
            session, actor, challenge, superior_id=body.superior_id, after_days=body.after_days
        )
    return done(f"/desk/challenges/{challenge_id}/proof", _("已保存"))
