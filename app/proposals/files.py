"""The attachments of a proposal: added to and taken off the working copy, read by whoever may read the proposal."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.attachments import service as attachments
from app.attachments.kinds import MEGABYTE
from app.attachments.service import KeptFile
from app.auth.actor import Actor
from app.errors import JiebangError, NotFound
from app.kit.clock import now
from app.models.attachment import Attachment
from app.models.proposal import Proposal, ProposalFile
from app.proposals import repository
from app.proposals.service import check_may_work_on, record
from app.solvers import repository as solvers

MAX_FILES = 20
MAX_MEGABYTES = 100


class TooManyAttachments(JiebangError):
    code, status = "too_many_attachments", 409
    zh = f"每份方案最多 {MAX_FILES} 个附件，连同以前各版共计 {MAX_MEGABYTES} MB"
    en = f"A proposal has at most {MAX_FILES} attachments, {MAX_MEGABYTES} MB with those of earlier versions"


def add(
    session: Session, actor: Actor, proposal: Proposal, *, filename: str, content: bytes, max_mb: int
) -> Attachment:
    """Attaches a file to the working copy; the same file again is the one that is there.

    The proposal is locked. Raises what `service.check_may_work_on` names, an `AttachmentError` or
    `TooManyAttachments`.
    """
    check_may_work_on(session, actor, proposal)
    kept = attachments.keep(session, actor, filename=filename, content=content, max_mb=max_mb)
    for file in proposal.files:
        if (file.attachment.sha256, file.attachment.filename) == (kept.sha256, kept.filename):
            attachments.discard(session, kept.id)
            if not file.is_current:
                file.is_current = True
                _touch(session, actor, proposal, "proposal.file_added", file.attachment)
            return file.attachment
    _check_room(session, proposal, kept)
    session.add(ProposalFile(proposal_id=proposal.id, attachment_id=kept.id, is_current=True))
    session.flush()
    _touch(session, actor, proposal, "proposal.file_added", kept)
    return kept


def remove(session: Session, actor: Actor, proposal: Proposal, attachment_id: uuid.UUID) -> None:
    """Takes a file off the working copy; it is deleted unless a version that was handed in names it.

    Raises `NotFound` or what `service.check_may_work_on` names.
    """
    check_may_work_on(session, actor, proposal)
    file = next(
        (row for row in proposal.files if row.attachment_id == attachment_id and row.is_current), None
    )
    if file is None:
        raise NotFound()
    attachment = file.attachment
    named = {
        row["id"]
        for version in repository.versions_of(session, proposal.id)
        for row in version.content["attachments"]
    }
    if str(attachment_id) in named:
        file.is_current = False
        session.flush()
    else:
        session.delete(file)
        session.flush()
        attachments.discard(session, attachment_id)
    _touch(session, actor, proposal, "proposal.file_removed", attachment)


def read(session: Session, actor: Actor, proposal: Proposal, attachment_id: uuid.UUID) -> KeptFile:
    """A file, for a reader who may see the proposal: the team any, everyone else those of the last version.

    Raises `NotFound`.
    """
    if solvers.is_own(actor, proposal.solver):
        readable = {str(file.attachment_id) for file in proposal.files}
    else:
        readable = {row["id"] for row in proposal.latest.content["attachments"]} if proposal.latest else set()
    if str(attachment_id) not in readable:
        raise NotFound()
    return attachments.read(session, attachment_id)


def _check_room(session: Session, proposal: Proposal, kept: Attachment) -> None:
    current = sum(file.is_current for file in proposal.files)
    statement = (
        select(func.sum(Attachment.size))
        .join(ProposalFile, ProposalFile.attachment_id == Attachment.id)
        .where(ProposalFile.proposal_id == proposal.id)
    )
    size = (session.scalar(statement) or 0) + kept.size
    if current >= MAX_FILES or size > MAX_MEGABYTES * MEGABYTE:
        raise TooManyAttachments()


def _touch(session: Session, actor: Actor, proposal: Proposal, action: str, attachment: Attachment) -> None:
    # An attachment is part of the whole: the proposal's version is what clients hold against it.
    proposal.updated_at = now()
    session.flush()
    record(session, actor, proposal, action, attachment=str(attachment.id), sha256=attachment.sha256)
