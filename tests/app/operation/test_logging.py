"""What a log line shows and what it may never show."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from app.config import LogFormat, Settings
from app.operation.logging import configure_logging, describe


class BadRow(Exception):
    code = "bad_row"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[io.StringIO]:
    """What the process writes to stderr, as JSON lines."""
    root = logging.getLogger()
    before = root.handlers, root.level
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure_logging(settings.model_copy(update={"log_format": LogFormat.JSON}))
    yield stream
    root.handlers, root.level = before
    logging.captureWarnings(False)


def last(lines: io.StringIO) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(lines.getvalue().splitlines()[-1])
    return parsed


def test_a_line_holds_its_facts(lines: io.StringIO) -> None:
    logging.getLogger("jiebang.test").info("request", extra={"route": "/x", "status": 200})
    line = last(lines)
    assert (line["event"], line["route"], line["status"]) == ("request", "/x", 200)
    assert (line["level"], line["logger"]) == ("info", "jiebang.test")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("name", ["password", "Authorization", "title", "email", "q", "statement"])
def test_sensitive_facts_are_blanked_whoever_logs_them(lines: io.StringIO, name: str) -> None:
    logging.getLogger("some.package").warning("careless", extra={name: "机密"})
    assert "机密" not in lines.getvalue()
    assert last(lines)[name] == "***"


def test_an_exception_is_told_by_kind_and_place_without_its_message(lines: io.StringIO) -> None:
    try:
        try:
            raise ValueError("机密：齿形参数")
        except ValueError as error:
            raise BadRow("第 3 行：机密") from error
    except BadRow as error:
        logging.getLogger("jiebang.test").error("job failed", exc_info=error)
    assert "机密" not in lines.getvalue()
    outer, inner = last(lines)["exception"]
    assert outer.startswith("BadRow[bad_row] at ")
    assert inner.startswith("ValueError at ") and "test_logging.py" in inner


def test_an_exception_with_itself_as_context_is_described_once() -> None:
    error = BadRow()
    error.__context__ = error
    assert len(describe(error)) == 1


def test_addresses_and_statements_of_libraries_stay_out(lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info('GET /search?q=机密 HTTP/1.1" 200')
    logging.getLogger("sqlalchemy.engine").info("SELECT 机密")
    assert lines.getvalue() == ""


def test_an_exception_is_told_in_lines_to_people(
    lines: io.StringIO, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", lines)
    configure_logging(settings.model_copy(update={"log_format": LogFormat.CONSOLE}))
    try:
        raise BadRow("第 3 行：机密")
    except BadRow as error:
        logging.getLogger("jiebang.test").error("failed", exc_info=error)
    written = lines.getvalue()
    assert "failed" in written and "BadRow" in written and "Traceback" not in written
    assert "机密" not in written
