"""The list of pairs to grade, and the grades taken back from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from app.context import AppContext
from app.db import Database
from app.evaluation.folder import read_judgments
from app.evaluation.sampling import (
    NothingToGrade,
    PairListInvalid,
    PairListUnreadable,
    read_grades,
    write_sample,
)
from app.indexing.outbox import note
from app.models import Organization
from app.models.indexing import IndexCollection
from tests import factories


@pytest.fixture
def filed(db: Database, seeker_organization: Organization) -> None:
    solver = factories.make_solver(db)
    for number in range(12):
        row = factories.make_achievement(db, solver, f"低噪声行星减速器{number}型", external_id=f"A{number}")
        with db.write() as session:
            note(session, IndexCollection.ACHIEVEMENTS, row.id)
    for number in range(4):
        factories.make_requirement(
            db, seeker_organization, title=f"行星减速器{number}", external_id=f"R{number}"
        )


def pairs_of(folder: Path) -> list[tuple[object, ...]]:
    page = load_workbook(folder / "pairs.xlsx").worksheets[0]
    return list(page.iter_rows(min_row=2, values_only=True))


def test_pairs_are_drawn_along_the_ranking_and_repeat(
    context: AppContext, filed: None, tmp_path: Path
) -> None:
    context.index.load()
    context.index.settle()
    assert write_sample(context, tmp_path / "one", number=3, seed=7) == 15
    assert write_sample(context, tmp_path / "two", number=3, seed=7) == 15
    one = pairs_of(tmp_path / "one")
    assert one == pairs_of(tmp_path / "two")
    assert len({row[0] for row in one}) == 3
    assert len({(row[0], row[3]) for row in one}) == 15
    assert all(row[6] is None for row in one)
    lines = (tmp_path / "one" / "achievements.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["id"] for line in lines} == {f"A{number}" for number in range(12)}


def test_grades_come_back_as_judgments_and_empty_rows_are_left_out(
    context: AppContext, filed: None, tmp_path: Path
) -> None:
    context.index.load()
    context.index.settle()
    write_sample(context, tmp_path, number=1, seed=7)
    book = load_workbook(tmp_path / "pairs.xlsx")
    page = book.worksheets[0]
    page["G2"], page["G3"] = 4, "2"
    wanted = {page["D2"].value: 4, page["D3"].value: 2}
    book.save(tmp_path / "pairs.xlsx")
    assert read_grades(tmp_path) == 2
    assert read_judgments(tmp_path / "judgments.tsv") == {page["A2"].value: wanted}
    page["G4"] = 5
    book.save(tmp_path / "pairs.xlsx")
    with pytest.raises(PairListInvalid) as caught:
        read_grades(tmp_path)
    assert "4" in caught.value.detail("zh")


def test_an_empty_service_and_a_broken_list_are_told(context: AppContext, tmp_path: Path) -> None:
    context.index.load()
    with pytest.raises(NothingToGrade):
        write_sample(context, tmp_path, number=3, seed=7)
    (tmp_path / "pairs.xlsx").write_bytes(b"no workbook")
    with pytest.raises(PairListUnreadable):
        read_grades(tmp_path)
