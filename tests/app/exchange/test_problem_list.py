"""The public list of problems: everyone reads it, nobody learns a hidden name, numbers are never given twice."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient

from app.auth.actor import SYSTEM
from app.challenges import entries
from app.db import Database
from app.models import Challenge, ChallengeEntry, Organization, Requirement
from app.models.challenge import ChallengeAccess, ChallengeStatus
from app.models.requirement import RequirementStatus
from app.requirements import repository as requirements
from app.requirements import service
from tests import factories
from tests.app.requirements.states import requirement_in

S = RequirementStatus
URL = "/api/v1/public/challenges/TH2026/problems"


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


def publish(db: Database, challenge: Challenge, organization: Organization, **fields: Any) -> Requirement:
    made = requirement_in(db, organization, S.APPROVED, fields)
    with db.write() as session:
        entries.enter(session, challenge.id, made.id)
        service.publish(session, SYSTEM, requirements.get(session, SYSTEM, made.id, lock=True))
    return made


def test_everyone_reads_what_is_published_by_number(
    db: Database, client: TestClient, challenge: Challenge, seeker_organization: Organization
) -> None:
    publish(db, challenge, seeker_organization, title="甲")
    hidden = f"{seeker_organization.name}的难题"
    publish(db, challenge, seeker_organization, title=hidden, confidentiality="anonymous")
    publish(db, challenge, seeker_organization, title="密", confidentiality="restricted")
    draft = requirement_in(db, seeker_organization, S.SUBMITTED, {"title": "丁"})
    with db.write() as session:
        entries.enter(session, challenge.id, draft.id)
    body = client.get(URL).json()
    assert [(item["number"], item["organization"]) for item in body["items"]] == [
        (1, seeker_organization.name),
        (2, None),
    ]
    assert "锦绣" not in body["items"][1]["title"]
    assert body["total"] == 2
    assert "contact" not in body["items"][0]


def test_the_workbook_holds_the_same_list(
    db: Database, client: TestClient, challenge: Challenge, seeker_organization: Organization
) -> None:
    publish(db, challenge, seeker_organization, title="=1+1", budget_wan=None)
    publish(db, challenge, seeker_organization, title="乙", confidentiality="anonymous")
    answer = client.get(f"{URL}.xlsx")
    assert answer.status_code == 200
    assert "TH2026" in answer.headers["content-disposition"]
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert rows[0][:2] == ("赛题编号", "赛题名称")
    assert [row[0] for row in rows[1:]] == [1, 2]
    assert rows[1][1] == "'=1+1"
    assert rows[2][13] == "（匿名）"


def test_a_number_is_never_given_to_another_problem(
    db: Database, organizer: TestClient, challenge: Challenge, seeker_organization: Organization
) -> None:
    publish(db, challenge, seeker_organization, title="甲")
    gone = publish(db, challenge, seeker_organization, title="乙")
    etag = organizer.get(f"/api/v1/challenges/{challenge.id}").headers["etag"]
    leaving = organizer.delete(f"/api/v1/challenges/{challenge.id}/entries/{gone.id}")
    assert (leaving.status_code, leaving.json()["code"]) == (409, "entry_is_published")
    with db.write() as session:
        session.query(ChallengeEntry).filter_by(requirement_id=gone.id).delete()
    publish(db, challenge, seeker_organization, title="丙")
    listed = organizer.get(URL).json()["items"]
    assert [(item["number"], item["title"]) for item in listed] == [(1, "甲"), (3, "丙")]
    # The list is no part of the challenge's form, whose version stays.
    assert organizer.get(f"/api/v1/challenges/{challenge.id}").headers["etag"] == etag


@pytest.mark.parametrize("how", ["draft", "by_invitation", "unknown"])
def test_what_is_not_announced_to_everyone_is_not_there(
    db: Database, client: TestClient, challenge: Challenge, how: str
) -> None:
    with db.write() as session:
        row = session.merge(challenge)
        if how == "draft":
            row.status = ChallengeStatus.DRAFT
        elif how == "by_invitation":
            row.access = ChallengeAccess.BY_INVITATION
        else:
            row.code = "OTHER"
    for url in (URL, f"{URL}.xlsx"):
        assert client.get(url).status_code == 404
