"""Reports over REST: ordered, listed, downloaded and deleted by staff; papers for those whom they concern."""

from __future__ import annotations

import io
import uuid
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import pytest
from fastapi.testclient import TestClient

from app.db import Database
from app.models import Agreement, Challenge, MatchRound, Requirement, SolverProfile
from app.models.agreement import AgreementKind, AgreementStatus
from tests.app.documents.office import converted
from tests.app.reports.conftest import FORMULA, MakeReport

KINDS = ("requirement_analysis", "problem_list", "match_book", "answer_letters", "agreements", "ledger")


@pytest.fixture
def agreement(
    db: Database, challenge: Challenge, needs: list[Requirement], teams: list[SolverProfile]
) -> Agreement:
    with db.write() as session:
        found = Agreement(
            requirement_id=needs[0].id,
            solver_id=teams[0].id,
            challenge_id=challenge.id,
            kind=AgreementKind.JOINT,
            status=AgreementStatus.SIGNED,
            title=f"{FORMULA}合作协议",
            amount_wan=Decimal("80.5"),
            signed_on=date(2026, 11, 20),
        )
        session.add(found)
    return found


def words(content: bytes) -> str:
    file: Any = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in file.paragraphs), *cells])


def test_every_kind_is_made_listed_downloaded_and_opens_in_libreoffice(
    challenge: Challenge,
    round_: MatchRound,
    answered: None,
    agreement: Agreement,
    make_report: MakeReport,
    tmp_path: Path,
) -> None:
    made = {kind: make_report(kind) for kind in KINDS}
    client = made["ledger"].client
    listed = client.get(f"/api/v1/challenges/{challenge.id}/reports").json()
    assert listed["total"] == len(KINDS)
    for kind, report in made.items():
        formats = [file["format"] for file in report.view["files"]]
        assert formats == (["docx", "pdf"] if kind == "answer_letters" else ["docx", "pdf", "xlsx"])
        assert report.content("pdf").startswith(b"%PDF")
        assert FORMULA in report.text()
    assert "证据" in made["match_book"].rows("对接安排")[0]
    assert "江东理工大学纺织材料课题组" in made["match_book"].text()
    assert "能到厂调试" in made["match_book"].text()
    assert "=1+1 书面答复" in made["answer_letters"].text()
    assert "80.5 万元〔F002〕" in made["agreements"].text()
    assert [row["答复次数"] for row in made["ledger"].rows("台账")] == [2, 0, 0, 0, 0, 0]
    for kind, report in made.items():
        file = tmp_path / f"{kind}.docx"
        file.write_bytes(report.content("docx"))
        converted(file, tmp_path)


def test_a_public_list_of_problems_masks_and_an_internal_one_is_marked(
    needs: list[Requirement], make_report: MakeReport
) -> None:
    public, internal = make_report("problem_list", audience="public"), make_report("problem_list")
    assert [row["赛题编号"] for row in public.rows("赛题清单")] == [1, 2, 3, 5]
    assert [row["赛题编号"] for row in internal.rows("赛题清单")] == [1, 2, 3, 4, 5]
    assert public.rows("赛题清单")[1]["需求单位"] == "（匿名）"
    assert "13812345678" not in public.text()
    assert "13812345678" in internal.text()
    assert "内部资料" not in public.text()
    assert "内部资料" in internal.text()


def test_what_is_for_staff_has_no_public_version(organizer: TestClient, challenge: Challenge) -> None:
    body = {"kind": "match_book", "audience": "public"}
    answer = organizer.post(f"/api/v1/challenges/{challenge.id}/reports", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "report_not_for_the_public")


def test_a_report_can_be_had_when_it_is_made_and_goes_when_it_is_deleted(
    organizer: TestClient, challenge: Challenge, make_report: MakeReport
) -> None:
    ordered = organizer.post(f"/api/v1/challenges/{challenge.id}/reports", json={"kind": "ledger"}).json()
    early = organizer.get(f"/api/v1/reports/{ordered['id']}/files/pdf")
    assert (early.status_code, early.json()["code"]) == (409, "report_not_ready")
    made = make_report("answer_letters")
    missing = organizer.get(f"/api/v1/reports/{made.view['id']}/files/xlsx")
    assert (missing.status_code, missing.json()["code"]) == (404, "no_such_format")
    assert organizer.delete(f"/api/v1/reports/{made.view['id']}").status_code == 204
    assert organizer.get(f"/api/v1/reports/{made.view['id']}").status_code == 404


def test_only_staff_order_and_read_reports(
    seeker: TestClient, reviewer: TestClient, challenge: Challenge, make_report: MakeReport
) -> None:
    made = make_report("ledger")
    for client in (seeker, reviewer):
        assert client.get(f"/api/v1/reports/{made.view['id']}").status_code == 403
        body = {"kind": "ledger"}
        assert client.post(f"/api/v1/challenges/{challenge.id}/reports", json=body).status_code == 403


def test_a_seeker_gets_the_letter_on_its_own_requirement_alone(
    seeker: TestClient, other_seeker: TestClient, needs: list[Requirement], answered: None
) -> None:
    address = f"/api/v1/requirements/{needs[0].id}/answer-letter.docx"
    text = words(seeker.get(address).content)
    assert f"关于“{FORMULA}”的答复函" in text
    assert "您的需求已发布。" in text
    assert "通海市科学技术局" in text
    assert other_seeker.get(address).status_code == 404
    assert seeker.get(address.replace("docx", "xlsx")).status_code == 404


def test_the_parties_of_an_agreement_get_its_certificate(
    seeker: TestClient, other_seeker: TestClient, agreement: Agreement
) -> None:
    address = f"/api/v1/agreements/{agreement.id}/certificate.docx"
    text = words(seeker.get(address).content)
    assert "80.5 万元" in text
    assert "江东理工大学纺织材料课题组" in text
    assert other_seeker.get(address).status_code == 404
    assert seeker.get(f"/api/v1/agreements/{uuid.uuid4()}/certificate.pdf").status_code == 404
