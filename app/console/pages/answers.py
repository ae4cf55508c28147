"""Many answers at once: typed beside each requirement, or filled into a table; all are given or none."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession
from app.console import forms, uploads
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import InvalidInput, JiebangError
from app.exchange import answer_file
from app.kit.clock import now
from app.kit.downloads import XLSX, file_answer
from app.models.requirement import Requirement
from app.requirements import repository as requirements
from app.requirements.presenter import present
from app.responses.bulk import Given, answer_many
from app.responses.coverage import obligations_of
from app.responses.schemas import MOST_AT_ONCE, AnswersBody

router = page_router(prefix="/desk/ledger/answers")

PREFIX = "text."


@router.get("", response_class=HTMLResponse)
def write_answers(
    request: Request,
    session: ReadSession,
    id: Annotated[list[uuid.UUID] | None, Query(max_length=MOST_AT_ONCE)] = None,
    actor: Actor = needs("responses:write"),
) -> HTMLResponse:
    """A field for each requirement that was chosen in the ledger, and the way by a table."""
    return _page(request, session, actor, ids=id or [])


@router.post("", response_class=HTMLResponse)
def give_answers(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("responses:write"),
) -> Response:
    """Fields that were left empty are passed over; with one bad answer none is given, and nothing typed is lost."""
    typed = {name.removeprefix(PREFIX): str(text) for name, text in form.items() if name.startswith(PREFIX)}
    filled = [(id, text) for id, text in typed.items() if text.strip()]
    rows = [{"requirement_id": id, "text": text} for id, text in filled]
    read = forms.checked(AnswersBody, {}, {"rows": rows})
    errors = {name.removesuffix(".text"): words for name, words in read.errors.items()}
    if read.body is not None:
        try:
            found = answer_many(
                session,
                actor,
                [Given(row.requirement_id, row.text) for row in read.body.rows],
                all_or_nothing=True,
            )
        except InvalidInput as error:
            session.rollback()
            errors = forms.by_field(error.fields)
        else:
            return done("/desk/ledger", _told(sum(item.is_new for item in found)))
    ids = [uuid.UUID(id) for id in typed if _is_id(id)]
    wrong = {
        id: errors[f"rows.{place}"] for place, (id, _text) in enumerate(filled) if f"rows.{place}" in errors
    }
    return _page(request, session, actor, ids=ids, typed=typed, wrong=wrong, is_empty=not filled)


@router.get("/template.xlsx")
def get_template(session: ReadSession, actor: Actor = needs("responses:write")) -> Response:
    """What is owed now, one row each, to fill in."""
    return file_answer(answer_file.template(session, actor), f"{answer_file.TITLE}.xlsx", XLSX)


@router.post("/file", response_class=HTMLResponse)
def give_answers_of_file(
    request: Request,
    session: WriteSession,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("responses:write"),
) -> Response:
    """The filled table: what is wrong is told by its row, and then nothing is answered."""
    limit = context.settings.max_upload_mb
    try:
        filename, content = uploads.file_of(form, max_mb=limit)
        found = answer_file.give(session, actor, filename=filename, content=content, max_mb=limit)
    except JiebangError as error:
        session.rollback()
        return _page(request, session, actor, ids=[], problem=uploads.problem_of(error), status=error.status)
    return done("/desk/ledger", _told(sum(item.is_new for item in found)))


def _told(count: int) -> str:
    return _("已答复 %(count)s 项需求") % {"count": count}


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    *,
    ids: Sequence[uuid.UUID],
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    is_empty: bool = False,
    problem: uploads.Problem | None = None,
    status: int = 422,
) -> HTMLResponse:
    statement = requirements.visible_to(actor).where(requirements.concerning(actor), Requirement.id.in_(ids))
    found = {row.id: row for row in session.scalars(statement).unique()}
    is_wrong = bool(wrong) or is_empty or problem is not None
    return page(
        request,
        "answers.html",
        status=status if is_wrong else 200,
        items=[present(actor, found[id]) for id in ids if id in found],
        owed=obligations_of(session, list(found)),
        typed=typed or {},
        wrong=wrong or {},
        is_empty=is_empty,
        problem=problem,
        help=answer_file.HELP,
        at=now(),
    )
