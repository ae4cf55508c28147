"""What protects a signed-in browser: the cookie, the check where a form came from, and the headers of a page."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from app.errors import JiebangError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class ForeignForm(JiebangError):
    code, status = "foreign_form", 403
    zh = "这个请求不是从本站页面发出的，已拒绝。请回到页面重新操作"
    en = "The request did not come from a page of this site and was refused. Go back and try again"


def check_origin(request: Request) -> None:
    """Refuses a form that another site has sent with this browser's cookie. Raises `ForeignForm`.

    Browsers say where a request comes from (`Sec-Fetch-Site`, and `Origin` for every POST); one that says
    neither is refused too. OWASP's cheat sheet on CSRF names this check as sufficient with SameSite cookies.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise ForeignForm()
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForeignForm()
    if site is None and origin is None:
        raise ForeignForm()


def cookie_name(request: Request) -> str:
    """`__Host-` binds the cookie to this host over TLS; a laptop without TLS gets a plain name."""
    return "__Host-jiebang" if request.url.scheme == "https" else "jiebang"


def give_cookie(request: Request, response: Response, token: str) -> None:
    """Signs the browser in. No lifetime: it is forgotten with the browser, and the server decides earlier."""
    is_secure = request.url.scheme == "https"
    response.set_cookie(
        cookie_name(request), token, path="/", httponly=True, samesite="lax", secure=is_secure
    )


def take_cookie(request: Request, response: Response) -> None:
    is_secure = request.url.scheme == "https"
    response.delete_cookie(cookie_name(request), path="/", httponly=True, samesite="lax", secure=is_secure)


def local_path(path: str | None) -> str:
    """A place of this site to go on to; anything else becomes the desk, so that no link leads elsewhere."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or "\\" in path:
        return "/desk"
    parts = urlsplit(path)
    return "/desk" if parts.scheme or parts.netloc else path
