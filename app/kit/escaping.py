"""Keeps exported texts from acting as formulas, so that our own files read back as they were.

A text that a spreadsheet could take for a formula (it begins with = + - @ TAB or CR) gets an apostrophe
before it, one that already begins with apostrophes and such a sign gets one more; importing takes one away.
"""

from __future__ import annotations

import re

DANGEROUS = re.compile(r"'*[=+\-@\t\r]")
ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def escape(text: str) -> str:
    """`text` as an exported cell."""
    return "'" + text if DANGEROUS.match(text) else text


def unescape(text: str) -> str:
    """The text that `escape` made a cell of. Any other text is given back as it is."""
    return text[1:] if ESCAPED.match(text) else text
