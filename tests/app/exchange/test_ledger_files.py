"""Bulk answers and the calendar of a year as files over REST: all of a file counts, or nothing of it."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient

from tests.factories import REQUIREMENT

API = "/api/v1"


@pytest.fixture
def requirement(seeker: TestClient) -> str:
    row = seeker.post(f"{API}/requirements", json=REQUIREMENT).json()
    assert seeker.post(f"{API}/requirements/{row['id']}/submit").status_code == 200
    return str(row["id"])


def send(client: TestClient, method: str, path: str, text: str, **headers: str) -> Any:
    files = {"file": ("表.csv", text.encode(), "text/csv")}
    return client.request(method, f"{API}{path}", files=files, headers=headers)


def count(client: TestClient, requirement: str) -> int:
    total: int = client.get(f"{API}/requirements/{requirement}/responses").json()["total"]
    return total


def test_answers_come_from_a_file_whole_or_not_at_all(organizer: TestClient, requirement: str) -> None:
    table = organizer.get(f"{API}/responses/template.xlsx").content
    rows = list(openpyxl.load_workbook(io.BytesIO(table)).worksheets[0].iter_rows(values_only=True))
    assert rows[0][0] == "系统编号"
    assert [row[0] for row in rows[1:]] == [requirement]
    twice = f"系统编号,答复内容\n{requirement},已联系\n{requirement},再说一次\n,没有编号\n"
    refused = send(organizer, "POST", "/responses/file", twice)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["rows.3", "rows.4"]
    assert count(organizer, requirement) == 0
    given = send(organizer, "POST", "/responses/file", f"系统编号,答复内容\n{requirement},已联系\n,\n")
    assert (given.status_code, given.json()["answered"]) == (200, 1)
    again = send(organizer, "POST", "/responses/file", f"系统编号,答复内容\n{requirement},已联系\n")
    assert again.json()["unchanged"] == 1
    assert count(organizer, requirement) == 1


def test_a_file_without_the_column_of_answers_is_refused_in_words(organizer: TestClient) -> None:
    answer = send(organizer, "POST", "/responses/file", "系统编号,别的\na,b\n")
    assert answer.json()["code"] == "header_missing"
    assert "答复内容" in answer.json()["detail"]


def test_a_calendar_comes_from_a_file_and_replacing_it_needs_its_version(admin: TestClient) -> None:
    table = "日期,类型,名称\n2031-01-01,放假,元旦\n2031-01-04,补班,\n"
    first = send(admin, "PUT", "/calendar/2031/file", table)
    assert first.status_code == 200, first.text
    assert [day["name"] for day in first.json()["days_off"]] == ["元旦"]
    assert send(admin, "PUT", "/calendar/2031/file", table).status_code == 428
    tag = {"If-Match": first.headers["ETag"]}
    wrong = send(admin, "PUT", "/calendar/2031/file", table + "2032-01-01,放假,\n", **tag)
    assert [error["field"] for error in wrong.json()["errors"]] == ["rows.4"]
    assert send(admin, "PUT", "/calendar/2031/file", "日期,类型\n2031-01-02,放假\n", **tag).status_code == 200
    file = admin.get(f"{API}/calendar/2031/file.xlsx").content
    assert openpyxl.load_workbook(io.BytesIO(file)).worksheets[0].max_row == 2
