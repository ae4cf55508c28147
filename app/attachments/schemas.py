"""Attachments as clients get them, and as files on their way to a reader."""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from fastapi import Response

from app.attachments.service import KeptFile
from app.kit.schemas import View

FILE_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "文件",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""What a route that hands out a file documents."""


class AttachmentView(View):
    """A file; `sha256` is the checksum of its content, `size` in bytes."""

    id: uuid.UUID
    filename: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime


def file_answer(file: KeptFile) -> Response:
    """The file as a download: browsers neither show nor run what a stranger has uploaded."""
    suffix = PurePath(file.filename).suffix.lstrip(".")
    # The plain name is for old clients, the encoded one keeps the Chinese words.
    disposition = f"attachment; filename=\"file.{suffix}\"; filename*=UTF-8''{quote(file.filename)}"
    headers = {
        "Content-Disposition": disposition,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return Response(file.content, media_type=file.media_type, headers=headers)
