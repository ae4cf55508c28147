"""Every list of the console is exported as it is shown: the same rows, filters and columns."""

from __future__ import annotations

import importlib
import io
import pkgutil
import re
from collections.abc import Iterator

import openpyxl
import pytest
from fastapi.testclient import TestClient

from app.analysis import tasks as _tasks  # noqa: F401 (registers the job)
from app.auth.actor import SYSTEM
from app.console import lists, pages
from app.console.language import english
from app.console.lists import Column
from app.db import Database
from app.exchange import answer_file, calendar_file
from app.jobs import service as jobs
from app.models import Challenge, Organization, Role
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.console.conftest import Browse
from tests.app.requirements.states import requirement_in

HEADS = re.compile(r"<th[^>]*>(.*?)</th>", re.S)
TAG = re.compile(r"<[^>]+>|[↓↑]")
LISTS = (
    "requirements",
    "ledger",
    "reviews",
    "teams",
    "invitations",
    "proposals",
    "agreements",
    "people",
    "jobs",
)


def rows_of(content: bytes) -> list[tuple[object, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return list(book.worksheets[0].iter_rows(values_only=True))


def columns() -> Iterator[Column]:
    for module in pkgutil.iter_modules(pages.__path__):
        for value in vars(importlib.import_module(f"{pages.__name__}.{module.name}")).values():
            if isinstance(value, tuple):
                yield from (item for item in value if isinstance(item, Column))


@pytest.fixture
def filled(db: Database, seeker_organization: Organization, organizer_browser: TestClient) -> TestClient:
    """A browser of an organizer with something in the commonest lists."""
    requirement_in(db, seeker_organization, RequirementStatus.SUBMITTED, {"title": "=甲的难题"})
    requirement_in(db, seeker_organization, RequirementStatus.PUBLISHED, {"title": "乙的难题"})
    factories.make_solver(db)
    with db.write() as session:
        jobs.enqueue(session, "analyses.run", {"challenge_id": None}, actor=SYSTEM)
    return organizer_browser


def test_a_list_and_its_file_have_the_same_columns(filled: TestClient) -> None:
    for name in LISTS:
        shown = filled.get(f"/desk/{name}").text
        answer = filled.get(f"/desk/{name}?format=xlsx")
        assert answer.content[:2] == b"PK", name
        if "<thead>" not in shown:
            continue
        head = shown.split("<thead>")[1].split("</thead>")[0]
        words = [TAG.sub("", cell).strip() for cell in HEADS.findall(head) if "visually-hidden" not in cell]
        headers = [str(cell) for cell in rows_of(answer.content)[0]]
        assert [header.split("（万元）")[0] for header in headers] == words, name
        assert f"/desk/{name}?format=xlsx" in shown


def test_the_file_holds_the_rows_that_the_filters_let_pass_and_no_formula(filled: TestClient) -> None:
    rows = rows_of(filled.get("/desk/requirements?status=submitted&format=xlsx").content)
    assert [row[0] for row in rows[1:]] == ["'=甲的难题"]
    narrowed = filled.get("/desk/requirements?status=submitted").text
    assert "/desk/requirements?status=submitted&amp;format=xlsx" in narrowed
    both = rows_of(filled.get("/desk/ledger?format=xlsx").content)
    assert len(both) == 3


def test_a_file_holds_no_more_than_its_reader_may_see(
    filled: TestClient, browse: Browse, other_organization: Organization
) -> None:
    stranger = browse(Role.SEEKER, other_organization)
    assert len(rows_of(stranger.get("/desk/requirements?format=xlsx").content)) == 1
    assert stranger.get("/desk/people?format=xlsx").status_code == 403


def test_a_list_that_is_too_long_asks_to_be_narrowed(
    filled: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_ROWS", 1)
    answer = filled.get("/desk/requirements?format=xlsx")
    assert answer.status_code == 413
    assert "请先筛选" in answer.text


def test_every_column_and_instruction_has_its_english() -> None:
    words = {column.header for column in columns()}
    assert len(words) > 20
    words |= {*answer_file.HELP, *calendar_file.HELP}
    assert sorted(words - set(english())) == []


def test_the_proof_is_exported_too(db: Database, organizer_browser: TestClient) -> None:
    challenge: Challenge = factories.make_challenge(db)
    content = organizer_browser.get(f"/desk/challenges/{challenge.id}/proof?format=xlsx").content
    assert len(rows_of(content)) == 1
