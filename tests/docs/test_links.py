"""Every link of the documentation leads somewhere, and the index names every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, GUIDE, GUIDES, name_of, pages, prose

_LINK = re.compile(r"\]\(([^)\s]+)\)")


def links(page: Path) -> list[str]:
    """The targets within this repository."""
    found = _LINK.findall(prose(page))
    return [target for target in found if not target.startswith(("http://", "https://", "mailto:"))]


def anchors(page: Path) -> set[str]:
    """What a heading is called in a link: small letters, hyphens for blanks, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_link_leads_to_a_file_and_its_heading(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_the_index_names_every_page() -> None:
    listed = {(DOCS / target).resolve() for target in links(DOCS / "README.md")}
    missing = [name_of(page) for page in DOCS.rglob("*.md") if page.resolve() not in listed]
    assert missing == [name_of(DOCS / "README.md")]


def test_every_guide_exists_in_both_languages_and_links_to_the_other() -> None:
    for name in GUIDES:
        assert f"{name}.zh.md" in links(GUIDE / f"{name}.md")
        assert f"{name}.md" in links(GUIDE / f"{name}.zh.md")
