"""Finds the pages of documentation and what is written in them: code blocks, links, table rows."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GUIDE = DOCS / "guide"
GUIDES = ("rest", "seeker", "organizer", "reviewer", "solver", "operation")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def pages() -> list[Path]:
    """Every page we ship."""
    return sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of one language, in order."""
    text = page.read_text(encoding="utf-8")
    return [code for found, code in _BLOCK.findall(text) if found == language]


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))


def table_rows(page: Path) -> list[list[str]]:
    """The cells of every row of every table, without the code marks around them."""
    lines = [line for line in prose(page).splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]
