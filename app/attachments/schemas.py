"""Attachments as clients get them, and as files on their way to a reader."""

from __future__ import annotations

import uuid
from datetime import datetime

from fastapi import Response

from app.attachments.service import KeptFile
from app.kit.downloads import file_answer
from app.kit.schemas import View


class AttachmentView(View):
    """A file; `sha256` is the checksum of its content, `size` in bytes."""

    id: uuid.UUID
    filename: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime


def attachment_answer(file: KeptFile) -> Response:
    """The file as a download; what a stranger has uploaded is sandboxed and kept in no cache besides."""
    headers = {
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return file_answer(file.content, file.filename, file.media_type, headers=headers)
