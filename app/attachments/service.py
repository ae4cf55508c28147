"""Keeps files in the transaction of whatever they are attached to: a broken upload leaves nothing behind."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.attachments.kinds import check_file
from app.auth.actor import Actor
from app.errors import JiebangError, NotFound
from app.kit.filenames import plain_filename
from app.models.attachment import Attachment


class AttachmentDamaged(JiebangError):
    code, status = "attachment_damaged", 500
    zh, en = (
        "附件内容与登记的校验值不符，请联系管理员从备份恢复",
        "The file differs from its checksum; ask the administrator to restore it from a backup",
    )


@dataclass(frozen=True)
class KeptFile:
    """A file as it is handed back."""

    filename: str
    media_type: str
    content: bytes


def keep(session: Session, actor: Actor, *, filename: str, content: bytes, max_mb: int) -> Attachment:
    """Checks the file and keeps it; the caller attaches it to something. Raises an `AttachmentError`."""
    name = plain_filename(filename)
    kind = check_file(name, content, max_mb=max_mb)
    attachment = Attachment(
        created_by_id=actor.user_id,
        filename=name,
        media_type=kind.media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )
    session.add(attachment)
    session.flush()
    return attachment


def read(session: Session, attachment_id: uuid.UUID) -> KeptFile:
    """The file, after its content was compared with its checksum. Ask first whether the reader may have it.

    Raises `NotFound` or `AttachmentDamaged`.
    """
    columns = (Attachment.filename, Attachment.media_type, Attachment.sha256, Attachment.content)
    found = session.execute(select(*columns).where(Attachment.id == attachment_id)).one_or_none()
    if found is None:
        raise NotFound()
    filename, media_type, digest, content = found
    if hashlib.sha256(content).hexdigest() != digest:
        raise AttachmentDamaged()
    return KeptFile(filename, media_type, content)


def discard(session: Session, attachment_id: uuid.UUID) -> None:
    """Deletes a file that nothing refers to any more."""
    session.execute(delete(Attachment).where(Attachment.id == attachment_id))
