"""A team's proposals: written, handed in version by version with receipts, their attachments, taken back."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from app.attachments.kinds import MEGABYTE, AttachmentTooBig
from app.attachments.schemas import attachment_answer
from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession
from app.console import forms, lists
from app.console.language import gettext as _
from app.console.lists import Column
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import FieldError, InvalidInput, JiebangError
from app.kit.etag import check_version
from app.kit.pagination import paginate
from app.models.proposal import EDITABLE_STATUSES, PROPOSAL_TRANSITIONS, Proposal, ProposalStatus
from app.models.requirement import Requirement
from app.proposals import assessing, calls, files, repository, service
from app.proposals.assessment_presenter import present_scorecards
from app.proposals.call_presenter import call_view
from app.proposals.criteria import criteria_of
from app.proposals.presenter import present, present_in_full, receipt, title_for
from app.proposals.schemas import ProposalCreate, ProposalPatch, WithdrawBody
from app.requirements.presenter import present as present_requirement
from app.solvers import repository as solvers

router = page_router(prefix="/desk/proposals")

PER_PAGE = 30


COLUMNS = (
    Column("方案", lambda item: item.title, 36),
    Column("需求", lambda item: item.requirement, 40),
    Column("团队", lambda item: item.solver.name, 36),
    Column("状态", lambda item: item.status),
    Column("报价（万元）", lambda item: item.price_wan, 14),
    Column("版次", lambda item: item.number, 8),
    Column("最近提交", lambda item: item.last_submitted_at),
)


@router.get("", response_class=HTMLResponse)
def list_proposals(
    request: Request,
    session: ReadSession,
    status: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("proposals:read"),
) -> Response:
    """Teams see their own, staff what was handed in, the seeker what stands once the call is closed."""
    chosen = (ProposalStatus(status),) if status in set(ProposalStatus) else ()
    rows, next_cursor, total = paginate(
        session,
        repository.with_everything(
            repository.narrow(repository.visible_to(actor), repository.Filters(status=chosen))
        ),
        page=lists.page_of(request, PER_PAGE, cursor=cursor),
        key=Proposal.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return lists.answer(
        request,
        "proposals.html",
        title="解决方案",
        columns=COLUMNS,
        items=[present(actor, row) for row in rows],
        total=total,
        next_cursor=next_cursor,
        statuses=ProposalStatus,
        chosen_status=status,
    )


@router.get("/new", response_class=HTMLResponse)
def new_proposal(
    request: Request,
    session: ReadSession,
    requirement_id: Annotated[uuid.UUID, Query(alias="requirement")],
    actor: Actor = needs("proposals:write"),
) -> HTMLResponse:
    """An empty form beside the problem it answers; kept as a draft that only the team sees."""
    requirement = repository.requirement_for(session, actor, requirement_id)
    return _form(request, session, actor, requirement, forms.Read({}))


@router.post("", response_class=HTMLResponse)
def create_proposal(
    request: Request,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("proposals:write"),
) -> Response:
    read = forms.read(ProposalCreate, form)
    if "requirement_id" in read.errors:
        raise InvalidInput(fields=read.problems)
    requirement_id = uuid.UUID(str(form["requirement_id"]))
    requirement = repository.requirement_for(session, actor, requirement_id, lock=True)
    if read.body is None:
        return _form(request, session, actor, requirement, read, status=422)
    fields = read.body.model_dump(exclude={"requirement_id", "solver_id"})
    try:
        proposal = service.create(session, actor, requirement, fields, solver_id=read.body.solver_id)
    except JiebangError as error:
        # Whatever is in the way, what was written is not lost.
        session.rollback()
        again = repository.requirement_for(session, actor, requirement_id)
        return _form(request, session, actor, again, forms.refused(read.values, error), status=error.status)
    return _after_save(session, actor, proposal, form)


@router.get("/{proposal_id}", response_class=HTMLResponse)
def show_proposal(
    request: Request,
    proposal_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("proposals:read"),
) -> HTMLResponse:
    """The team reads its working copy and every receipt, everyone else the last version that was handed in."""
    proposal = repository.get(session, actor, proposal_id)
    call = calls.get(session, proposal.requirement_id)
    is_own = solvers.is_own(actor, proposal.solver)
    versions = repository.versions_of(session, proposal.id)
    is_open = call_view(session, actor, proposal.requirement).is_open
    cards: list[Any] = []
    criteria = criteria_of(session, proposal.requirement_id, call)
    if "assessments:read" in actor.permissions:
        cards = present_scorecards(criteria, assessing.readable_cards(session, actor, proposal)).items
    return page(
        request,
        "proposal.html",
        item=present_in_full(actor, proposal, calls.closes_at(session, proposal.requirement_id, call)),
        receipts=[receipt(row) for row in (versions if is_own or actor.is_staff else versions[-1:])],
        is_own=is_own,
        problem=_problem(proposal, is_own=is_own),
        may_edit=is_own and is_open and proposal.status in EDITABLE_STATUSES,
        may_withdraw=is_own and ProposalStatus.WITHDRAWN in PROPOSAL_TRANSITIONS[proposal.status],
        criteria=criteria,
        cards=cards,
    )


@router.get("/{proposal_id}/edit", response_class=HTMLResponse)
def edit_proposal(
    request: Request,
    proposal_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("proposals:write"),
) -> HTMLResponse:
    proposal = repository.get(session, actor, proposal_id)
    service.check_may_work_on(session, actor, proposal)
    values = {name: _plain(getattr(proposal, name)) for name in ProposalPatch.model_fields}
    return _form(request, session, actor, proposal.requirement, forms.Read(values), proposal=proposal)


@router.post("/{proposal_id}/edit", response_class=HTMLResponse)
def save_proposal(
    request: Request,
    proposal_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("proposals:write"),
) -> Response:
    """Saves the working copy, and hands it in when asked to."""
    proposal = repository.lock(session, actor, proposal_id)
    read = forms.read(ProposalPatch, form)
    if read.body is None:
        return _form(request, session, actor, proposal.requirement, read, proposal=proposal, status=422)
    try:
        check_version(f'"{form.get("version", "")}"', proposal.version)
        service.edit(session, actor, proposal, read.body.model_dump(exclude_unset=True))
    except JiebangError as error:
        session.rollback()
        kept = repository.get(session, actor, proposal_id)
        refused = forms.refused(read.values, error)
        return _form(request, session, actor, kept.requirement, refused, proposal=kept, status=error.status)
    return _after_save(session, actor, proposal, form)


@router.post("/{proposal_id}/submit", response_class=HTMLResponse)
def submit_proposal(
    proposal_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("proposals:write"),
) -> Response:
    """Hands in what the page showed: a working copy that has changed since is refused."""
    proposal = repository.lock(session, actor, proposal_id)
    check_version(f'"{form.get("version", "")}"', proposal.version)
    return _submit(session, actor, proposal)


@router.post("/{proposal_id}/withdraw", response_class=HTMLResponse)
def withdraw_proposal(
    proposal_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("proposals:write"),
) -> Response:
    proposal = repository.lock(session, actor, proposal_id)
    service.withdraw(session, actor, proposal, reason=forms.body_of(WithdrawBody, form).reason)
    return done(f"/desk/proposals/{proposal_id}", _("方案已撤回"))


@router.post("/{proposal_id}/attachments", response_class=HTMLResponse)
def add_attachment(
    proposal_id: uuid.UUID,
    session: WriteSession,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("proposals:write"),
) -> Response:
    """Added to the working copy; the next version that is handed in holds it."""
    proposal = repository.lock(session, actor, proposal_id)
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise InvalidInput(fields=(FieldError("file", "missing", "请选择文件", "Choose a file"),))
    limit = context.settings.max_upload_mb
    content = file.file.read(limit * MEGABYTE + 1)
    if len(content) > limit * MEGABYTE:
        raise AttachmentTooBig(limit=limit)
    files.add(session, actor, proposal, filename=file.filename, content=content, max_mb=limit)
    return done(f"/desk/proposals/{proposal_id}", _("附件已添加，提交后生效"))


@router.post("/{proposal_id}/attachments/{attachment_id}/remove", response_class=HTMLResponse)
def remove_attachment(
    proposal_id: uuid.UUID,
    attachment_id: uuid.UUID,
    session: WriteSession,
    actor: Actor = needs("proposals:write"),
) -> Response:
    files.remove(session, actor, repository.lock(session, actor, proposal_id), attachment_id)
    return done(f"/desk/proposals/{proposal_id}", _("附件已移除，提交后生效"))


@router.get("/{proposal_id}/attachments/{attachment_id}")
def get_attachment(
    proposal_id: uuid.UUID,
    attachment_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("proposals:read"),
) -> Response:
    """Always a download."""
    return attachment_answer(
        files.read(session, actor, repository.get(session, actor, proposal_id), attachment_id)
    )


def _after_save(session: Session, actor: Actor, proposal: Proposal, form: FormData) -> Response:
    path = f"/desk/proposals/{proposal.id}"
    if form.get("then") != "submit":
        return done(path, _("已保存草稿，提交后承办单位才能看到"))
    if not proposal.approach:
        return done(f"{path}/edit?lacking=1", _("已保存。提交前还需要补充标出的内容"))
    return _submit(session, actor, repository.get(session, actor, proposal.id))


def _submit(session: Session, actor: Actor, proposal: Proposal) -> Response:
    version = service.submit(session, actor, proposal)
    sentence = _("第 %(number)s 版已提交，回执在本页") % {"number": version.number}
    return done(f"/desk/proposals/{proposal.id}", sentence)


def _form(
    request: Request,
    session: Session,
    actor: Actor,
    requirement: Requirement,
    read: forms.Read[Any],
    *,
    proposal: Proposal | None = None,
    status: int = 200,
) -> HTMLResponse:
    errors = dict(read.errors)
    if request.query_params.get("lacking") and not read.values.get("approach"):
        errors["approach"] = _("此项必填")
    return page(
        request,
        "proposal_form.html",
        status=status,
        title=title_for(actor, requirement),
        targets=present_requirement(actor, requirement).targets,
        requirement=requirement,
        call=call_view(session, actor, requirement),
        proposal=proposal,
        values=read.values,
        errors=errors,
        teams=solvers.own(session, actor),
    )


def _problem(proposal: Proposal, *, is_own: bool) -> str:
    """Where this reader finds the problem; a team that was invited to a restricted one, in its invitation."""
    if not is_own:
        return f"/desk/requirements/{proposal.requirement_id}"
    if proposal.invitation_id is not None:
        return f"/desk/invitations/{proposal.invitation_id}"
    return f"/problems/{proposal.requirement_id}"


def _plain(value: Any) -> str:
    return "" if value is None else f"{value:f}" if hasattr(value, "normalize") else str(value)
