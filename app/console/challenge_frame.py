"""What all pages of one challenge have around them: its name, how it stands, its next move, and the tabs."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from app.console.rendering import page
from app.models.challenge import CHALLENGE_TRANSITIONS, Challenge


def show(
    request: Request,
    challenge: Challenge,
    template: str,
    tab: str,
    *,
    status: int = 200,
    block: str | None = None,
    **values: Any,
) -> HTMLResponse:
    """The page `template` of a challenge; `tab` is the code of the tab that is open."""
    return page(
        request,
        template,
        status=status,
        block=block,
        challenge=challenge,
        tab=tab,
        next_statuses=sorted(CHALLENGE_TRANSITIONS[challenge.status]),
        **values,
    )
