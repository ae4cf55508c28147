"""A reviewer's assessment of the proposals for one requirement: declare first, then score each, blind to the others."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console import forms
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError
from app.kit.etag import check_version
from app.models.proposal import ProposalAssessment
from app.proposals import assessing, repository
from app.proposals.assessment_presenter import present_assessment
from app.proposals.assessment_schemas import DeclareBody, ScorecardBody
from app.proposals.criteria import parse, weighted
from app.proposals.presenter import present_in_full

router = page_router(prefix="/desk/assessments/{assessment_id}")


@router.get("", response_class=HTMLResponse)
def show_assessment(
    request: Request,
    assessment_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("proposals:assess"),
) -> HTMLResponse:
    """Who is involved, so that a conflict can be declared; after that, the proposals to score."""
    assessment = repository.get_assessment(session, actor, assessment_id)
    return page(request, "assessment.html", item=present_assessment(session, actor, assessment))


@router.post("/declare", response_class=HTMLResponse)
def declare(
    assessment_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("proposals:assess"),
) -> Response:
    assessment = repository.get_assessment(session, actor, assessment_id, lock=True)
    has_conflict = form.get("verdict") == "conflict"
    raw = {"has_conflict": has_conflict, "reason": str(form.get("reason") or "") if has_conflict else ""}
    body = forms.require(DeclareBody, raw)
    assessing.declare(session, actor, assessment, has_conflict=body.has_conflict, reason=body.reason)
    if body.has_conflict:
        return done("/desk/reviews", _("已申报回避，承办单位会另行安排评审"))
    return done(f"/desk/assessments/{assessment_id}", _("已声明无利益关系，可以开始评分"))


@router.get("/proposals/{proposal_id}", response_class=HTMLResponse)
def show_scorecard(
    request: Request,
    assessment_id: uuid.UUID,
    proposal_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("proposals:assess"),
) -> HTMLResponse:
    """The proposal beside the reviewer's own scorecard."""
    assessment = repository.get_assessment(session, actor, assessment_id)
    card = assessing.card_of(session, actor, assessment, proposal_id)
    values = {"comment": card.comment}
    for row in card.scores:
        values[f"{row['code']}.score"] = f"{row['score']:g}"
        values[f"{row['code']}.comment"] = row["comment"]
    return _show(request, session, actor, assessment, proposal_id, forms.Read(values))


@router.post("/proposals/{proposal_id}", response_class=HTMLResponse)
def save_scorecard(
    request: Request,
    assessment_id: uuid.UUID,
    proposal_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("proposals:assess"),
) -> Response:
    """Keeps the scores, which may be incomplete, or hands them in for good."""
    assessment = repository.get_assessment(session, actor, assessment_id, lock=True)
    card = assessing.card_of(session, actor, assessment, proposal_id)
    read = _read(assessment, form)
    if read.body is None:
        return _show(request, session, actor, assessment, proposal_id, read, status=422)
    rows = [{"code": row.code, "score": float(row.score), "comment": row.comment} for row in read.body.scores]
    try:
        check_version(f'"{form.get("version", "")}"', card.version)
        assessing.save(session, actor, assessment, card, scores=rows, comment=read.body.comment)
        if form.get("then") == "submit":
            assessing.hand_in(session, actor, assessment, card)
    except JiebangError as error:
        session.rollback()
        again = repository.get_assessment(session, actor, assessment_id)
        refused: forms.Read[ScorecardBody] = forms.Read(read.values, errors=_by_criterion(error))
        return _show(request, session, actor, again, proposal_id, refused, status=error.status)
    sentence = _("评分表已提交") if form.get("then") == "submit" else _("评分已保存，提交后生效")
    return done(f"/desk/assessments/{assessment_id}", sentence)


def _show(
    request: Request,
    session: Session,
    actor: Actor,
    assessment: ProposalAssessment,
    proposal_id: uuid.UUID,
    read: forms.Read[Any],
    *,
    status: int = 200,
) -> HTMLResponse:
    card = assessing.card_of(session, actor, assessment, proposal_id)
    criteria = parse(assessment.call.criteria)
    proposal = repository.get(session, actor, proposal_id)
    return page(
        request,
        "assessment_card.html",
        status=status,
        item=present_in_full(actor, proposal, assessment.call.closed_at),
        assessment=present_assessment(session, actor, assessment),
        card=card,
        total=weighted(criteria, card.scores) if len(card.scores) == len(criteria) else None,
        values=read.values,
        errors=read.errors,
    )


def _by_criterion(error: JiebangError) -> dict[str, str]:
    """What the service has against the scorecard, named as the fields of the form are."""
    found = forms.refused({}, error).errors
    parts = {name: name.removeprefix("scores.") for name in found}
    return {f"{parts[name]}.score" if name != parts[name] else name: words for name, words in found.items()}


def _read(assessment: ProposalAssessment, form: FormData) -> forms.Read[ScorecardBody]:
    """The scores that were filled in; the errors are named by criterion, as the fields are."""
    codes = [criterion.code for criterion in parse(assessment.call.criteria)]
    filled = [code for code in codes if str(form.get(f"{code}.score") or "").strip()]
    rows = [
        {
            "code": code,
            "score": forms.number(str(form[f"{code}.score"]), kind=Decimal),
            "comment": str(form.get(f"{code}.comment") or ""),
        }
        for code in filled
    ]
    read = forms.checked(ScorecardBody, form, {"scores": rows, "comment": str(form.get("comment") or "")})
    errors = {}
    for name, words in read.errors.items():
        parts = name.split(".")
        errors[f"{filled[int(parts[1])]}.{parts[2]}" if len(parts) == 3 else name] = words
    return forms.Read(read.values, read.body, errors, read.problems)
