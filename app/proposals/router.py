"""`/proposals`: written, handed in version by version and withdrawn by teams; read by whoever may."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, File, Query, Response, UploadFile
from sqlalchemy.orm import Session

from app.attachments.kinds import MEGABYTE, AttachmentTooBig
from app.attachments.schemas import AttachmentView, attachment_answer
from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession, needs
from app.errors import FieldError, InvalidInput, NotFound
from app.kit.downloads import ANY_FILE, documented
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.models.proposal import Proposal, ProposalStatus
from app.proposals import calls, files, repository, service
from app.proposals.presenter import present, present_in_full, present_version, receipt
from app.proposals.schemas import (
    ProposalCreate,
    ProposalDetailView,
    ProposalPatch,
    ProposalView,
    ReceiptView,
    VersionView,
    WithdrawBody,
)
from app.routing import concept_router
from app.solvers.repository import is_own

router = concept_router("解决方案", prefix="/proposals")

IfMatch = Annotated[str | None, Depends(if_match)]


def proposal_filters(
    status: Annotated[list[ProposalStatus] | None, Query(description="状态")] = None,
    requirement_id: uuid.UUID | None = None,
    solver_id: uuid.UUID | None = None,
) -> repository.Filters:
    """The query parameters of the list."""
    return repository.Filters(status=tuple(status or ()), requirement_id=requirement_id, solver_id=solver_id)


@router.get("", response_model=Page[ProposalView], summary="解决方案列表")
def list_proposals(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(proposal_filters)],
    actor: Actor = needs("proposals:read"),
) -> Page[ProposalView]:
    """Teams see their own; staff what was submitted; the seeker what stands once the call is closed; reviewers
    what they assess. Sort by created_at, updated_at or submitted_at."""
    rows, next_cursor, total = paginate(
        session,
        repository.with_everything(repository.narrow(repository.visible_to(actor), filters)),
        page=page,
        key=Proposal.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    items = [present(actor, row) for row in rows]
    return Page[ProposalView](items=items, next_cursor=next_cursor, total=total)


@router.post("", response_model=ProposalDetailView, status_code=201, summary="新建方案草稿")
def create_proposal(
    body: ProposalCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("proposals:write"),
) -> ProposalDetailView:
    """One per team and requirement, until the closing instant. Nobody but the team sees a draft."""
    try:
        requirement = repository.requirement_for(session, actor, body.requirement_id, lock=True)
    except NotFound as error:
        unknown = FieldError("requirement_id", "unknown_requirement", "没有这个需求", "No such requirement")
        raise InvalidInput(fields=(unknown,)) from error
    fields = body.model_dump(exclude={"requirement_id", "solver_id"})
    proposal = service.create(session, actor, requirement, fields, solver_id=body.solver_id)
    response.headers["Location"] = f"/api/v1/proposals/{proposal.id}"
    return _answer(session, actor, proposal, response)


@router.get("/{proposal_id}", response_model=ProposalDetailView, summary="解决方案详情")
def get_proposal(
    proposal_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("proposals:read"),
) -> ProposalDetailView:
    """The team reads its working copy, everyone else the last version that was handed in."""
    return _answer(session, actor, repository.get(session, actor, proposal_id), response)


@router.patch("/{proposal_id}", response_model=ProposalDetailView, summary="修改方案")
def patch_proposal(
    proposal_id: uuid.UUID,
    body: ProposalPatch,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("proposals:write"),
) -> ProposalDetailView:
    """Only the fields that are sent change, and only before the closing instant. Needs `If-Match`."""
    proposal = repository.lock(session, actor, proposal_id)
    check_version(header, proposal.version)
    service.edit(session, actor, proposal, body.model_dump(exclude_unset=True))
    return _answer(session, actor, proposal, response)


@router.post("/{proposal_id}/submit", response_model=ReceiptView, summary="提交方案")
def submit_proposal(
    proposal_id: uuid.UUID,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("proposals:write"),
) -> ReceiptView:
    """The working copy becomes the next version; the answer is its receipt. Handing in the same again gives the
    same receipt. 409 `proposals_closed` from the closing instant on, exactly."""
    proposal = _for_move(session, actor, proposal_id, header)
    version = service.submit(session, actor, proposal)
    set_etag(response, proposal.version)
    return receipt(version)


@router.post("/{proposal_id}/withdraw", response_model=ProposalDetailView, summary="撤回方案")
def withdraw_proposal(
    proposal_id: uuid.UUID,
    body: WithdrawBody,
    session: WriteSession,
    response: Response,
    header: IfMatch = None,
    actor: Actor = needs("proposals:write"),
) -> ProposalDetailView:
    """Before its result is given; until the closing instant the team may begin anew."""
    proposal = _for_move(session, actor, proposal_id, header)
    service.withdraw(session, actor, proposal, reason=body.reason)
    return _answer(session, actor, proposal, response)


@router.get("/{proposal_id}/versions", response_model=Page[ReceiptView], summary="提交回执")
def list_versions(
    proposal_id: uuid.UUID, session: ReadSession, actor: Actor = needs("proposals:read")
) -> Page[ReceiptView]:
    """A receipt per version, oldest first, for the team and staff; everyone else has that of the last one."""
    proposal = repository.get(session, actor, proposal_id)
    rows = repository.versions_of(session, proposal.id)
    if not (actor.is_staff or is_own(actor, proposal.solver)):
        rows = rows[-1:]
    return Page[ReceiptView](items=[receipt(row) for row in rows], total=len(rows))


@router.get("/{proposal_id}/versions/{number}", response_model=VersionView, summary="提交的某一版")
def get_version(
    proposal_id: uuid.UUID, number: int, session: ReadSession, actor: Actor = needs("proposals:read")
) -> VersionView:
    """A version as it was handed in."""
    proposal = repository.get(session, actor, proposal_id)
    if number != proposal.number and not (actor.is_staff or is_own(actor, proposal.solver)):
        raise NotFound()
    return present_version(repository.version_of(session, proposal.id, number))


@router.post("/{proposal_id}/attachments", response_model=AttachmentView, status_code=201, summary="上传附件")
def create_attachment(
    proposal_id: uuid.UUID,
    session: WriteSession,
    context: Context,
    file: Annotated[UploadFile, File(description="PDF、Word、Excel、PowerPoint、PNG、JPEG")],
    actor: Actor = needs("proposals:write"),
) -> AttachmentView:
    """Added to the working copy; the next submission holds it. The same file again is the one that is there."""
    proposal = repository.lock(session, actor, proposal_id)
    limit = context.settings.max_upload_mb
    content = file.file.read(limit * MEGABYTE + 1)
    if len(content) > limit * MEGABYTE:
        raise AttachmentTooBig(limit=limit)
    kept = files.add(session, actor, proposal, filename=file.filename or "", content=content, max_mb=limit)
    return AttachmentView.model_validate(kept)


@router.get(
    "/{proposal_id}/attachments/{attachment_id}",
    summary="下载附件",
    response_class=Response,
    responses=documented(ANY_FILE),
)
def get_attachment(
    proposal_id: uuid.UUID,
    attachment_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("proposals:read"),
) -> Response:
    """The team reads every file, everyone else those of the last version. Always a download."""
    proposal = repository.get(session, actor, proposal_id)
    return attachment_answer(files.read(session, actor, proposal, attachment_id))


@router.delete("/{proposal_id}/attachments/{attachment_id}", status_code=204, summary="移除附件")
def delete_attachment(
    proposal_id: uuid.UUID,
    attachment_id: uuid.UUID,
    session: WriteSession,
    actor: Actor = needs("proposals:write"),
) -> None:
    """Taken off the working copy; versions that were handed in keep it."""
    proposal = repository.lock(session, actor, proposal_id)
    files.remove(session, actor, proposal, attachment_id)


def _for_move(session: Session, actor: Actor, proposal_id: uuid.UUID, header: str | None) -> Proposal:
    """The locked row. `If-Match` is optional for moves: with it, what is handed in is what was read."""
    proposal = repository.lock(session, actor, proposal_id)
    if header is not None:
        check_version(header, proposal.version)
    return proposal


def _answer(session: Session, actor: Actor, proposal: Proposal, response: Response) -> ProposalDetailView:
    stored = repository.get(session, actor, proposal.id)
    set_etag(response, stored.version)
    call = calls.get(session, stored.requirement_id)
    return present_in_full(actor, stored, calls.closes_at(session, stored.requirement_id, call))
