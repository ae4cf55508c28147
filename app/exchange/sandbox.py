"""Runs `child` on a foreign file: another process with limits, no environment, a fixed time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import app
from app.exchange.cells import Head, RawRow, decode_cell
from app.exchange.child import FILE_ERROR_STATUS
from app.exchange.errors import FILE_ERRORS, FileTooComplex
from app.exchange.guards import FileFormat
from app.exchange.small_columns import TableName

SECONDS = 90


def read_file(
    content: bytes, file_format: FileFormat, table: TableName | None = None
) -> tuple[Head, list[RawRow]]:
    """The head and all rows of a file that `guards.check_file` let pass; `table` names a small one.

    Raises a `FileError`.
    """
    with _run({"do": "read", "format": file_format.value, "table": table}, content) as output:
        header, number, sheet = json.loads(output.readline())
        return Head(tuple(header), number, sheet), list(_rows(output))


def mark_file(
    content: bytes, *, sheet: str, header_number: int, marks: Iterable[tuple[int, str, list[tuple[int, str]]]]
) -> bytes:
    """The user's own workbook with marked cells; see `marking.mark_workbook`. Raises a `FileError`."""
    order = {"do": "mark", "sheet": sheet, "header_number": header_number, "marks": list(marks)}
    with _run(order, content) as output:
        return output.read()


def _rows(lines: IO[bytes]) -> Iterator[RawRow]:
    for line in lines:
        number, cells, problem = json.loads(line)
        yield RawRow(
            number, tuple(decode_cell(cell) if cell.__class__ is dict else cell for cell in cells), problem
        )


@contextmanager
def _run(order: dict[str, Any], content: bytes) -> Iterator[IO[bytes]]:
    root = str(Path(app.__file__).resolve().parent.parent)
    # Only what Python needs to start: the settings of the service, and so its secrets, stay outside.
    environment = {"PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8", "PATH": os.defpath}
    if "SYSTEMROOT" in os.environ:
        environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    with (
        tempfile.TemporaryFile() as source,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as log,
    ):
        source.write(json.dumps(order).encode() + b"\n")
        source.write(content)
        source.flush()
        source.seek(0)
        try:
            status = subprocess.run(
                [sys.executable, "-m", "app.exchange.child"],
                stdin=source,
                stdout=output,
                stderr=log,
                env=environment,
                cwd=root,
                timeout=SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired as error:
            raise FileTooComplex() from error
        if status == FILE_ERROR_STATUS:
            log.seek(0)
            failure = json.loads(log.read().decode().strip().rsplit("\n", 1)[-1])
            raise FILE_ERRORS[failure["code"]](**failure["parameters"])
        if status != 0:
            # Killed by a limit, or died in native code.
            raise FileTooComplex()
        output.seek(0)
        yield output
