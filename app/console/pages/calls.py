"""The proposals for one requirement as organizer and seeker see them: the call, who assesses, ranking, results."""

from __future__ import annotations

import uuid
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
from app.errors import FieldError, InvalidInput, JiebangError
from app.kit.etag import check_version
from app.models.proposal import Admission, Proposal, ProposalAssessment, ProposalCall, ProposalStatus
from app.models.requirement import Requirement
from app.proposals import assessing, calls, repository, results, succession
from app.proposals.assessment_presenter import present_assessment, present_ranking
from app.proposals.assessment_schemas import AssignBody, DecisionsBody, RemoveBody, SuccessionBody
from app.proposals.call_presenter import call_view
from app.proposals.criteria import criteria_of
from app.proposals.deadlines import closed_call
from app.proposals.presenter import present
from app.proposals.results import OUTCOMES, Decision
from app.proposals.schemas import CallBody
from app.requirements import repository as requirements
from app.requirements import service as requirement_service
from app.requirements.presenter import present as present_requirement
from app.reviews import repository as reviews

router = page_router(prefix="/desk")

MOST = 200


@router.get("/requirements/{requirement_id}/proposals", response_class=HTMLResponse)
def show_call(
    request: Request,
    requirement_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("proposals:read"),
) -> HTMLResponse:
    """What was handed in, for whom it may be shown; staff also run the call and its assessment here."""
    requirement = requirements.get(session, actor, requirement_id)
    requirement_service.check_is_insider(actor, requirement)
    return _show(request, session, actor, requirement)


@router.post("/requirements/{requirement_id}/proposals/call", response_class=HTMLResponse)
def save_call(
    request: Request,
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("proposals:manage"),
) -> Response:
    """Until when and from whom; the criteria stay as they are."""
    requirement = requirements.get(session, actor, requirement_id, lock=True)
    read = forms.read(CallBody, form)
    if read.body is None:
        return _show(request, session, actor, requirement, call_form=read, status=422)
    known = calls.get(session, requirement.id)
    try:
        check_version(f'"{form.get("version", "")}"', 0 if known is None else known.version)
        own = criteria_of(session, requirement.id, known) if known is not None and known.criteria else []
        calls.edit(
            session,
            actor,
            requirement,
            calls.ensure(session, requirement.id),
            admission=read.body.admission,
            closing=read.body.closes_at,
            criteria=list(own),
        )
    except JiebangError as error:
        session.rollback()
        again = requirements.get(session, actor, requirement_id)
        refused: forms.Read[CallBody] = forms.refused(read.values, error)
        return _show(request, session, actor, again, call_form=refused, status=error.status)
    return done(_path(requirement_id), _("征集设置已保存"))


@router.post("/requirements/{requirement_id}/proposals/reviewers", response_class=HTMLResponse)
def assign_reviewers(
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("proposals:manage"),
) -> Response:
    requirement, call = closed_call(session, actor, requirement_id)
    body = forms.require(AssignBody, {"reviewer_ids": [str(id) for id in form.getlist("reviewer_ids")]})
    assessing.assign(session, actor, requirement, call, body.reviewer_ids)
    return done(_path(requirement_id), _("已分配，评审人会收到通知"))


@router.post("/assessments/{assessment_id}/remove", response_class=HTMLResponse)
def remove_reviewer(
    assessment_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("proposals:manage"),
) -> Response:
    assessment = repository.get_assessment(session, actor, assessment_id, lock=True)
    assessing.remove(session, actor, assessment, reason=forms.body_of(RemoveBody, form).reason)
    return done(_path(assessment.call.requirement_id), _("已取消分配"))


