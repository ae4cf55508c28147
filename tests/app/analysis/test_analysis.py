"""Reading an analysis, correcting it, and what becomes of a correction when the text is read again."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.analysis import service
from app.analysis.reading import ANALYSER, EDITABLE
from app.db import Database
from app.models import Organization, Requirement, RequirementAnalysis
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.requirements.states import requirement_in

S = RequirementStatus
CONDITION = {"kind": "solver_kind", "operator": "is", "value": "university", "strength": "must"}


def url(requirement: Requirement, more: str = "") -> str:
    return f"/api/v1/requirements/{requirement.id}/analysis{more}"


def rows(db: Database) -> list[RequirementAnalysis]:
    with db.read() as session:
        return list(session.scalars(select(RequirementAnalysis)))


def patch(client: TestClient, requirement: Requirement, body: Any, etag: str | None = None) -> Any:
    etag = etag or client.get(url(requirement)).headers["ETag"]
    return client.patch(url(requirement), json=body, headers={"If-Match": etag})


@pytest.fixture
def submitted(db: Database, seeker_organization: Organization) -> Requirement:
    must = "合作单位须位于江苏省内"
    return requirement_in(db, seeker_organization, S.SUBMITTED, {"must_have": must, "budget_wan": None})


@pytest.fixture
def draft(db: Database, seeker_organization: Organization) -> Requirement:
    return requirement_in(db, seeker_organization, S.DRAFT)


def test_an_analysis_says_what_the_text_says_and_where(seeker: TestClient, submitted: Requirement) -> None:
    body = seeker.get(url(submitted)).json()
    limit = next(target for target in body["targets"] if target["name"] == "遮光率")
    assert (limit["operator"], limit["value"], limit["unit"]) == ("≥", 99.9, "%")
    source = limit["source"]
    assert submitted.key_indicators[source["start"] : source["end"]] == source["text"]
    assert (body["field"], body["division"], body["division_name"]) == ("新材料及应用", "17", "纺织业")
    assert body["fields"][0]["code"] == body["field"]
    assert body["fields"][0]["probability"] > 0.5
    (place,) = [one for one in body["conditions"] if one["kind"] == "place"]
    assert (place["value"], place["strength"]) == ("江苏省", "must")
    assert body["keywords"][0]["weight"] == 1.0
    assert body["edited"] == []
    assert {name: body[name] for name in EDITABLE} == body["computed"]


def test_an_analysis_says_what_the_form_lacks(seeker: TestClient, submitted: Requirement) -> None:
    completeness = seeker.get(url(submitted)).json()["completeness"]
    assert 0 < completeness["score"] < 1
    gaps = {gap["code"]: gap for gap in completeness["gaps"]}
    assert {"budget", "deadline"} <= set(gaps)
    assert "资金" in gaps["budget"]["text"]


def test_a_submitted_requirement_has_a_stored_analysis(
    db: Database, seeker: TestClient, submitted: Requirement
) -> None:
    (row,) = rows(db)
    assert (row.requirement_id, row.analyser, row.edits) == (submitted.id, ANALYSER, {})
    assert seeker.get(url(submitted)).json()["is_stored"]


def test_a_draft_is_analysed_when_it_is_asked_for_and_nothing_is_stored(
    db: Database, seeker: TestClient, draft: Requirement
) -> None:
    answer = seeker.get(url(draft))
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"0"'
    assert (answer.json()["is_stored"], answer.json()["analysed_at"]) == (False, None)
    assert answer.json()["completeness"]["gaps"]
    assert rows(db) == []


def test_a_change_of_the_text_is_read_at_once(db: Database, seeker: TestClient, draft: Requirement) -> None:
    path = f"/api/v1/requirements/{draft.id}"
    etag = seeker.get(path).headers["ETag"]
    change = {"key_indicators": "撕裂强力 ≥ 35 N"}
    assert seeker.patch(path, json=change, headers={"If-Match": etag}).status_code == 200
    (row,) = rows(db)
    assert [target["name"] for target in row.computed["targets"]] == ["撕裂强力"]


def test_a_move_that_leaves_the_text_alone_leaves_the_analysis_alone(
    db: Database, organizer: TestClient, submitted: Requirement
) -> None:
    before = rows(db)[0].version
    assert organizer.post(f"/api/v1/requirements/{submitted.id}/accept").status_code == 200
    assert organizer.get(url(submitted)).json()["is_stored"]
    assert rows(db)[0].version == before


def test_a_stored_analysis_by_an_earlier_analyser_is_not_served(
    db: Database, seeker: TestClient, submitted: Requirement
) -> None:
    with db.write() as session:
        row = session.scalars(select(RequirementAnalysis)).one()
        row.analyser, row.computed = "rules-0", {"keywords": []}
    body = seeker.get(url(submitted)).json()
    assert (body["analyser"], body["is_stored"]) == (ANALYSER, False)
    assert body["targets"]


def test_a_correction_takes_the_place_of_what_was_computed(
    seeker: TestClient, submitted: Requirement
) -> None:
    changes: dict[str, Any] = {
        "keywords": ["阻燃整理", "耐水洗"],
        "targets": [{"name": "续燃时间", "operator": "~", "value": 1, "upper": 5, "unit": "s"}],
        "field": "资源与环境",
        "division": "28",
        "budget": {"lower_wan": 50, "upper_wan": 80.5},
        "places": [{"region": "江苏省/通海市"}],
        "conditions": [CONDITION],
    }
    answer = patch(seeker, submitted, changes)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [one["word"] for one in body["keywords"]] == ["阻燃整理", "耐水洗"]
    assert body["targets"] == [{**changes["targets"][0], "source": None}]
    assert (body["field"], body["division"], body["division_name"]) == ("资源与环境", "28", "化学纤维制造业")
    assert body["budget"] == {"lower_wan": 50.0, "upper_wan": 80.5, "source": None}
    assert body["places"] == [{"region": "江苏省/通海市", "source": None}]
    assert body["conditions"] == [{**CONDITION, "source": None}]
    assert body["edited"] == list(EDITABLE)
    assert body["edited_by_id"] == seeker.get("/api/v1/me").json()["id"]
    assert body["computed"]["division"] == "17"
    assert seeker.get(url(submitted)).json() == body


def test_a_correction_survives_a_new_reading(
    seeker: TestClient, organizer: TestClient, submitted: Requirement
) -> None:
    patch(seeker, submitted, {"keywords": ["耐水洗"]})
    path = f"/api/v1/requirements/{submitted.id}"
    etag = organizer.get(path).headers["ETag"]
    change = {"key_indicators": "撕裂强力 ≥ 35 N"}
    assert organizer.patch(path, json=change, headers={"If-Match": etag}).status_code == 200
    assert organizer.post(url(submitted, "/refresh")).status_code == 200
    body = seeker.get(url(submitted)).json()
    assert [one["word"] for one in body["keywords"]] == ["耐水洗"]
    assert [one["name"] for one in body["targets"]] == ["撕裂强力"]
    assert body["edited"] == ["keywords"]


def test_null_takes_a_correction_back_and_an_empty_list_is_a_correction(
    seeker: TestClient, submitted: Requirement
) -> None:
    emptied = patch(seeker, submitted, {"conditions": [], "division": "28"}).json()
    assert (emptied["conditions"], emptied["edited"]) == ([], ["division", "conditions"])
    restored = patch(seeker, submitted, {"conditions": None, "division": None}).json()
    assert restored["edited"] == []
    assert restored["conditions"] == restored["computed"]["conditions"] != []


def test_a_draft_can_be_corrected_with_the_tag_that_was_read(
    db: Database, seeker: TestClient, draft: Requirement
) -> None:
    assert patch(seeker, draft, {"field": "其他"}).json()["field"] == "其他"
    assert rows(db)[0].edits == {"field": "其他"}


def test_two_people_do_not_overwrite_each_other(
    db: Database, seeker: TestClient, reviewer: TestClient, submitted: Requirement
) -> None:
    factories.assign_reviewer(db, submitted, reviewer)
    etag = reviewer.get(url(submitted)).headers["ETag"]
    assert patch(seeker, submitted, {"division": "28"}, etag).status_code == 200
    late = patch(reviewer, submitted, {"division": "30"}, etag)
    assert (late.status_code, late.json()["code"]) == (412, "version_mismatch")
    without = reviewer.patch(url(submitted), json={"division": "30"})
    assert (without.status_code, without.json()["code"]) == (428, "version_required")


@pytest.mark.parametrize(
    "body",
    [
        {"division": "98"},
        {"division": 17},
        {"field": "天文"},
        {"keywords": [""]},
        {"keywords": ["词"] * 21},
        {"targets": [{"name": "强度", "operator": "~", "value": 5}]},
        {"targets": [{"name": "强度", "operator": "~", "value": 5, "upper": 5}]},
        {"targets": [{"name": "强度", "operator": "≥", "value": 5, "upper": 9}]},
        {"targets": [{"name": "强度", "operator": "≈", "value": 5}]},
        {"budget": {"lower_wan": 80, "upper_wan": 50}},
        {"budget": {"lower_wan": -1}},
        {"places": [{"region": "江苏省//南京市"}]},
        {"conditions": [{**CONDITION, "value": "大学"}]},
        {"conditions": [{**CONDITION, "kind": "cooperation", "value": "一起干"}]},
        {"conditions": [{**CONDITION, "strength": "maybe"}]},
        {"conditions": [CONDITION] * 51},
        {"completeness": {"score": 1}},
    ],
)
def test_a_correction_must_make_sense(seeker: TestClient, submitted: Requirement, body: Any) -> None:
    answer = patch(seeker, submitted, body)
    assert answer.status_code == 422, answer.text
    assert seeker.get(url(submitted)).json()["edited"] == []


def test_an_ended_requirement_is_read_but_not_corrected(
    db: Database, organizer: TestClient, seeker_organization: Organization
) -> None:
    ended = requirement_in(db, seeker_organization, S.REJECTED)
    assert organizer.get(url(ended)).status_code == 200
    answer = patch(organizer, ended, {"division": "28"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_editable")
    assert organizer.post(url(ended, "/refresh")).json()["code"] == "not_editable"


def test_corrections_are_on_record_without_their_words(
    seeker: TestClient, organizer: TestClient, submitted: Requirement
) -> None:
    patch(seeker, submitted, {"keywords": ["秘密配方"]})
    history = organizer.get(f"/api/v1/requirements/{submitted.id}/history")
    (entry,) = [item for item in history.json()["items"] if item["action"] == "analysis.edited"]
    assert entry["detail"] == {"fields": "keywords"}
    assert "秘密配方" not in history.text


def test_a_text_that_cannot_be_read_is_filed_all_the_same(
    db: Database, seeker_organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(text: object) -> None:
        raise ValueError("unreadable")

    monkeypatch.setattr(service, "read", fail)
    filed = requirement_in(db, seeker_organization, S.SUBMITTED)
    assert filed.status is S.SUBMITTED
    assert rows(db) == []


def test_a_very_long_text_is_filed_without_waiting_for_its_analysis(
    db: Database, seeker: TestClient, seeker_organization: Organization
) -> None:
    long = {"description": "现有工艺的阻燃性能在水洗后下降。" * 600}
    filed = requirement_in(db, seeker_organization, S.SUBMITTED, long)
    assert rows(db) == []
    assert seeker.post(url(filed, "/refresh")).json()["is_stored"]
    assert len(rows(db)) == 1


def test_a_figure_beyond_every_number_spoils_neither_the_form_nor_its_analysis(
    seeker: TestClient, db: Database, seeker_organization: Organization
) -> None:
    huge = "9" * 400
    texts = {
        "key_indicators": f"抗拉强度 ≥ {huge} MPa；遮光率 ≥ 99.9%",
        "goal": f"拟投入资金 {huge} 万元。",
        "budget_wan": None,
    }
    filed = requirement_in(db, seeker_organization, S.SUBMITTED, texts)
    body = seeker.get(url(filed)).json()
    assert [target["name"] for target in body["targets"]] == ["遮光率"]
    assert body["budget"] is None
    assert body["is_stored"]
