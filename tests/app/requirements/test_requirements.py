"""Filing, editing and listing requirements: versions, filters, orders and pages."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.models import Organization

URL = "/api/v1/requirements"
MATCH = {"If-Match": "*"}


def new(client: TestClient, title: str = "甲", **fields: Any) -> dict[str, Any]:
    response = client.post(URL, json={"title": title, **fields})
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


def titles(client: TestClient, **parameters: Any) -> list[str]:
    page = client.get(URL, params={"sort": "created_at", **parameters}).json()
    assert page["total"] == len(page["items"])
    return [item["title"] for item in page["items"]]


class TestFiling:
    """New drafts."""

    def test_a_draft_needs_only_a_title_and_belongs_to_the_seeker(
        self, seeker: TestClient, seeker_organization: Organization
    ) -> None:
        response = seeker.post(URL, json={"title": "甲"})
        body = response.json()
        assert (response.status_code, response.headers["etag"], body["status"]) == (201, '"1"', "draft")
        assert body["organization_id"] == str(seeker_organization.id)
        assert body["region"] == seeker_organization.region
        assert seeker.get(response.headers["location"]).json() == body

    def test_a_seeker_cannot_file_for_another_unit(
        self, seeker: TestClient, other_organization: Organization
    ) -> None:
        by_id = seeker.post(URL, json={"title": "甲", "organization_id": str(other_organization.id)})
        by_name = seeker.post(URL, json={"title": "甲", "organization": {"name": other_organization.name}})
        assert (by_id.status_code, by_name.status_code) == (404, 403)
        assert seeker.get(URL).json()["total"] == 0

    def test_staff_name_the_unit_as_the_import_does(self, organizer: TestClient) -> None:
        body = new(organizer, organization={"name": "新登记的公司", "region": "江苏省"})
        assert (body["organization"]["name"], body["region"]) == ("新登记的公司", "江苏省")

    def test_an_external_id_is_filed_once_per_source(
        self, seeker: TestClient, other_seeker: TestClient
    ) -> None:
        new(seeker, external_id="R1")
        new(other_seeker, external_id="R1")
        again = seeker.post(URL, json={"title": "乙", "external_id": "R1"})
        assert (again.status_code, again.json()["code"]) == (409, "duplicate_external_id")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "title"),
            ({"title": ""}, "title"),
            ({"title": "\u200b\u200b"}, "title"),
            ({"title": "甲" * 201}, "title"),
            ({"title": "a\x00b"}, "title"),
            ({"title": 5}, "title"),
            ({"title": "甲", "budget_wan": "80"}, "budget_wan"),
            ({"title": "甲", "budget_wan": True}, "budget_wan"),
            ({"title": "甲", "budget_wan": -1}, "budget_wan"),
            ({"title": "甲", "budget_wan": 1.00001}, "budget_wan"),
            ({"title": "甲", "field": "炼金术"}, "field"),
            ({"title": "甲", "deadline": "2027-13-01"}, "deadline"),
            ({"title": "甲", "deadline": 5}, "deadline"),
            ({"title": "甲", "trl_now": 10}, "trl_now"),
            ({"title": "甲", "trl_now": True}, "trl_now"),
            ({"title": "甲", "keywords": "阻燃"}, "keywords"),
            ({"title": "甲", "status": "published"}, "status"),
            ({"title": "甲", "targets": [{"name": "x", "operator": "!", "value": 1}]}, "targets.0.operator"),
        ],
    )
    def test_a_bad_field_is_named_and_nothing_is_stored(
        self, seeker: TestClient, body: dict[str, Any], field: str
    ) -> None:
        response = seeker.post(URL, json=body)
        assert response.status_code == 422
        assert field in [error["field"] for error in response.json()["errors"]]
        assert seeker.get(URL).json()["total"] == 0

    @pytest.mark.parametrize(
        "raw", [b'{"title": "a", "budget_wan": NaN}', b'{"title": "\\ud800"}', b"{", b"[]"]
    )
    def test_what_is_no_proper_json_is_refused(self, seeker: TestClient, raw: bytes) -> None:
        response = seeker.post(URL, content=raw, headers={"Content-Type": "application/json"})
        assert response.status_code in (400, 422)
        assert response.headers["content-type"] == "application/problem+json"

    def test_texts_are_cleaned_and_labels_become_codes(self, seeker: TestClient) -> None:
        body = new(seeker, "  e\u0301tude \ufeff ", cooperation="合作研发", confidentiality="匿名")
        assert (body["title"], body["confidentiality"]) == ("étude", "anonymous")


class TestEditing:
    """Versions guard against lost updates."""

    def test_only_what_is_sent_changes(self, seeker: TestClient) -> None:
        created = new(seeker, goal="目标", budget_wan=80.5, field="现代农业")
        response = seeker.patch(f"{URL}/{created['id']}", json={"field": None}, headers={"If-Match": '"1"'})
        body = response.json()
        assert (body["field"], body["goal"], body["budget_wan"]) == (None, "目标", 80.5)
        assert response.headers["etag"] == '"2"'

    @pytest.mark.parametrize(
        ("header", "status"),
        [(None, 428), ('"1"', 200), ("*", 200), ('"9", "1"', 200), ('"2"', 412), ("1", 412), ('W/"1"', 412)],
    )
    def test_the_version_decides(self, seeker: TestClient, header: str | None, status: int) -> None:
        created = new(seeker)
        headers = {} if header is None else {"If-Match": header}
        response = seeker.patch(f"{URL}/{created['id']}", json={"title": "乙"}, headers=headers)
        assert response.status_code == status
        assert seeker.get(f"{URL}/{created['id']}").json()["title"] == ("乙" if status == 200 else "甲")

    def test_an_update_without_a_change_keeps_the_version(self, seeker: TestClient) -> None:
        created = new(seeker)
        response = seeker.patch(f"{URL}/{created['id']}", json={"title": "甲"}, headers=MATCH)
        assert response.headers["etag"] == '"1"'

    def test_of_two_who_read_the_same_version_one_is_told(self, seeker: TestClient) -> None:
        url = f"{URL}/{new(seeker)['id']}"
        answers = [
            seeker.patch(url, json={"title": title}, headers={"If-Match": '"1"'}).status_code
            for title in ("乙", "丙")
        ]
        assert answers == [200, 412]
        assert seeker.get(url).json()["title"] == "乙"


class TestListing:
    """Filters, orders and pages."""

    def test_the_list_is_narrowed(self, seeker: TestClient) -> None:
        new(seeker, "甲 100%", field="现代农业", budget_wan=50, region="江苏省/南通市", industry="17 纺织业")
        new(seeker, "乙", field="海洋", budget_wan=200, external_id="R2", confidentiality="restricted")
        assert titles(seeker, field="海洋") == ["乙"]
        assert titles(seeker, field=["海洋", "现代农业"]) == ["甲 100%", "乙"]
        assert titles(seeker, region="南通") == titles(seeker, industry="纺织") == ["甲 100%"]
        assert titles(seeker, budget_min=50, budget_max=100) == ["甲 100%"]
        assert titles(seeker, external_id="R2") == titles(seeker, confidentiality="定向") == ["乙"]
        assert titles(seeker, q="100%") == ["甲 100%"]
        assert titles(seeker, q="甲_100%") == []
        assert titles(seeker, status="submitted") == []
        assert titles(seeker, status=["draft", "草稿"]) == ["甲 100%", "乙"]

    @pytest.mark.parametrize(
        "parameters",
        [
            {"status": "unknown"},
            {"budget_min": "nan"},
            {"budget_max": "1e400"},
            {"organization_id": "7"},
            {"limit": 0},
            {"limit": 201},
            {"limit": "x"},
            {"sort": "password_hash"},
            {"sort": "--title"},
            {"cursor": "!!!"},
            {"q": "x" * 201},
            {"q": "a\x00b"},
        ],
    )
    def test_a_bad_parameter_is_refused(self, seeker: TestClient, parameters: dict[str, Any]) -> None:
        response = seeker.get(URL, params=parameters)
        assert response.status_code == 422
        assert response.json()["code"] == "invalid_input"

    @pytest.mark.parametrize(
        "sort", ["title", "-title", "budget_wan", "-budget_wan", "deadline", "-created_at"]
    )
    def test_the_pages_together_are_the_whole_list_in_order(self, seeker: TestClient, sort: str) -> None:
        for position, budget in enumerate([30, None, 10, 30, 20, None, 10]):
            deadline = f"2027-0{position % 3 + 1}-01" if position % 2 else None
            new(seeker, f"题目{position % 4}" * 20, budget_wan=budget, deadline=deadline)
        whole = seeker.get(URL, params={"sort": sort, "limit": 200}).json()
        assert whole["next_cursor"] is None
        paged: list[str] = []
        cursor = None
        while True:
            parameters = {"sort": sort, "limit": "2", **({"cursor": cursor} if cursor else {})}
            page = seeker.get(URL, params=parameters).json()
            assert page["total"] == 7
            paged += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert paged == [item["id"] for item in whole["items"]]
        field = sort.lstrip("-")
        values = [item[field] for item in whole["items"] if item[field] is not None]
        assert values == sorted(values, reverse=sort.startswith("-"))
        blanks = [item[field] is None for item in whole["items"]]
        assert blanks == sorted(blanks), "rows without a value come last in both directions"

    def test_a_page_stays_in_place_when_newer_rows_arrive(self, seeker: TestClient) -> None:
        for title in "甲乙丙丁":
            new(seeker, title)
        first = seeker.get(URL, params={"limit": 2}).json()
        new(seeker, "戊")
        second = seeker.get(URL, params={"limit": 2, "cursor": first["next_cursor"]}).json()
        assert [item["title"] for item in first["items"] + second["items"]] == list("丁丙乙甲")

    def test_a_cursor_of_another_order_is_refused(self, seeker: TestClient) -> None:
        for title in "甲乙":
            new(seeker, title)
        cursor = seeker.get(URL, params={"limit": 1}).json()["next_cursor"]
        response = seeker.get(URL, params={"sort": "title", "cursor": cursor})
        assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "invalid_cursor")

    @pytest.mark.parametrize(
        ("sort", "value"),
        [
            ("title", "a\x00b"),
            ("title", True),
            ("title", ["x"]),
            ("created_at", "2026-01-01T00:00:00"),
            ("created_at", "0001-01-01T00:00:00+14:00"),
            ("created_at", 5),
            ("budget_wan", "NaN"),
            ("budget_wan", "Infinity"),
            ("budget_wan", "1e300"),
            ("budget_wan", 10**30),
            ("deadline", "2026-02-30"),
        ],
    )
    def test_a_made_up_cursor_is_a_bad_cursor(self, seeker: TestClient, sort: str, value: Any) -> None:
        forged = [sort, value, "00000000-0000-7000-8000-000000000000"]
        cursor = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode()
        response = seeker.get(URL, params={"sort": sort, "cursor": cursor})
        assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "invalid_cursor")
