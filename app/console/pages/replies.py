"""What a seeker says of answers: taken note, how satisfied, that it is none, and replies to questions."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import WriteSession
from app.console import forms
from app.console.language import gettext as _
from app.console.routing import done, form_of, needs, page_router
from app.errors import NotFound
from app.ledger import replies
from app.responses import owing
from app.responses.obligation_schemas import ReplyBody
from app.responses.schemas import AcknowledgeBody, ReopenBody

router = page_router(prefix="/desk/requirements/{requirement_id}")


@router.post("/answers/{response_id}/acknowledge", response_class=HTMLResponse)
def acknowledge_answer(
    requirement_id: uuid.UUID,
    response_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("responses:acknowledge"),
) -> Response:
    _requirement, response = owing.lock_answer(session, actor, response_id)
    raw: dict[str, Any] = {"words": str(form.get("words") or "")}
    if form.get("satisfaction"):
        raw["satisfaction"] = forms.number(str(form["satisfaction"]))
    body = forms.require(AcknowledgeBody, raw)
    replies.acknowledge(session, actor, response, satisfaction=body.satisfaction, words=body.words)
    return done(f"/desk/requirements/{requirement_id}#answers", _("已确认，谢谢"))


@router.post("/answers/{response_id}/reopen", response_class=HTMLResponse)
def reopen_answer(
    requirement_id: uuid.UUID,
    response_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("responses:acknowledge"),
) -> Response:
    requirement, response = owing.lock_answer(session, actor, response_id)
    reason = forms.body_of(ReopenBody, form).reason
    replies.reopen(session, actor, requirement, response, reason=reason)
    return done(f"/desk/requirements/{requirement_id}#answers", _("已转告承办单位，会重新答复"))


@router.post("/reply", response_class=HTMLResponse)
def reply_to_question(
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("obligations:reply"),
) -> Response:
    try:
        obligation_id = uuid.UUID(str(form.get("obligation") or ""))
    except ValueError as error:
        raise NotFound() from error
    owing.reply(session, actor, obligation_id, text=forms.body_of(ReplyBody, form).text)
    return done(f"/desk/requirements/{requirement_id}#answers", _("已回复，承办单位会继续办理"))
