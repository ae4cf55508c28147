"""The words of the pages: Chinese as written in the templates, English from the catalogue beside them."""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po
from starlette.requests import Request

CATALOGUE = Path(__file__).parent / "locale" / "en" / "LC_MESSAGES" / "console.po"
COOKIE = "jiebang_language"
LANGUAGES = {"zh": "中文", "en": "English"}

_language: ContextVar[str] = ContextVar("console_language", default="zh")


@lru_cache(maxsize=1)
def english() -> dict[str, str]:
    """Chinese sentence → English sentence; sentences without a translation are left out."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    return {str(message.id): str(message.string) for message in catalogue if message.id and message.string}


def choose(request: Request) -> str:
    """Fixes the language of this request: the one the reader has switched to, else Chinese."""
    wanted = request.cookies.get(COOKIE, "zh")
    language = wanted if wanted in LANGUAGES else "zh"
    _language.set(language)
    return language


def current() -> str:
    """`zh` or `en`."""
    return _language.get()


def gettext(message: str) -> str:
    """The sentence in the language of the request; one that the catalogue lacks stays Chinese."""
    return english().get(message, message) if current() == "en" else message


def ngettext(singular: str, plural: str, count: int) -> str:
    """Chinese knows no plural, and the catalogue words figures so that English needs none."""
    return gettext(singular)
