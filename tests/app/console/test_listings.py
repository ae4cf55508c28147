"""The list of problems of a challenge in a browser: entering, leaving, taking over; its criteria and invited units."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.challenges import entries
from app.db import Database
from app.models import Challenge, Organization, Role
from app.models.challenge import ChallengeAccess, ChallengeEntry, ChallengeStatus
from app.models.proposal import ChallengeCriteria
from app.models.requirement import Field, RequirementStatus
from app.proposals.criteria import parse
from tests import factories
from tests.app.console.conftest import Browse
from tests.app.requirements.states import requirement_in


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


def entered(db: Database, challenge: Challenge) -> dict[Any, str]:
    with db.read() as session:
        rows = session.scalars(select(ChallengeEntry).where(ChallengeEntry.challenge_id == challenge.id))
        return {row.requirement_id: row.scope_reason for row in rows}


def test_chosen_requirements_are_entered_and_what_is_published_gets_its_number(
    organizer_browser: TestClient, db: Database, challenge: Challenge, seeker_organization: Organization
) -> None:
    path = f"/desk/challenges/{challenge.id}/entries"
    published = requirement_in(db, seeker_organization, RequirementStatus.PUBLISHED, {"title": "甲难题"})
    waiting = requirement_in(db, seeker_organization, RequirementStatus.SUBMITTED, {"title": "乙难题"})
    assert "还没有列入的需求" in organizer_browser.get(path).text
    found = organizer_browser.get(f"{path}?q=甲").text
    assert ("甲难题" in found, "乙难题" in found) == (True, False)
    both = {"requirement_ids": [str(published.id), str(waiting.id)]}
    assert organizer_browser.post(path, data=both).status_code == 303
    shown = organizer_browser.get(path).text
    assert re.search(r'<td class="number">1</td><td class="wrap"><a href="[^"]+">甲难题', shown)
    assert "共 2 项" in shown
    assert organizer_browser.post(f"{path}/{waiting.id}/remove").status_code == 303
    assert organizer_browser.post(f"{path}/{published.id}/remove").status_code == 409
    assert set(entered(db, challenge)) == {published.id}


def test_what_lies_outside_the_scope_is_named_and_entered_with_a_reason_only(
    organizer_browser: TestClient,
    seeker_browser: TestClient,
    db: Database,
    challenge: Challenge,
    seeker_organization: Organization,
) -> None:
    with db.write() as session:
        session.merge(challenge).fields = [Field.OCEAN]
    path = f"/desk/challenges/{challenge.id}/entries"
    other = requirement_in(db, seeker_organization, RequirementStatus.SUBMITTED, {"field": "医疗卫生"})
    assert "超出面向范围" in organizer_browser.get(f"{path}?q=*").text
    chosen = {"requirement_ids": str(other.id), "q": "*"}
    for browser in (organizer_browser, seeker_browser):
        refused = browser.post(path, data=chosen)
        assert refused.status_code == 409
        assert "赛事面向领域：海洋" in refused.text
        assert re.search(rf'value="{other.id}" checked', refused.text)
    assert entered(db, challenge) == {}
    answer = organizer_browser.post(path, data={**chosen, "scope_reason": "海洋药物，领域交叉。"})
    assert answer.status_code == 303
    assert entered(db, challenge) == {other.id: "海洋药物，领域交叉。"}
    assert "海洋药物，领域交叉。" in organizer_browser.get(path).text
    assert "海洋药物" not in seeker_browser.get(path).text


def test_what_an_earlier_challenge_left_open_is_looked_at_and_taken_over(
    organizer_browser: TestClient, db: Database, challenge: Challenge, seeker_organization: Organization
) -> None:
    earlier = factories.make_challenge(db, "TH2025", ChallengeStatus.CLOSED)
    left = requirement_in(db, seeker_organization, RequirementStatus.SUBMITTED)
    with db.write() as session:
        entries.enter(session, earlier.id, left.id)
    path = f"/desk/challenges/{challenge.id}/takeover"
    shown = organizer_browser.get(f"{path}?from=TH2025").text
    assert left.title in shown
    assert entered(db, challenge) == {}
    body = {"from_challenge_id": str(earlier.id), "left_open": ""}
    assert organizer_browser.post(path, data=body).status_code == 303
    assert set(entered(db, challenge)) == {left.id}
    assert "已在赛事中" in organizer_browser.get(f"{path}?from=TH2025").text


def test_criteria_are_weighed_in_per_cent_that_sum_to_a_hundred(
    organizer_browser: TestClient, seeker_browser: TestClient, db: Database, challenge: Challenge
) -> None:
    path = f"/desk/challenges/{challenge.id}/criteria"
    assert 'value="30"' in organizer_browser.get(path).text
    assert "<form" not in seeker_browser.get(path).text.split("<main")[1]
    rows = {
        "criteria.0.code": "fit",
        "criteria.0.name": "针对性",
        "criteria.0.weight": "60",
        "criteria.4.name": "产业化",
        "criteria.4.weight": "３0％",
        "version": "0",
    }
    wrong = organizer_browser.post(path, data=rows)
    assert (wrong.status_code, "权重之和应为 1" in wrong.text, "产业化" in wrong.text) == (422, True, True)
    unnamed = organizer_browser.post(path, data={**rows, "criteria.4.name": "", "criteria.4.weight": "40"})
    assert (unnamed.status_code, "第 2 行" in unnamed.text) == (422, True)
    assert organizer_browser.post(path, data={**rows, "criteria.4.weight": "40"}).status_code == 303
    with db.read() as session:
        stored = session.scalars(select(ChallengeCriteria)).one()
    assert [(row.name, row.weight) for row in parse(stored.criteria)] == [
        ("针对性", Decimal("0.6")),
        ("产业化", Decimal("0.4")),
    ]
    assert organizer_browser.post(path, data={**rows, "criteria.4.weight": "40"}).status_code == 412
    usual = {"then": "usual", "version": str(stored.version)}
    assert organizer_browser.post(path, data=usual).status_code == 303
    assert "现用通用指标" in organizer_browser.get(path).text


def test_a_unit_sees_a_challenge_by_invitation_while_it_is_invited(
    organizer_browser: TestClient,
    browse: Browse,
    db: Database,
    challenge: Challenge,
    seeker_organization: Organization,
) -> None:
    with db.write() as session:
        session.merge(challenge).access = ChallengeAccess.BY_INVITATION
    seeker = browse(Role.SEEKER, seeker_organization)
    path = f"/desk/challenges/{challenge.id}"
    assert seeker.get(path).status_code == 404
    found = organizer_browser.get(f"{path}/invitees?q={seeker_organization.name[:4]}").text
    assert str(seeker_organization.id) in found
    chosen = {"organization_ids": str(seeker_organization.id)}
    assert organizer_browser.post(f"{path}/invitees", data=chosen).status_code == 303
    assert seeker.get(path).status_code == 200
    assert organizer_browser.post(f"{path}/invitees/{seeker_organization.id}/remove").status_code == 303
    assert seeker.get(path).status_code == 404
