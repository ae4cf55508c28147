"""A challenge in a browser: filed and edited, its stages dated, extended and turned, announced and closed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.challenges import stage_clock
from app.db import Database
from app.kit.clock import SHANGHAI
from app.models import Challenge, Organization, Requirement, Role
from app.models.challenge import ChallengeAccess, ChallengeStatus
from app.models.requirement import Field
from app.models.stage import ChallengeStage, StageKind
from tests import factories
from tests.app.challenges.stages_in import dated
from tests.app.console.conftest import Browse

FORM = {
    "code": "TH2027",
    "name": "2027 年通海市技术创新挑战赛",
    "kind": "edition",
    "access": "by_invitation",
    "region": "江苏省/通海市",
    "fields": ["", "电子信息", "新材料及应用"],
    "industries": "17 纺织业\n18 纺织服装、服饰业",
    "opens_at": "2027-03-01T09:00",
    "closes_at": "2027-12-01T18:00",
}


def stored(db: Database) -> Challenge:
    with db.read() as session:
        return session.scalars(select(Challenge)).one()


def stages(db: Database) -> dict[StageKind, tuple[datetime, datetime]]:
    with db.read() as session:
        rows = session.scalars(select(ChallengeStage))
        return {
            row.kind: (row.opens_at.astimezone(SHANGHAI), row.closes_at.astimezone(SHANGHAI)) for row in rows
        }


def test_a_challenge_is_filed_as_a_draft_with_all_that_its_form_says(
    organizer_browser: TestClient, bureau: Organization, db: Database
) -> None:
    form = organizer_browser.get("/desk/challenges/new").text
    assert re.search(rf'value="{bureau.id}" selected', form)
    answer = organizer_browser.post("/desk/challenges", data={**FORM, "organization_id": str(bureau.id)})
    assert answer.status_code == 303, answer.text
    challenge = stored(db)
    assert answer.headers["location"] == f"/desk/challenges/{challenge.id}/schedule"
    assert (challenge.status, challenge.access) == (ChallengeStatus.DRAFT, ChallengeAccess.BY_INVITATION)
    assert challenge.fields == [Field.ELECTRONICS, Field.MATERIALS]
    assert challenge.industries == ["17 纺织业", "18 纺织服装、服饰业"]
    assert challenge.organization_id == bureau.id
    assert challenge.opens_at == datetime(2027, 3, 1, 9, 0, tzinfo=SHANGHAI)
    shown = organizer_browser.get(f"/desk/challenges/{challenge.id}").text
    assert "电子信息、新材料及应用" in shown
    assert "2027-03-01 09:00 – 2027-12-01 18:00" in shown


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    organizer_browser: TestClient, db: Database
) -> None:
    factories.make_challenge(db, code="TH2027")
    for changes, field, words in (
        ({"code": "没有 空格"}, "code", "格式不正确"),
        ({}, "code", "已有相同代码的赛事"),
        ({"code": "B", "closes_at": "2027-02-01T09:00"}, "closes_at", "截止时间必须晚于开始时间"),
    ):
        answer = organizer_browser.post("/desk/challenges", data={**FORM, **changes})
        assert answer.status_code in (409, 422)
        assert f'id="{field}-error">{words}' in answer.text
        assert FORM["name"] in answer.text
        assert re.search(r'value="电子信息" checked', answer.text)


def test_an_edit_changes_what_was_typed_and_unticked_and_a_stale_one_changes_nothing(
    organizer_browser: TestClient, db: Database
) -> None:
    organizer_browser.post("/desk/challenges", data=FORM)
    challenge = stored(db)
    path = f"/desk/challenges/{challenge.id}/edit"
    assert 'value="2027-03-01T09:00"' in organizer_browser.get(path).text
    changed = {**FORM, "name": "改名", "fields": "", "closes_at": "", "version": str(challenge.version)}
    assert organizer_browser.post(path, data=changed).status_code == 303
    assert (stored(db).name, stored(db).fields, stored(db).closes_at) == ("改名", [], None)
    stale = organizer_browser.post(path, data={**changed, "name": "再改"})
    assert (stale.status_code, "再改" in stale.text) == (412, True)
    assert stored(db).name == "改名"


def test_a_challenge_is_announced_and_closed_once_everything_is_answered(
    organizer_browser: TestClient, browse: Browse, seeker_organization: Organization, db: Database
) -> None:
    challenge = factories.make_challenge(db, status=ChallengeStatus.DRAFT)
    seeker, path = browse(Role.SEEKER, seeker_organization), f"/desk/challenges/{challenge.id}"
    assert seeker.get(path).status_code == 404
    assert "公布赛事" in organizer_browser.get(path).text
    assert organizer_browser.post(f"{path}/status", data={"status": "open"}).status_code == 303
    assert seeker.get(path).status_code == 200
    assert "结束赛事" not in seeker.get(path).text
    assert seeker.post(f"{path}/status", data={"status": "closed"}).status_code == 403
    assert organizer_browser.post(f"{path}/status", data={"status": "closed"}).status_code == 303
    assert organizer_browser.post(f"{path}/status", data={"status": "open"}).status_code == 409
    assert stored(db).status is ChallengeStatus.CLOSED


def test_the_list_is_filtered_and_counts_what_it_shows(organizer_browser: TestClient, db: Database) -> None:
    factories.make_challenge(db, code="A1")
    factories.make_challenge(db, code="A2", status=ChallengeStatus.DRAFT)
    for query, count in (("", 2), ("?status=draft", 1), ("?q=A1", 1), ("?kind=themed", 0)):
        shown = organizer_browser.get(f"/desk/challenges{query}").text
        assert f"共 {count} 项" in shown
        assert len(re.findall(r'<td class="wrap"><a href="/desk/challenges/', shown)) == count


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


def save(browser: TestClient, challenge: Challenge, db: Database, **typed: str) -> int:
    version = str(stored(db).version)
    data = {name.replace("__", "."): value for name, value in typed.items()} | {"version": version}
    return browser.post(f"/desk/challenges/{challenge.id}/schedule", data=data).status_code


def test_the_stages_are_dated_in_beijing_time_and_empty_ones_are_left_out(
    organizer_browser: TestClient, seeker_browser: TestClient, challenge: Challenge, db: Database
) -> None:
    typed = {
        "opens_at__collection": "2031-03-01T09:00",
        "closes_at__collection": "2031-03-31T18:00",
        "opens_at__finals": "",
        "closes_at__finals": "",
    }
    assert save(organizer_browser, challenge, db, **typed) == 303
    opens = datetime(2031, 3, 1, 9, 0, tzinfo=SHANGHAI)
    assert stages(db) == {StageKind.COLLECTION: (opens, datetime(2031, 3, 31, 18, 0, tzinfo=SHANGHAI))}
    shown = seeker_browser.get(f"/desk/challenges/{challenge.id}/schedule").text
    assert "2031-03-01 09:00:00 – 2031-03-31 18:00:00" in shown
    assert "设定阶段" not in shown


def test_a_half_dated_stage_and_one_that_closes_before_it_opens_are_named(
    organizer_browser: TestClient, challenge: Challenge, db: Database
) -> None:
    path = f"/desk/challenges/{challenge.id}/schedule"
    version = {"version": str(stored(db).version)}
    half = organizer_browser.post(
        path, data={"opens_at.review": "", "closes_at.review": "2031-01-01T09:00", **version}
    )
    assert half.status_code == 422
    assert 'id="opens_at.review-error">此项必填' in half.text
    late = {"opens_at.finals": "2031-02-01T09:00", "closes_at.finals": "2031-01-01T09:00"}
    wrong = organizer_browser.post(path, data={**late, **version})
    assert 'id="closes_at.finals-error">截止时间必须晚于开始时间' in wrong.text
    assert 'value="2031-02-01T09:00"' in wrong.text
    assert stages(db) == {}


def test_what_has_begun_stays_when_the_schedule_is_saved_and_is_only_extended_with_a_reason(
    organizer_browser: TestClient, seeker_browser: TestClient, challenge: Challenge, db: Database
) -> None:
    begun = datetime.now(SHANGHAI).replace(microsecond=0)
    closes = begun + timedelta(days=9)
    dated(db, challenge, StageKind.COLLECTION, begun - timedelta(days=1), closes)
    path = f"/desk/challenges/{challenge.id}/schedule"
    shown = organizer_browser.get(path).text
    assert 'name="opens_at.collection"' not in shown
    added = {"opens_at__finals": "2031-02-01T09:00", "closes_at__finals": "2031-02-02T09:00"}
    assert save(organizer_browser, challenge, db, **added) == 303
    assert stages(db)[StageKind.COLLECTION][1] == closes
    later = f"{closes + timedelta(days=3):%Y-%m-%dT%H:%M}"
    silent = organizer_browser.post(f"{path}/collection/extend", data={"closes_at": later, "reason": ""})
    assert (silent.status_code, later in silent.text) == (422, True)
    answer = organizer_browser.post(
        f"{path}/collection/extend", data={"closes_at": later, "reason": "国庆假期。"}
    )
    assert answer.status_code == 303
    assert "国庆假期。" in seeker_browser.get(path).text


def test_organizers_read_what_the_clock_did(
    organizer_browser: TestClient, seeker_browser: TestClient, challenge: Challenge, db: Database
) -> None:
    begun = datetime.now(SHANGHAI) - timedelta(days=1)
    dated(db, challenge, StageKind.COLLECTION, begun, begun + timedelta(days=9))
    stage_clock.settle(db)
    path = f"/desk/challenges/{challenge.id}/schedule"
    assert re.search(r"需求征集 开始", organizer_browser.get(path).text)
    assert "系统按时办理的记录" not in seeker_browser.get(path).text


def test_a_form_outside_the_scope_is_refused_beside_its_field_and_its_changes_are_kept(
    seeker_browser: TestClient, challenge: Challenge, db: Database
) -> None:
    with db.write() as session:
        session.merge(challenge).fields = [Field.OCEAN]
    typed = {"title": "药物缓释", "problem": "释放过快。", "field": "医疗卫生", "challenge": challenge.code}
    refused = seeker_browser.post("/desk/requirements", data=typed)
    assert refused.status_code == 409
    assert 'id="field-error">赛事面向领域：海洋' in refused.text
    assert "释放过快。" in refused.text
    path = seeker_browser.post("/desk/requirements", data={**typed, "field": ""}).headers["location"]
    with db.read() as session:
        version = session.scalars(select(Requirement.version)).one()
    changed = {**typed, "version": str(version), "then": "submit"}
    del changed["challenge"]
    answer = seeker_browser.post(f"{path}/edit", data=changed)
    assert answer.headers["location"] == f"{path}/edit"
    form = seeker_browser.get(f"{path}/edit").text
    assert "已保存，但未能提交" in form
    assert "赛事面向领域：海洋" in form
    assert re.search(r'value="医疗卫生" selected', form)
