"""What a seeker says of an answer: noted, satisfied, or called none; once, in time, and not for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.config import Settings
from app.db import Database
from app.kit.clock import SHANGHAI
from app.models import Obligation, Organization, Requirement, Response, Role
from app.models.ledger import ObligationKind
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.requirements.states import requirement_in
from tests.conftest import client_of

API = "/api/v1"
S = RequirementStatus


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at("2026-06-01 09:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def people(
    clock: time_machine.Traveller,
    db: Database,
    client: TestClient,
    settings: Settings,
    bureau: Organization,
    seeker_organization: Organization,
) -> Any:
    """Signs in anew on every call: tokens end long before deadlines do."""
    users = {
        Role.SEEKER: factories.make_user(db, Role.SEEKER, seeker_organization),
        Role.ORGANIZER: factories.make_user(db, Role.ORGANIZER, bureau),
    }

    def sign_in(role: Role) -> TestClient:
        return client_of(client, settings, users[role])

    return sign_in


@pytest.fixture
def requirement(
    clock: time_machine.Traveller, db: Database, seeker_organization: Organization
) -> Requirement:
    """Published, so that its last answer says so and candidates are owed."""
    return requirement_in(db, seeker_organization, S.PUBLISHED)


def answers(client: TestClient, requirement: Requirement) -> list[dict[str, Any]]:
    return list(client.get(f"{API}/requirements/{requirement.id}/responses").json()["items"])


def obligations(db: Database, requirement: Requirement) -> list[Obligation]:
    with db.read() as session:
        statement = select(Obligation).where(Obligation.requirement_id == requirement.id)
        return list(session.scalars(statement.order_by(Obligation.opened_at, Obligation.id)))


def say(client: TestClient, answer: dict[str, Any], what: str, **body: Any) -> Any:
    return client.post(f"{API}/responses/{answer['id']}/{what}", json=body)


def test_an_answer_is_acknowledged_once_with_satisfaction(people: Any, requirement: Requirement) -> None:
    seeker = people(Role.SEEKER)
    last = answers(seeker, requirement)[-1]
    said = say(seeker, last, "acknowledge", satisfaction=4, words="及时").json()
    assert (said["satisfaction"], said["words"], said["reopen_until"]) == (4, "及时", None)
    again = say(seeker, last, "acknowledge", satisfaction=1)
    assert (again.status_code, again.json()["code"]) == (409, "already_acknowledged")
    assert answers(people(Role.ORGANIZER), requirement)[-1]["satisfaction"] == 4


def test_satisfaction_may_be_added_once_to_an_acknowledged_answer(
    people: Any, requirement: Requirement
) -> None:
    seeker = people(Role.SEEKER)
    last = answers(seeker, requirement)[-1]
    assert say(seeker, last, "acknowledge").status_code == 200
    assert say(seeker, last, "acknowledge").status_code == 409
    assert say(seeker, last, "acknowledge", satisfaction=5).json()["satisfaction"] == 5
    assert say(seeker, last, "acknowledge", satisfaction=2).status_code == 409


@pytest.mark.parametrize("satisfaction", [0, 6, 3.5, True, "5"])
def test_satisfaction_is_a_whole_number_from_one_to_five(
    people: Any, requirement: Requirement, satisfaction: Any
) -> None:
    seeker = people(Role.SEEKER)
    last = answers(seeker, requirement)[-1]
    assert say(seeker, last, "acknowledge", satisfaction=satisfaction).status_code == 422


def test_only_the_seeker_itself_speaks_for_it(
    people: Any, other_seeker: TestClient, requirement: Requirement
) -> None:
    last = answers(people(Role.SEEKER), requirement)[-1]
    for what, body in (("acknowledge", {}), ("reopen", {"reason": "未答复"})):
        assert say(people(Role.ORGANIZER), last, what, **body).status_code == 403
        assert say(other_seeker, last, what, **body).status_code == 404


def test_what_is_no_answer_is_owed_anew_and_what_was_owed_goes_on_where_it_stopped(
    clock: time_machine.Traveller, db: Database, people: Any, requirement: Requirement
) -> None:
    owed = obligations(db, requirement)[-1]
    assert owed.kind is ObligationKind.FIRST_CANDIDATES
    # Fifteen working days from Monday, 1 June; the Dragon Boat Festival (19 June) is off.
    assert owed.due_at == at("2026-06-24 00:00")
    clock.move_to(at("2026-06-03 10:00"))
    last = answers(people(Role.SEEKER), requirement)[-1]
    said = say(people(Role.SEEKER), last, "reopen", reason="只说已发布，没有回答我们的问题。")
    assert said.status_code == 200, said.text
    assert said.json()["reopen_reason"] == "只说已发布，没有回答我们的问题。"
    aside, reopened = obligations(db, requirement)[-2:]
    assert (aside.id, aside.remaining_days) == (owed.id, 13)
    assert aside.closed_at is not None
    assert (reopened.kind, reopened.due_at) == (ObligationKind.REOPENED, at("2026-06-11 00:00"))
    assert "response_reopened" in str(people(Role.ORGANIZER).get(f"{API}/notifications").json())
    clock.move_to(at("2026-06-10 10:00"))
    url = f"{API}/requirements/{requirement.id}/responses"
    people(Role.ORGANIZER).post(url, json={"text": "已联系三个团队，六月下旬给出名单。"})
    going_on = obligations(db, requirement)[-1]
    # Thirteen days were left: Thursday 11 June to Tuesday 30 June.
    assert (going_on.kind, going_on.due_at) == (ObligationKind.FIRST_CANDIDATES, at("2026-07-01 00:00"))
    with db.read() as session:
        written = session.scalars(select(Response).order_by(Response.id.desc()).limit(1)).one()
        assert written.obligation_id == reopened.id


def test_an_answer_is_called_none_once_and_one_at_a_time(people: Any, requirement: Requirement) -> None:
    seeker = people(Role.SEEKER)
    *_, earlier, last = answers(seeker, requirement)
    assert say(seeker, last, "reopen", reason="未答复").status_code == 200
    for answer in (last, earlier):
        refused = say(seeker, answer, "reopen", reason="未答复")
        assert (refused.status_code, refused.json()["code"]) == (409, "already_reopened")
    assert say(seeker, last, "acknowledge").json()["code"] == "already_reopened"


def test_an_acknowledged_answer_stays_one(people: Any, requirement: Requirement) -> None:
    seeker = people(Role.SEEKER)
    last = answers(seeker, requirement)[-1]
    say(seeker, last, "acknowledge")
    assert say(seeker, last, "reopen", reason="未答复").json()["code"] == "already_acknowledged"


@pytest.mark.parametrize(("late", "status"), [(-1, 200), (0, 409)])
def test_the_time_to_call_it_none_ends_to_the_second(
    clock: time_machine.Traveller, people: Any, requirement: Requirement, late: int, status: int
) -> None:
    last = answers(people(Role.SEEKER), requirement)[-1]
    until = datetime.fromisoformat(last["reopen_until"])
    assert until == at("2026-06-16 00:00")
    clock.move_to(until + timedelta(seconds=late))
    assert say(people(Role.SEEKER), last, "reopen", reason="未答复").status_code == status


def test_after_three_times_people_should_talk(people: Any, requirement: Requirement) -> None:
    seeker, organizer = people(Role.SEEKER), people(Role.ORGANIZER)
    url = f"{API}/requirements/{requirement.id}/responses"
    for number in range(3):
        last = answers(seeker, requirement)[-1]
        assert say(seeker, last, "reopen", reason="未答复").status_code == 200
        organizer.post(url, json={"text": f"第 {number + 1} 次答复。"})
    last = answers(seeker, requirement)[-1]
    assert last["reopen_until"] is None
    assert say(seeker, last, "reopen", reason="未答复").json()["code"] == "too_many_reopenings"


def test_a_return_is_the_seeker_s_turn_and_no_answer_to_dispute(
    clock: time_machine.Traveller, db: Database, people: Any, seeker_organization: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, S.SUBMITTED)
    organizer, seeker = people(Role.ORGANIZER), people(Role.SEEKER)
    organizer.post(f"{API}/requirements/{requirement.id}/return", json={"reason": "format"})
    last = answers(seeker, requirement)[-1]
    assert last["reopen_until"] is None
    assert say(seeker, last, "reopen", reason="格式没有问题").json()["code"] == "not_reopenable"


def test_an_ended_requirement_can_be_owed_an_answer_again(
    clock: time_machine.Traveller, db: Database, people: Any, seeker_organization: Organization
) -> None:
    requirement = requirement_in(db, seeker_organization, S.PUBLISHED)
    organizer, seeker = people(Role.ORGANIZER), people(Role.SEEKER)
    organizer.post(f"{API}/requirements/{requirement.id}/close", json={"reason": "办结"})
    last = answers(seeker, requirement)[-1]
    assert say(seeker, last, "reopen", reason="没有说明检索了什么").status_code == 200
    assert obligations(db, requirement)[-1].closed_at is None
    url = f"{API}/requirements/{requirement.id}/responses"
    assert organizer.post(url, json={"text": "检索范围与最接近的成果见附表。"}).status_code == 201
    assert all(row.closed_at is not None for row in obligations(db, requirement))
