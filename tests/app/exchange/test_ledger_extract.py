"""The extract of the answer ledger: every submitted problem with its last answer, and no formula runs from it."""

from __future__ import annotations

import io

from fastapi.testclient import TestClient
from openpyxl import load_workbook

from app.challenges import entries
from app.db import Database
from app.models import Organization, Role
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.requirements.states import requirement_in

S = RequirementStatus


def test_the_extract_says_of_each_problem_what_was_answered_and_when(
    db: Database, organizer: TestClient, reviewer: TestClient, seeker_organization: Organization
) -> None:
    challenge = factories.make_challenge(db)
    found = [
        requirement_in(db, seeker_organization, status, {"title": title})
        for status, title in ((S.SUBMITTED, "=1+1 面料"), (S.PUBLISHED, "耐洗阻燃"), (S.DRAFT, "草稿"))
    ]
    factories.make_user(db, Role.SEEKER, seeker_organization)
    with db.write() as session:
        for requirement in found:
            entries.enter(session, challenge.id, requirement.id)
    url = f"/api/v1/challenges/{challenge.id}/closing-proof.xlsx"
    answer = organizer.get(url)
    assert answer.status_code == 200
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    header, *rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    titles, answered, last = (header.index(name) for name in ("技术需求名称", "是否已答复", "最后答复"))
    assert [(row[answered], bool(row[last])) for row in rows] == [("否", False), ("是", True)]
    assert "耐洗阻燃" in rows[1][titles] and not str(rows[0][titles]).startswith("=")
    empty = load_workbook(io.BytesIO(reviewer.get(url).content)).active
    assert empty is not None and empty.max_row == 1
