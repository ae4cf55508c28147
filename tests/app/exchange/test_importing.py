"""An import changes what it says and nothing else, once, whole rows only, for those who may."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app import audit
from app.auth.actor import SYSTEM
from app.context import AppContext
from app.db import Database
from app.jobs.service import run_inline
from app.models import (
    Achievement,
    AuditEntry,
    Challenge,
    ChallengeEntry,
    ImportRow,
    Obligation,
    Organization,
    OutboxEntry,
    Requirement,
    SolverProfile,
)
from app.models.challenge import ChallengeStatus
from app.models.exchange import ImportKind, ImportMode
from app.models.job import JobStatus
from app.models.requirement import Confidentiality, RequirementStatus
from app.models.solver import UNNAMED
from app.requirements import repository
from app.requirements import service as requirements
from tests import factories
from tests.app.exchange.conftest import ImportFile, all_of, count, jsonl, start, xlsx

USCC = "91350100M000100Y43"


def test_a_workbook_of_requirements_is_filed_and_submitted(db: Database, import_file: ImportFile) -> None:
    factories.make_challenge(db, "TH2026")
    content = xlsx(
        [
            "主要问题",
            "技术需求名称",
            "需求编号",
            "需求单位",
            "统一社会信用代码",
            "拟投入资金（万元）",
            "天气",
        ],
        ["怠速噪声大", "变速箱降噪", "R1", "恒力机械", USCC, "30-50万", "晴"],
        ["", "只有名称", "R2", "恒力机械", USCC, 20, ""],
    )
    done = import_file(content, "需求.xlsx", challenge="TH2026")
    assert done.job.status is JobStatus.SUCCEEDED
    assert done.record.kind is ImportKind.REQUIREMENTS
    assert done.record.is_applied
    assert done.counts == (2, 0, 0, 0)
    assert [notice["code"] for notice in done.record.notices] == ["unknown_columns"]
    complete, partial = all_of(db, Requirement)
    assert (complete.status, partial.status) == (RequirementStatus.SUBMITTED, RequirementStatus.DRAFT)
    assert complete.budget_wan == 50
    assert complete.organization_id == partial.organization_id
    assert [obligation.requirement_id for obligation in all_of(db, Obligation)] == [complete.id]
    assert count(db, ChallengeEntry) == 2
    assert [row.object_id for row in done.rows] == [complete.id, partial.id]


def test_a_requirement_on_file_enters_another_challenge_with_number_note_and_record(
    db: Database, import_file: ImportFile, context: AppContext
) -> None:
    factories.make_challenge(db, "TH2026")
    content = jsonl({"id": "R1", "title": "甲", "problem": "一"})
    import_file(content)
    (row,) = all_of(db, Requirement)
    with db.write() as session:
        requirement = repository.get(session, SYSTEM, row.id)
        requirements.approve(session, SYSTEM, requirement)
        requirements.publish(session, SYSTEM, requirement)
    context.index.load()
    context.index.settle()
    done = import_file(content, challenge="TH2026")
    assert done.counts == (0, 1, 0, 0)
    assert [entry.number for entry in all_of(db, ChallengeEntry)] == [1]
    assert context.index.settle().written == 1
    assert all(part.is_equal for pair in context.index.verify() for part in pair)


def test_rows_that_a_challenge_is_not_held_for_are_refused_one_by_one(
    db: Database, import_file: ImportFile
) -> None:
    challenge = factories.make_challenge(db, "TH2026")
    with db.write() as session:
        session.get_one(Challenge, challenge.id).region = "江苏省/通海市"
    done = import_file(
        jsonl(
            {"id": "R1", "title": "甲", "problem": "一", "region": "江苏省/通海市/川桥镇"},
            {"id": "R2", "title": "乙", "problem": "二", "region": "浙江省/杭州市"},
            {"id": "R3", "title": "丙", "problem": "三"},
        ),
        challenge="TH2026",
    )
    assert done.counts == (2, 0, 0, 1)
    assert done.codes(2) == ["outside_region"]


def test_nothing_enters_a_challenge_that_is_over(db: Database, import_file: ImportFile) -> None:
    challenge = factories.make_challenge(db, "TH2026")
    known = jsonl({"id": "R1", "title": "甲", "problem": "一"})
    import_file(known, challenge="TH2026")
    with db.write() as session:
        session.get_one(Challenge, challenge.id).status = ChallengeStatus.CLOSED
    assert import_file(known, challenge="TH2026").counts == (0, 0, 1, 0)
    late = import_file(jsonl({"id": "R2", "title": "乙", "problem": "二"}), challenge="TH2026")
    assert late.codes(1) == ["challenge_not_open"]
    assert count(db, Requirement) == 1


def test_a_challenge_in_preparation_does_not_exist_for_a_seekers_file(
    db: Database, seeker: TestClient, organizer: TestClient
) -> None:
    organizer.post("/api/v1/challenges", json={"code": "SECRET", "name": "筹备中的赛事"})
    for code in ("SECRET", "NOTHING"):
        file = {"file": ("a.jsonl", jsonl({"title": "甲"}))}
        response = seeker.post("/api/v1/imports", files=file, data={"challenge": code})
        assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "unknown_challenge")


def test_importing_again_changes_nothing(db: Database, import_file: ImportFile) -> None:
    content = jsonl(
        {
            "id": "R1",
            "title": "甲",
            "problem": "一",
            "organization": {"name": "恒力"},
            "targets": ["强度 ≥ 5 MPa"],
        },
        {"title": "没有编号", "description": "二"},
    )
    import_file(content)
    entries, notes = count(db, AuditEntry), count(db, OutboxEntry)
    again = import_file(content)
    assert again.counts == (0, 0, 2, 0)
    assert count(db, OutboxEntry) == notes
    assert count(db, Requirement) == 2
    # The start of the import and its one batch.
    assert count(db, AuditEntry) == entries + 2


def test_a_changed_cell_updates_and_a_blank_one_keeps(db: Database, import_file: ImportFile) -> None:
    import_file(jsonl({"id": "R1", "title": "甲", "problem": "一", "goal": "旧"}))
    done = import_file(jsonl({"id": "R1", "title": "甲", "goal": "新", "problem": ""}))
    assert done.counts == (0, 1, 0, 0)
    (requirement,) = all_of(db, Requirement)
    assert (requirement.goal, requirement.problem) == ("新", "一")


def test_a_draft_that_becomes_complete_is_submitted(db: Database, import_file: ImportFile) -> None:
    import_file(jsonl({"id": "R1", "title": "甲"}))
    done = import_file(jsonl({"id": "R1", "title": "甲", "description": "补充"}))
    assert done.counts == (0, 1, 0, 0)
    assert all_of(db, Requirement)[0].status is RequirementStatus.SUBMITTED


def test_a_bad_row_is_rejected_and_the_others_are_filed(db: Database, import_file: ImportFile) -> None:
    done = import_file(
        jsonl(
            {"id": "R1", "title": "甲"},
            {"id": "R2", "title": "乙", "field": "玄学", "deadline": "长期"},
            {"id": "R1", "title": "丙"},
        )
    )
    assert done.counts == (1, 0, 0, 2)
    assert done.codes(2) == ["choice", "date"]
    assert done.codes(3) == ["duplicate_in_file"]
    assert [requirement.title for requirement in all_of(db, Requirement)] == ["甲"]


def test_all_or_nothing_stores_nothing_when_one_row_is_bad(db: Database, import_file: ImportFile) -> None:
    content = jsonl({"id": "R1", "title": "甲"}, {"id": "R2", "title": "乙", "trl_now": 12})
    done = import_file(content, mode=ImportMode.ALL_OR_NOTHING)
    assert done.job.status is JobStatus.SUCCEEDED
    assert not done.record.is_applied
    assert done.counts == (1, 0, 0, 1)
    assert [row.object_id for row in done.rows] == [None, None]
    assert (count(db, Requirement), count(db, Organization), count(db, OutboxEntry)) == (0, 0, 0)
    good = import_file(jsonl({"id": "R1", "title": "甲"}), mode=ImportMode.ALL_OR_NOTHING)
    assert good.record.is_applied
    assert count(db, Requirement) == 1


@pytest.mark.parametrize("kind", ["requirements", "solvers", "achievements"])
def test_a_dry_run_judges_every_row_and_stores_none(db: Database, import_file: ImportFile, kind: str) -> None:
    name = "name" if kind == "solvers" else "title"
    content = jsonl({"id": "1", name: "甲"}, {"id": "2", name: ""})
    done = import_file(content, f"{kind}.jsonl", is_dry_run=True)
    assert (done.counts, done.record.is_applied) == ((1, 0, 0, 1), False)
    tables = (Requirement, SolverProfile, Achievement, Organization, OutboxEntry)
    assert [count(db, table) for table in tables] == [0, 0, 0, 0, 0]
    assert import_file(content, f"{kind}.jsonl").counts == (1, 0, 0, 1)


def test_a_row_that_the_rules_refuse_leaves_nothing_behind(db: Database, import_file: ImportFile) -> None:
    import_file(jsonl({"id": "R1", "title": "甲", "problem": "一", "organization": {"name": "恒力"}}))
    done = import_file(
        jsonl({"id": "R1", "title": "改名", "organization": {"name": "另一家"}}, {"id": "R2", "title": "乙"})
    )
    assert done.counts == (1, 0, 0, 1)
    assert done.codes(1) == ["organization_changed"]
    assert "另一家" not in [organization.name for organization in all_of(db, Organization)]
    assert all_of(db, Requirement)[0].title == "甲"


def test_a_published_requirement_is_not_overwritten(
    db: Database, import_file: ImportFile, seeker_organization: Organization
) -> None:
    requirement = factories.make_requirement(db, seeker_organization, external_id="R1", title="甲")
    with db.write() as session:
        session.get_one(Requirement, requirement.id).status = RequirementStatus.PUBLISHED
    assert import_file(jsonl({"id": "R1", "title": "乙"})).codes(1) == ["not_editable"]
    assert import_file(jsonl({"id": "R1", "title": "甲"})).counts == (0, 0, 1, 0)


def test_units_are_found_by_code_then_by_name(db: Database, import_file: ImportFile) -> None:
    import_file(jsonl({"id": "R1", "title": "甲", "organization": {"name": "恒力机械"}}))
    import_file(
        jsonl(
            {"id": "R2", "title": "乙", "organization": {"name": "恒力机械", "uscc": USCC}},
            {"id": "R3", "title": "丙", "organization": {"name": "恒力（新名）", "uscc": USCC}},
            {"id": "R4", "title": "丁", "organization": {"uscc": USCC}},
        )
    )
    (organization,) = all_of(db, Organization)
    assert (organization.name, organization.uscc) == ("恒力机械", USCC)
    assert {row.organization_id for row in all_of(db, Requirement)} == {organization.id}


def test_an_unknown_code_without_a_name_is_refused(import_file: ImportFile) -> None:
    done = import_file(jsonl({"id": "R1", "title": "甲", "organization": {"uscc": USCC}}))
    assert done.codes(1) == ["missing"]


def test_achievements_are_filed_under_their_solvers(db: Database, import_file: ImportFile) -> None:
    solver = {"id": "S1", "name": "江东理工课题组", "kind": "university", "region": "江苏省/南京市"}
    done = import_file(
        jsonl(
            {"id": "A1", "title": "一", "solver": solver},
            {"id": "A2", "title": "二", "solver": {"id": "S1"}},
            {"id": "A3", "title": "三", "solver": {"name": "江东理工课题组"}},
            {"id": "A4", "title": "四"},
            {"id": "A5", "title": "五", "solver": {"id": "S9"}},
        ),
        "achievements.jsonl",
    )
    assert done.counts == (4, 0, 0, 1)
    assert done.codes(5) == ["solver_unknown"]
    rows = {row.external_id: row.solver_id for row in all_of(db, Achievement)}
    named = [row for row in all_of(db, SolverProfile) if row.source != UNNAMED]
    assert [(row.name, row.external_id, row.organization_id) for row in named if row.external_id] == [
        ("江东理工课题组", "S1", None)
    ]
    assert rows["A1"] == rows["A2"]
    assert rows["A4"] not in {row.id for row in named}


def test_an_achievement_that_finds_its_solver_leaves_the_unnamed_one(
    db: Database, import_file: ImportFile
) -> None:
    import_file(jsonl({"id": "A1", "title": "一"}), "achievements.jsonl")
    done = import_file(jsonl({"id": "A1", "title": "一", "solver": {"name": "课题组"}}), "achievements.jsonl")
    assert done.counts == (0, 1, 0, 0)
    assert [row.name for row in all_of(db, SolverProfile)] == ["课题组"]
    assert import_file(jsonl({"id": "A1", "title": "一"}), "achievements.jsonl").counts == (0, 0, 1, 0)
    assert all_of(db, Achievement)[0].version == 2


def test_a_solver_that_moves_takes_its_achievements_along_in_the_index(
    db: Database, import_file: ImportFile
) -> None:
    import_file(jsonl({"id": "S1", "name": "课题组", "kind": "university"}), "solvers.jsonl")
    import_file(jsonl({"id": "A1", "title": "一", "solver": {"id": "S1"}}), "achievements.jsonl")
    before = count(db, OutboxEntry)
    assert import_file(jsonl({"id": "S1", "name": "课题组", "region": "上海市"}), "solvers.jsonl").counts == (
        0,
        1,
        0,
        0,
    )
    assert count(db, OutboxEntry) == before + 2


def test_an_unusable_file_fails_the_job_and_stores_nothing(db: Database, import_file: ImportFile) -> None:
    done = import_file("天气,温度\n晴,20\n".encode(), "a.csv")
    assert (done.job.status, done.job.error_code) == (JobStatus.FAILED, "header_missing")
    assert count(db, ImportRow) == 0


def test_a_confidential_row_stays_confidential(db: Database, import_file: ImportFile) -> None:
    import_file(jsonl({"id": "R1", "title": "甲", "description": "x", "confidentiality": "匿名"}))
    assert all_of(db, Requirement)[0].confidentiality is Confidentiality.ANONYMOUS


def test_the_audit_chain_is_whole_after_imports(db: Database, import_file: ImportFile) -> None:
    import_file(jsonl({"id": "R1", "title": "甲", "problem": "一"}))
    import_file(jsonl({"id": "A1", "title": "甲"}), "achievements.jsonl")
    with db.read() as session:
        assert audit.first_broken_entry(session) is None
        details = [
            json.dumps(entry.detail, ensure_ascii=False) for entry in session.scalars(select(AuditEntry))
        ]
    assert not [detail for detail in details if "甲" in detail]


def test_the_job_knows_nothing_of_the_rows(context: AppContext) -> None:
    record = start(context, jsonl({"id": "R1", "title": "机密"}), "requirements.jsonl")
    job = run_inline(context, record.job_id)
    assert "机密" not in json.dumps([job.arguments, job.result, job.stage], ensure_ascii=False)
