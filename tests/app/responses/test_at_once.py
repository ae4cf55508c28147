"""Two people of a unit, or a seeker and an organizer, at the same moment: one of them wins, nothing is doubled."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.db import Database
from app.models import Obligation, Organization, Reopening, Requirement, ResponseAcknowledgement, Role
from app.models.requirement import RequirementStatus
from tests.app.requirements.states import requirement_in
from tests.conftest import Login

API = "/api/v1"


@pytest.fixture
def requirement(db: Database, seeker_organization: Organization) -> Requirement:
    return requirement_in(db, seeker_organization, RequirementStatus.PUBLISHED)


@pytest.fixture
def pair(sign_in: Login, seeker_organization: Organization) -> list[TestClient]:
    return [sign_in(Role.SEEKER, seeker_organization) for _ in range(2)]


def both(clients: list[TestClient], path: str, body: dict[str, Any]) -> list[int]:
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = pool.map(lambda client: client.post(path, json=body).status_code, clients)
        return sorted(answers)


def last_answer(client: TestClient, requirement: Requirement) -> str:
    items = client.get(f"{API}/requirements/{requirement.id}/responses").json()["items"]
    return str(items[-1]["id"])


def count(db: Database, table: type) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def open_obligations(db: Database) -> int:
    with db.read() as session:
        statement = select(func.count()).select_from(Obligation).where(Obligation.closed_at.is_(None))
        return session.scalar(statement) or 0


def test_an_answer_is_acknowledged_once(
    db: Database, pair: list[TestClient], requirement: Requirement
) -> None:
    path = f"{API}/responses/{last_answer(pair[0], requirement)}/acknowledge"
    assert both(pair, path, {"satisfaction": 3}) == [200, 409]
    assert count(db, ResponseAcknowledgement) == 1


def test_an_answer_is_called_none_once(
    db: Database, pair: list[TestClient], requirement: Requirement
) -> None:
    path = f"{API}/responses/{last_answer(pair[0], requirement)}/reopen"
    assert both(pair, path, {"reason": "未答复"}) == [200, 409]
    assert (count(db, Reopening), open_obligations(db)) == (1, 1)


def test_a_question_is_put_once(
    db: Database, sign_in: Login, bureau: Organization, requirement: Requirement
) -> None:
    organizers = [sign_in(Role.ORGANIZER, bureau) for _ in range(2)]
    (row,) = organizers[0].get(f"{API}/obligations").json()["items"]
    assert both(organizers, f"{API}/obligations/{row['id']}/ask", {"question": "请补充。"}) == [200, 409]
