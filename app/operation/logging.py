"""Structured logs on stderr, for people or as JSON, without problem text, secrets or query strings.

Modules log through the standard library (`logging.getLogger("jiebang.…")`, facts in `extra`); this module
decides what a line looks like and what it may not hold.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

from app.config import LogFormat, Settings

HIDDEN = "***"
SENSITIVE = frozenset(
    {
        "access_token",
        "api_key",
        "authorization",
        "body",
        "contact",
        "cookie",
        "description",
        "email",
        "params",
        "password",
        "phone",
        "problem",
        "q",
        "query",
        "refresh_token",
        "secret",
        "sql",
        "statement",
        "text",
        "title",
        "token",
    }
)
"""Facts of these names are never written, whoever logs them."""

QUIET = dict.fromkeys(("sqlalchemy", "alembic", "httpx", "httpx2", "httpcore"), logging.WARNING)
"""Libraries that tell too much: statements with their parameters, addresses with their queries."""

Event = MutableMapping[str, Any]


def configure_logging(settings: Settings) -> None:
    """Sends every log line of the process, libraries included, to stderr in the format of `settings`."""
    is_json = settings.log_format is LogFormat.JSON
    last: list[Any] = (
        [structlog.processors.JSONRenderer(ensure_ascii=False)]
        if is_json
        else [exception_as_text, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            hide_sensitive,
            drop_colours,
            describe_exception,
            *last,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], name != "uvicorn.access"
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(True)


def drop_colours(_logger: Any, _method: str, event: Event) -> Event:
    """Drops uvicorn's second copy of a message, which is for terminals."""
    event.pop("color_message", None)
    return event


def hide_sensitive(_logger: Any, _method: str, event: Event) -> Event:
    """Blanks facts whose name says that they are nobody's business."""
    for name in event:
        if name.lower() in SENSITIVE:
            event[name] = HIDDEN
    return event


def describe_exception(_logger: Any, _method: str, event: Event) -> Event:
    """Puts kinds and places of an exception in the place of its traceback; its message may quote data."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = describe(error)
    return event


def exception_as_text(_logger: Any, _method: str, event: Event) -> Event:
    """For people, who read lines; JSON keeps the list."""
    if "exception" in event:
        event["exception"] = "\n".join(event["exception"])
    return event


def describe(error: BaseException) -> list[str]:
    """One line per exception of the chain, the outermost first: its kind, its code, its innermost frames."""
    lines = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        code = getattr(link, "code", None)
        suffix = f"[{code}]" if isinstance(code, str) and code.isidentifier() else ""
        lines.append(f"{type(link).__name__}{suffix} at {_places(link.__traceback__)}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return lines


def _places(trace: TracebackType | None, *, limit: int = 8) -> str:
    frames = traceback.extract_tb(trace)[-limit:]
    return " > ".join(
        f"{'/'.join(frame.filename.rsplit('/', 3)[1:])}:{frame.lineno} {frame.name}" for frame in frames
    )