@router.post("/requirements/{requirement_id}/proposals/results", response_class=HTMLResponse)
def give_results(
    request: Request,
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("proposals:manage"),
) -> Response:
    """Only the proposals for which an outcome was chosen; each with the reason that its team reads."""
    requirement, call = closed_call(session, actor, requirement_id)
    typed = {str(name): str(value) for name, value in form.items()}
    chosen = [name.removeprefix("outcome.") for name in typed if name.startswith("outcome.") and typed[name]]
    rows = [
        {
            "proposal_id": id,
            "outcome": typed[f"outcome.{id}"],
            "reason": typed.get(f"reason.{id}", ""),
        }
        for id in chosen
    ]
    try:
        if not rows:
            unsaid = FieldError("decisions", "missing", "请选择结果", "Choose a result")
            raise InvalidInput(fields=(unsaid,))
        body = forms.require(DecisionsBody, {"decisions": rows})
        decisions = [
            Decision(row.proposal_id, ProposalStatus(row.outcome), row.reason) for row in body.decisions
        ]
        results.decide(session, actor, requirement, call, decisions)
    except JiebangError as error:
        session.rollback()
        again = requirements.get(session, actor, requirement_id)
        refused: forms.Read[DecisionsBody] = forms.Read(typed, errors=_by_proposal(error, chosen))
        return _show(request, session, actor, again, results_form=refused, status=error.status)
    return done(_path(requirement_id), _("结果已公布，团队和需求方会收到通知"))


@router.post("/requirements/{requirement_id}/proposals/succession", response_class=HTMLResponse)
def succeed_selected(
    requirement_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("proposals:manage"),
) -> Response:
    """The selected team drops out; the next on the shortlist follows."""
    requirement, call = closed_call(session, actor, requirement_id)
    body = forms.body_of(SuccessionBody, form)
    found = succession.succeed(session, actor, requirement, call, body.proposal_id, reason=body.reason)
    told = _("已递补，各方会收到通知") if len(found) > 1 else _("已登记退出；没有入围方案可以递补")
    return done(_path(requirement_id), told)


def _show(
    request: Request,
    session: Session,
    actor: Actor,
    requirement: Requirement,
    *,
    call_form: forms.Read[Any] | None = None,
    results_form: forms.Read[Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    call = calls.get(session, requirement.id)
    view = call_view(session, actor, requirement)
    found = repository.narrow(repository.visible_to(actor), repository.Filters(requirement_id=requirement.id))
    newest = found.order_by(Proposal.submitted_at, Proposal.id).limit(MOST)
    closing = view.own_closes_at
    typed = {
        "admission": view.admission.value,
        "closes_at": forms.local(closing),
    }
    return page(
        request,
        "call.html",
        status=status,
        item=present_requirement(actor, requirement),
        call=view,
        items=[present(actor, row) for row in session.scalars(repository.with_everything(newest)).unique()],
        admissions=Admission,
        outcomes=OUTCOMES,
        call_form=call_form or forms.Read(typed),
        results_form=results_form or forms.Read({}),
        **_assessment(session, actor, call),
    )


def _assessment(session: Session, actor: Actor, call: ProposalCall | None) -> dict[str, Any]:
    """What only staff see once the call is closed."""
    if call is None or call.closed_at is None or "proposals:manage" not in actor.permissions:
        return {"ranking": None, "assessments": [], "reviewers": [], "is_decided": False}
    state = assessing.state_of(session, call)
    statement = repository.with_call(repository.assessments_visible_to(actor)).where(
        ProposalAssessment.call_id == call.id
    )
    rows = session.scalars(statement.order_by(ProposalAssessment.id))
    return {
        "ranking": present_ranking(state),
        "assessments": [present_assessment(session, actor, row) for row in rows],
        "reviewers": reviews.reviewers(session),
        "is_decided": state.is_decided,
    }


def _by_proposal(error: JiebangError, chosen: list[str]) -> dict[str, str]:
    """What is wrong, named by proposal: `decisions.0.reason` is the reason of the first that was chosen."""
    errors = {}
    for name, words in forms.refused({}, error).errors.items():
        parts = name.split(".")
        is_row = len(parts) == 3 and parts[1].isdigit() and int(parts[1]) < len(chosen)
        errors[f"{parts[2]}.{chosen[int(parts[1])]}" if is_row else ""] = words
    return errors


def _path(requirement_id: uuid.UUID) -> str:
    return f"/desk/requirements/{requirement_id}/proposals"
