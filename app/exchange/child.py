"""The program that opens foreign files: no database, no secrets, few means. Started by `sandbox`.

Takes a JSON line with the order and then the file on standard input; gives JSON lines or a workbook on
standard output. Exit status 3 means a `FileError`; its code and parameters are the last line on
standard error.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

from app.exchange.cells import encode_cell
from app.exchange.errors import FileDamaged, FileError, FileTooComplex
from app.exchange.guards import MEGABYTE, FileFormat
from app.exchange.small_columns import TableName

MEMORY = 1024 * MEGABYTE
CPU_SECONDS = 60
OUTPUT = 512 * MEGABYTE
FILE_ERROR_STATUS = 3


def limit_resources() -> None:
    """Caps memory, processor time, output and open files of this process where the system can."""
    try:
        import resource
    except ImportError:
        return
    for name, limit in (
        ("RLIMIT_AS", MEMORY),
        ("RLIMIT_CPU", CPU_SECONDS),
        ("RLIMIT_FSIZE", OUTPUT),
        ("RLIMIT_NOFILE", 64),
        ("RLIMIT_CORE", 0),
    ):
        with contextlib.suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, name), (limit, limit))


def main() -> int:
    """Carries out one order and returns the exit status."""
    limit_resources()
    order: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    content = sys.stdin.buffer.read()
    try:
        if order["do"] == "read":
            _read(content, FileFormat(order["format"]), order.get("table"))
        else:
            _mark(content, order)
    except FileError as error:
        return _fail(error)
    except MemoryError:
        return _fail(FileTooComplex())
    except Exception:
        # Whatever a parser stumbles over in a foreign file is the file's fault; nothing of it may be echoed.
        return _fail(FileDamaged())
    return 0


def _read(content: bytes, file_format: FileFormat, table: TableName | None) -> None:
    from app.exchange.read import read_rows

    head, rows = read_rows(content, file_format, table)
    out = sys.stdout
    out.write(json.dumps([head.header, head.number, head.sheet]) + "\n")
    for row in rows:
        out.write(json.dumps([row.number, row.cells, row.problem], default=encode_cell) + "\n")
    out.flush()


def _mark(content: bytes, order: dict[str, Any]) -> None:
    from app.exchange.marking import mark_workbook

    sys.stdout.buffer.write(mark_workbook(content, order["sheet"], order["header_number"], order["marks"]))
    sys.stdout.buffer.flush()


def _fail(error: FileError) -> int:
    sys.stderr.write(
        "\n" + json.dumps({"code": error.code, "parameters": error.parameters}, default=str) + "\n"
    )
    return FILE_ERROR_STATUS


if __name__ == "__main__":
    sys.exit(main())
