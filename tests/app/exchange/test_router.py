"""Files go in and out over REST, each actor sees its own, and every refusal is a named problem."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from sqlalchemy import update

from app.context import AppContext
from app.jobs.service import run_inline
from app.kit.clock import now
from app.models import Export, Organization, Role
from tests import factories
from tests.app.exchange.conftest import jsonl, xlsx
from tests.conftest import Login

API = "/api/v1"
ROWS = jsonl({"id": "R1", "title": "甲", "problem": "一"}, {"id": "R2", "title": "乙", "field": "玄学"})


def upload(client: TestClient, content: bytes, filename: str = "需求.jsonl", **form: Any) -> Any:
    return client.post(f"{API}/imports", files={"file": (filename, content)}, data=form)


def finish(context: AppContext, answer: Any) -> Any:
    assert answer.status_code == 202, answer.text
    return run_inline(context, uuid.UUID(answer.json()["job_id"]))


def test_an_upload_becomes_a_job_with_rows_and_a_report(context: AppContext, organizer: TestClient) -> None:
    factories.make_challenge(context.db, "TH2026")
    answer = upload(organizer, ROWS, challenge="TH2026")
    finish(context, answer)
    address = answer.headers["location"]
    summary = organizer.get(address).json()
    assert (summary["kind"], summary["read"], summary["created"], summary["rejected"]) == (
        "requirements",
        2,
        1,
        1,
    )
    assert summary["is_applied"] is True
    assert organizer.get(f"{API}/jobs/{summary['job_id']}").json()["result"]["created"] == 1
    rows = organizer.get(f"{address}/rows", params={"outcome": "rejected"}).json()
    assert rows["total"] == 1
    (row,) = rows["items"]
    assert (row["number"], row["outcome_label"]) == (2, "未通过")
    assert row["messages"][0]["code"] == "choice"
    assert row["messages"][0]["header"] == "所属领域"
    report = organizer.get(f"{address}/report.xlsx")
    assert report.status_code == 200
    assert load_workbook(io.BytesIO(report.content)).active.max_row == 3
    assert organizer.get(f"{API}/imports").json()["total"] == 1


def test_a_retried_upload_is_imported_once(organizer: TestClient) -> None:
    headers = {"Idempotency-Key": "once"}
    body = {"files": {"file": ("a.jsonl", ROWS)}, "headers": headers}
    first = organizer.post(f"{API}/imports", **body)
    assert first.status_code == 202
    assert organizer.get(f"{API}/imports").json()["total"] == 1


@pytest.mark.parametrize(
    ("filename", "content", "status", "code"),
    [
        ("a.txt", b"x", 415, "file_type_unsupported"),
        ("a.csv", b"", 422, "file_empty"),
        ("a.xlsx", b"<html>", 422, "file_content_mismatch"),
        ("a.xlsm", b"PK\x03\x04", 422, "file_has_macros"),
        ("\u0000.jsonl", b"{}", 202, ""),
        ("../../etc/passwd.csv", "技术需求名称\n甲\n".encode(), 202, ""),
    ],
)
def test_a_bad_upload_is_a_named_problem(
    organizer: TestClient, filename: str, content: bytes, status: int, code: str
) -> None:
    answer = upload(organizer, content, filename)
    assert answer.status_code == status
    assert answer.json().get("code", "") == code
    if status == 202:
        assert "/" not in answer.json()["filename"]


@pytest.mark.parametrize(
    "form", [{"kind": "x"}, {"mode": "x"}, {"dry_run": "x"}, {"challenge": "none"}, {"organization_id": "x"}]
)
def test_a_bad_option_is_a_named_field(organizer: TestClient, form: dict[str, str]) -> None:
    answer = upload(organizer, ROWS, **form)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(form)


def test_an_upload_over_the_limit_is_refused(context: AppContext, organizer: TestClient) -> None:
    context.settings.max_upload_mb = 1
    answer = upload(organizer, b"x" * ((1 << 20) + 1), "a.csv")
    assert answer.status_code == 413


def test_imports_of_another_unit_do_not_exist(
    context: AppContext, seeker: TestClient, other_seeker: TestClient, organizer: TestClient
) -> None:
    answer = upload(seeker, ROWS)
    finish(context, answer)
    address = answer.headers["location"]
    assert seeker.get(address).status_code == 200
    for stranger in (other_seeker, organizer):
        for path in ("", "/rows", "/report.xlsx"):
            assert stranger.get(address + path).status_code == 404
        assert stranger.get(f"{API}/imports").json()["total"] == 0


def test_a_seeker_cannot_import_for_another_unit(
    seeker: TestClient, other_organization: Organization
) -> None:
    answer = upload(seeker, ROWS, organization_id=str(other_organization.id))
    assert answer.status_code == 403


@pytest.mark.parametrize("kind", ["requirements", "solvers", "achievements"])
def test_templates_can_be_downloaded(seeker: TestClient, kind: str) -> None:
    answer = seeker.get(f"{API}/imports/templates/{kind}.xlsx")
    assert answer.status_code == 200
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    assert load_workbook(io.BytesIO(answer.content)).sheetnames[1] == "填写说明"


def test_there_is_no_template_of_anything_else(seeker: TestClient) -> None:
    assert seeker.get(f"{API}/imports/templates/secrets.xlsx").status_code == 422


@pytest.mark.parametrize("format", ["xlsx", "csv", "jsonl"])
def test_an_export_is_made_by_a_job_and_downloaded(
    context: AppContext, seeker: TestClient, seeker_organization: Organization, format: str
) -> None:
    factories.make_requirement(context.db, seeker_organization, title="自己的难题")
    answer = seeker.post(f"{API}/exports", json={"kind": "requirements", "format": format})
    address = answer.headers["location"]
    assert seeker.get(f"{address}/file").json()["code"] == "export_not_ready"
    finish(context, answer)
    view = seeker.get(address).json()
    assert (view["rows"], view["is_ready"]) == (1, True)
    file = seeker.get(f"{address}/file")
    assert file.status_code == 200
    assert file.headers["content-disposition"].endswith(f".{format}")
    assert len(file.content) > 50


def test_an_expired_export_is_gone(context: AppContext, seeker: TestClient) -> None:
    answer = seeker.post(f"{API}/exports", json={"kind": "requirements"})
    finish(context, answer)
    with context.db.write() as session:
        session.execute(update(Export).values(expires_at=now() - timedelta(seconds=1)))
    gone = seeker.get(answer.headers["location"] + "/file")
    assert (gone.status_code, gone.json()["code"]) == (410, "export_expired")


def test_staff_may_name_the_unit_of_rows_that_name_none(
    context: AppContext, organizer: TestClient, seeker_organization: Organization
) -> None:
    finish(context, upload(organizer, ROWS, organization_id=str(seeker_organization.id)))
    (found,) = organizer.get(f"{API}/requirements").json()["items"]
    assert found["organization"]["name"] == seeker_organization.name
    unknown = upload(organizer, ROWS, organization_id=str(uuid.uuid4()))
    assert unknown.json()["errors"][0]["code"] == "unknown_organization"


def test_an_export_is_its_makers_alone(
    context: AppContext, seeker: TestClient, other_seeker: TestClient, organizer: TestClient
) -> None:
    answer = seeker.post(f"{API}/exports", json={"kind": "requirements"})
    finish(context, answer)
    for stranger in (other_seeker, organizer):
        assert stranger.get(answer.headers["location"]).status_code == 404
        assert stranger.get(answer.headers["location"] + "/file").status_code == 404
        assert stranger.get(f"{API}/exports").json()["total"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "x"},
        {"kind": "requirements", "format": "pdf"},
        {"kind": "requirements", "filters": {"kind": ["patent"]}},
        {"kind": "achievements", "filters": {"kind": ["university"]}},
        {"kind": "solvers", "filters": {"status": ["draft"]}},
        {"kind": "requirements", "filters": {"status": ["unknown"]}},
        {"kind": "requirements", "filters": {"organization_id": "x"}},
        {"kind": "requirements", "extra": 1},
    ],
)
def test_a_bad_order_of_an_export_is_refused(organizer: TestClient, body: dict[str, Any]) -> None:
    assert organizer.post(f"{API}/exports", json=body).status_code == 422


@pytest.mark.parametrize(
    ("kind", "filters"),
    [
        ("requirements", {"q": "甲", "status": ["submitted"], "field": ["新材料及应用"], "region": "江苏省"}),
        ("solvers", {"kind": ["university"], "q": "甲"}),
        ("achievements", {"kind": ["patent"], "solver_id": str(uuid.uuid4())}),
    ],
)
def test_every_filter_can_be_exported_with(
    context: AppContext, organizer: TestClient, kind: str, filters: dict[str, Any]
) -> None:
    answer = organizer.post(f"{API}/exports", json={"kind": kind, "filters": filters})
    assert finish(context, answer).status == "succeeded"


def test_a_strangers_export_hides_the_seeker(
    context: AppContext, sign_in: Login, organizer: TestClient, seeker_organization: Organization
) -> None:
    requirement = factories.make_requirement(
        context.db,
        seeker_organization,
        title=f"{seeker_organization.name}的难题",
        confidentiality="anonymous",
        contact="王工",
        phone="13800001111",
        external_id="SECRET-1",
    )
    address = f"{API}/requirements/{requirement.id}"
    for verb in ("submit", "approve", "publish"):
        tag = organizer.get(address).headers["etag"]
        assert organizer.post(f"{address}/{verb}", json={}, headers={"If-Match": tag}).status_code < 300
    solver = sign_in(Role.SOLVER, factories.make_organization(context.db, "某大学", kind="university"))
    answer = solver.post(f"{API}/exports", json={"kind": "requirements", "format": "jsonl"})
    finish(context, answer)
    text = solver.get(answer.headers["location"] + "/file").text
    assert "难题" in text
    for hidden in (seeker_organization.name, "王工", "13800001111", "SECRET-1"):
        assert hidden not in text


def test_a_file_with_a_bad_header_ends_in_the_jobs_error(context: AppContext, organizer: TestClient) -> None:
    answer = upload(organizer, xlsx(["天气"], ["晴"]), "a.xlsx")
    finish(context, answer)
    job = organizer.get(f"{API}/jobs/{answer.json()['job_id']}").json()
    assert (job["status"], job["error_code"]) == ("failed", "header_missing")
    assert "模板" in job["error"]
