"""Text hygiene at every entrance: what a person typed, in one normal form, without characters nobody can see."""

from __future__ import annotations

import re
import unicodedata

_LINE_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x85]")
_ALLOWED_CONTROLS = {"\n", "\t"}
_INVISIBLE_CATEGORIES = {"Cf", "Cc", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}


class UncleanText(ValueError):
    """The text holds characters that no form accepts. `code` is stable: `control_character` or `surrogate`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def clean_text(text: str) -> str:
    """NFC, line breaks as "\\n", outer blanks removed; a text of invisible characters only becomes empty.

    Raises `UncleanText` for NUL and other control characters (line break and tab are fine) and for lone surrogates.
    """
    text = _LINE_BREAKS.sub("\n", text)
    for character in text:
        category = unicodedata.category(character)
        if category == "Cs":
            raise UncleanText("surrogate")
        if category == "Cc" and character not in _ALLOWED_CONTROLS:
            raise UncleanText("control_character")
    text = unicodedata.normalize("NFC", text).strip()
    if all(unicodedata.category(character) in _INVISIBLE_CATEGORIES for character in text):
        return ""
    return text.strip("\ufeff\u200b").strip()


def clean_line(text: str) -> str:
    """As `clean_text`, for one-line fields: every run of blanks and line breaks becomes one blank."""
    return re.sub(r"\s+", " ", clean_text(text))
