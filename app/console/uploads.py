"""Small tables from a browser: the file of a form, and what is wrong with it row by row."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData, UploadFile

from app.console.language import current
from app.errors import FieldError, InvalidInput, JiebangError
from app.exchange.guards import read_limited
from app.exchange.small_tables import row_number


@dataclass(frozen=True)
class Problem:
    """What is wrong with a file: one sentence, and (row, sentence) for each bad row in the order of the file."""

    words: str
    rows: tuple[tuple[int, str], ...] = ()


def file_of(form: FormData, *, max_mb: int) -> tuple[str, bytes]:
    """Name and content of the field `file`. Raises `InvalidInput` without one, and `FileTooBig`."""
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        missing = FieldError("file", "missing", "请选择要上传的文件", "Choose a file to upload")
        raise InvalidInput(fields=(missing,))
    return file.filename, read_limited(file.file, max_mb=max_mb)


def problem_of(error: JiebangError) -> Problem:
    """The error in the reader's language, rows apart from what concerns the whole file."""
    rows, words = [], []
    for item in error.fields:
        sentence = item.en if current() == "en" else item.zh
        number = row_number(item)
        if number is None:
            words.append(sentence)
        else:
            rows.append((number, sentence))
    return Problem("；".join(words) or error.detail(current()), tuple(rows))
