"""Turns a template and plain values into an answer; the one place that knows Jinja."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.auth.sessions import SignedIn
from app.console import language, notices
from app.console.static_files import address
from app.kit.clock import SHANGHAI
from app.models.requirement import RequirementStatus

TEMPLATES = Path(__file__).parent / "templates"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates. An unknown name in one is an error, not an empty place."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(language.gettext, language.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(
        marked=marked,
        wan=wan,
        day=day,
        instant=instant,
        clock=clock,
        moment=moment,
        label=label,
        percent=percent,
        status=RequirementStatus,
    )
    made.globals.update(static=address, query=query)
    return made


def page(
    request: Request,
    template: str,
    /,
    *,
    status: int = 200,
    block: str | None = None,
    **values: Any,
) -> HTMLResponse:
    """The whole page, or only its `block` when htmx asks for a part of it."""
    person: SignedIn | None = getattr(request.state, "person", None)
    shown = {
        "request": request,
        "person": person,
        "may": person.actor.permissions if person else frozenset(),
        "language": language.current(),
        "notice": notices.of(request),
        "here": request.url.path,
        **values,
    }
    if block is not None and is_part(request):
        html = render_block(environment(), template, block, **shown)
    else:
        html = environment().get_template(template).render(**shown)
    response = HTMLResponse(html, status_code=status)
    response.headers["Vary"] = "HX-Request, Cookie"
    notices.forget_shown(request, response)
    return response


def is_part(request: Request) -> bool:
    """Whether htmx asks for a part; a page from its history cache is asked for whole."""
    headers = request.headers
    return headers.get("hx-request") == "true" and headers.get("hx-history-restore-request") != "true"


def wan(amount: Decimal | float | None) -> str:
    """Money as people write it: `80 万元`, `1.5 亿元`; nothing for no amount."""
    if amount is None:
        return ""
    value = Decimal(str(amount))
    if language.current() == "en":
        return f"¥{(value * 10_000).normalize():,f}"
    if value >= 10_000:
        return f"{(value / 10_000).quantize(Decimal('0.01')).normalize():f} 亿元"
    return f"{value.normalize():f} 万元"


def day(value: date | None) -> str:
    """`2026-11-24`; nothing for no day."""
    return value.isoformat() if value else ""


def instant(value: datetime | None) -> str:
    """Date and minute in Asia/Shanghai; nothing for no instant."""
    return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if value else ""


def clock(value: datetime) -> str:
    """Hour and minute in Asia/Shanghai."""
    return value.astimezone(SHANGHAI).strftime("%H:%M")


def moment(text: str) -> str:
    """As `instant`, of what is kept as ISO text."""
    return instant(datetime.fromisoformat(text))


def label(value: Enum | None) -> str:
    """The words of a coded value in the reader's language; nothing for none."""
    return language.gettext(getattr(value, "label", "")) if value is not None else ""


def percent(share: float | None, digits: int = 0) -> str:
    """`0.534` as `53%`. Never shows 100 % for less than all."""
    if share is None:
        return ""
    shown = round(share * 100, digits)
    if shown >= 100 > share * 100:
        shown = 100 - 10 ** -max(digits, 1)
        digits = max(digits, 1)
    return f"{shown:.{digits}f}%"


def marked(text: str, phrases: Iterable[str]) -> Markup:
    """The text with every place of a phrase marked; of phrases that overlap, the longest."""
    wanted = sorted({phrase for phrase in phrases if phrase.strip()}, key=len, reverse=True)
    if not wanted:
        return escape(text)
    parts = re.split(f"({'|'.join(map(re.escape, wanted))})", text)
    shown = (Markup("<mark>{}</mark>").format(part) if odd % 2 else part for odd, part in enumerate(parts))
    return Markup("").join(shown)


def query(request: Request, **changes: Any) -> str:
    """The query of this page with some parameters changed; None removes one. Begins with `?`, or is empty."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
    added = [(name, str(value)) for name, value in changes.items() if value is not None]
    text = urlencode([*kept, *added])
    return f"?{text}" if text else ""
