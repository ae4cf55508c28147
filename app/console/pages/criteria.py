"""By what the proposals of a challenge are scored: criteria whose weights are typed in per cent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.challenges import repository
from app.console import challenge_frame, forms
from app.console.language import gettext as _
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError
from app.kit.etag import check_version
from app.models.challenge import Challenge
from app.models.proposal import ChallengeCriteria
from app.proposals import calls
from app.proposals.criteria import DEFAULT_CRITERIA, Criterion, parse
from app.proposals.schemas import CriteriaBody

router = page_router(prefix="/desk/challenges/{challenge_id}/criteria")

MOST = 20
SPARE = 3
PARTS = ("code", "name", "weight", "note")
Row = Mapping[str, str]


@router.get("", response_class=HTMLResponse)
def show_criteria(
    request: Request,
    challenge_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("proposals:read"),
) -> HTMLResponse:
    """The challenge's own, or the usual ones that hold without."""
    return _show(request, session, repository.get(session, actor, challenge_id))


@router.post("", response_class=HTMLResponse)
def save_criteria(
    request: Request,
    challenge_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("proposals:manage"),
) -> Response:
    """For all its problems that have none of their own and whose call is still open."""
    challenge = repository.get(session, actor, challenge_id, lock=True)
    rows = [] if form.get("then") == "usual" else _rows(form)
    read = forms.checked(CriteriaBody, {"rows": rows}, {"criteria": [_raw(row) for row in rows]})
    if read.body is None:
        return _show(request, session, challenge, rows=rows, errors=read.errors, status=422)
    try:
        check_version(f'"{form.get("version", "")}"', _version(_stored(session, challenge)))
        criteria = [Criterion(row.code, row.name, row.weight, row.note) for row in read.body.criteria]
        calls.edit_challenge(
            session, actor, challenge, calls.ensure_challenge(session, challenge.id), criteria
        )
    except JiebangError as error:
        session.rollback()
        again = repository.get(session, actor, challenge_id)
        errors = forms.refused({}, error).errors
        return _show(request, session, again, rows=rows, errors=errors, status=error.status)
    return done(f"/desk/challenges/{challenge_id}/criteria", _("评审指标已保存"))


def _show(
    request: Request,
    session: Session,
    challenge: Challenge,
    *,
    rows: Sequence[Row] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    stored = _stored(session, challenge)
    own = parse(stored.criteria) if stored else []
    criteria = own or list(DEFAULT_CRITERIA)
    typed = rows if rows is not None else [_typed(row) for row in criteria]
    return challenge_frame.show(
        request,
        challenge,
        "challenge_criteria.html",
        "criteria",
        status=status,
        criteria=criteria,
        is_own=bool(own),
        version=_version(stored),
        rows=[*typed, *[dict.fromkeys(PARTS, "")] * SPARE][:MOST],
        errors=errors or {},
    )


def _stored(session: Session, challenge: Challenge) -> ChallengeCriteria | None:
    return session.scalar(select(ChallengeCriteria).where(ChallengeCriteria.challenge_id == challenge.id))


def _version(stored: ChallengeCriteria | None) -> int:
    return 0 if stored is None else stored.version


def _typed(criterion: Criterion) -> Row:
    weight = f"{(criterion.weight * 100).normalize():f}"
    return {"code": criterion.code, "name": criterion.name, "weight": weight, "note": criterion.note}


def _rows(form: FormData) -> list[Row]:
    """The rows that name a criterion or weigh one; those left empty are taken out."""
    rows = [
        {part: str(form.get(f"criteria.{index}.{part}") or "").strip() for part in PARTS}
        for index in range(MOST)
    ]
    return [row for row in rows if row["name"] or row["weight"]]


def _raw(row: Row) -> dict[str, Any]:
    """The row as the API takes it: per cent become shares, and a new criterion gets a code of its own."""
    weight = forms.number(row["weight"].rstrip("%％"), kind=Decimal)
    share = weight / 100 if isinstance(weight, Decimal) else weight
    return {
        "code": row["code"] or f"c{uuid.uuid4().hex[:8]}",
        "name": row["name"],
        "weight": share,
        "note": row["note"],
    }
