"""The unified social credit code (统一社会信用代码) of GB 32100-2015: 18 characters, the last one a check character."""

from __future__ import annotations

import re
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
FORM = re.compile(rf"[{ALPHABET}]{{2}}\d{{6}}[{ALPHABET}]{{10}}")


def normal_uscc(text: str) -> str:
    """The code in capital half-width characters without blanks and hyphens."""
    return re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", text)).upper()


def check_character(body: str) -> str:
    """The 18th character for the first 17: 31 minus the weighted sum modulo 31 (GB 32100-2015, annex A)."""
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def is_uscc(code: str) -> bool:
    """Whether `code` (in normal form) has the form of the standard and the right check character."""
    return FORM.fullmatch(code) is not None and check_character(code[:17]) == code[17]
