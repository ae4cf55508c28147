"""Monitoring in a browser: targets, leaders, a report drafted, issued and corrected, and what a leader sees of it."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from app.models import Organization, Role
from tests.app.console.conftest import Browse
from tests.app.monitoring.conftest import EAST, clock, work

__all__ = ["clock", "work"]
OCTOBER = {"period_kind": "month", "year": "2026", "number": "10"}
PATH = "/desk/monitoring"

pytestmark = pytest.mark.usefixtures("clock", "work")


def test_from_targets_to_a_corrected_report(
    organizer_browser: TestClient, browse: Browse, seeker_organization: Organization
) -> None:
    leader = browse(Role.SEEKER, seeker_organization, email="leader@tonghai.example")
    targets = f"{PATH}/targets?year=2026&region={EAST}"
    wrong = organizer_browser.post(targets, data={"filed.annual": "2.5", "amount.annual": "1,200.5"})
    assert wrong.status_code == 422
    assert "应为整数" in wrong.text
    assert 'value="2.5"' in wrong.text
    assert organizer_browser.post(targets, data={"filed.annual": "60"}).status_code == 303
    assert 'value="60"' in organizer_browser.get(targets).text
    named = {"region": EAST, "email": "Leader@tonghai.example"}
    unknown = organizer_browser.post(f"{PATH}/recipients", data={**named, "email": "who@x.example"})
    assert (unknown.status_code, "没有这个账号" in unknown.text) == (422, True)
    assert organizer_browser.post(f"{PATH}/recipients", data=named).status_code == 303
    assert "leader@tonghai.example" in organizer_browser.get(f"{PATH}/recipients").text
    early = organizer_browser.post(PATH, data={**OCTOBER, "number": "11"})
    assert (early.status_code, "尚未结束" in early.text) == (409, True)
    assert organizer_browser.post(PATH, data=OCTOBER).status_code == 303
    listed = organizer_browser.get(PATH).text
    for report_id in re.findall(rf"{PATH}/([0-9a-f-]{{36}})", listed):
        path = f"{PATH}/{report_id}"
        shown = organizer_browser.get(path).text
        if "城东街道技术需求" in shown:
            break
    assert "滞后" in shown
    assert "40%" in shown
    assert leader.get(path).status_code == 404
    assert organizer_browser.post(f"{path}/refresh").status_code == 303
    stale = organizer_browser.post(f"{path}/issue", data={"version": "99"})
    assert stale.status_code == 412
    version = re.findall(r'name="version" value="(\d+)"', organizer_browser.get(path).text)[0]
    assert organizer_browser.post(f"{path}/issue", data={"version": version}).status_code == 303
    assert path in leader.get("/desk/inbox").text
    assert "更正原因" not in leader.get(path).text
    assert leader.get(f"{path}/files/pdf").content.startswith(b"%PDF")
    second = organizer_browser.post(f"{path}/correct", data={"reason": "口径更正"})
    corrected = organizer_browser.get(second.headers["location"]).text
    assert "口径更正" in corrected
    assert organizer_browser.post(f"{second.headers['location']}/drop").status_code == 303
    assert leader.post(f"{path}/correct", data={"reason": "x"}).status_code == 403
