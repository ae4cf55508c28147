"""The workbook of proposals holds what its reader may see, and the ranking for staff alone."""

from __future__ import annotations

import io

import time_machine
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from app.db import Database
from app.models import Requirement, User
from tests.app.proposals.conftest import (  # noqa: F401
    Clients,
    Team,
    academy,
    challenge,
    clients,
    clock,
    first,
    one,
    requirement,
    second,
)
from tests.app.proposals.proposals_in import assess, close, submitted


def rows(client: TestClient, requirement: Requirement) -> list[dict[str, object]]:  # noqa: F811
    answer = client.get(f"/api/v1/requirements/{requirement.id}/proposals.xlsx")
    assert answer.status_code == 200, answer.text
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    header, *lines = sheet.iter_rows(values_only=True)
    return [{str(name): value for name, value in zip(header, line, strict=True)} for line in lines]


def test_everyone_gets_the_rows_that_their_list_has(
    db: Database,
    clients: Clients,  # noqa: F811
    clock: time_machine.Traveller,  # noqa: F811
    requirement: Requirement,  # noqa: F811
    first: Team,  # noqa: F811
    second: Team,  # noqa: F811
    one: User,  # noqa: F811
) -> None:
    worse = submitted(db, requirement, first, title="=HYPERLINK(1)")
    better = submitted(db, requirement, second)
    assert [row["解决方"] for row in rows(clients.of(first), requirement)] == ["甲课题组"]
    assert rows(clients.seeker, requirement) == []
    close(db, clock)
    assess(db, requirement, one, {worse.id: 40, better.id: 80})
    found = rows(clients.organizer, requirement)
    assert [(row["名次"], row["解决方"], row["加权均分"]) for row in found] == [
        (1, "乙课题组", 80),
        (2, "甲课题组", 40),
    ]
    # A name that looks like a formula stays a text.
    assert found[1]["方案名称"] == "'=HYPERLINK(1)"
    assert [set(row) & {"名次", "加权均分"} for row in rows(clients.seeker, requirement)] == [set(), set()]
