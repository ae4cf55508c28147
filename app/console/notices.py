"""One sentence for the next page ("saved"), carried by a short-lived cookie and shown once."""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "jiebang_notice"
SECONDS = 60


def leave(response: Response, sentence: str) -> Response:
    """Has the next page say `sentence`."""
    response.set_cookie(
        COOKIE, quote(sentence[:300]), max_age=SECONDS, httponly=True, samesite="lax", path="/"
    )
    return response


def of(request: Request) -> str:
    """The sentence left for this page; empty if there is none."""
    return unquote(request.cookies.get(COOKIE, ""))


def forget_shown(request: Request, response: Response) -> None:
    """Takes the sentence away once a page has shown it."""
    if COOKIE in request.cookies:
        response.delete_cookie(COOKIE, path="/")
