"""Names of files that people upload, as they are stored and shown."""

from __future__ import annotations

from pathlib import PurePath

from app.kit.text import UncleanText, clean_line

FILENAME_LIMIT = 255


def plain_filename(filename: str) -> str:
    """The name without folders and invisible characters, at most 255 characters with its extension kept."""
    name = PurePath(filename.replace("\\", "/")).name
    try:
        name = clean_line(name)
    except UncleanText:
        name = ""
    path = PurePath(name or "未命名")
    return path.stem[: FILENAME_LIMIT - len(path.suffix)] + path.suffix[:20]
