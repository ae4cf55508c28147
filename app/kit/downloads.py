"""Files on their way to a reader: always saved, never shown or run by the browser, under their Chinese names."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from fastapi import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
ANY_FILE = "application/octet-stream"


def file_answer(
    content: bytes, filename: str, media_type: str, *, headers: dict[str, str] | None = None
) -> Response:
    """The file for download; `headers` come on top of its own."""
    # The plain name is for old clients, the encoded one keeps the Chinese words.
    suffix = PurePath(filename).suffix
    own = {
        "Content-Disposition": f"attachment; filename=\"file{suffix}\"; filename*=UTF-8''{quote(filename)}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=media_type, headers={**own, **(headers or {})})


def documented(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """What a route that hands out a file of these types says in the documentation (`responses=`)."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"description": "文件", "content": dict.fromkeys(media_types, schema)}}
