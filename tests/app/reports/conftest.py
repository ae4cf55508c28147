"""A challenge with requirements, a published round and answers, and reports made of it as the worker does."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import docx
import numpy as np
import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from app.context import AppContext
from app.db import Database
from app.jobs.service import run_inline
from app.kit.clock import now
from app.kit.escaping import unescape
from app.models import (
    Candidate,
    Challenge,
    ChallengeEntry,
    MatchRound,
    Organization,
    Requirement,
    Response,
    RoundResult,
    RoundTeam,
    SolverProfile,
)
from app.models.indexing import IndexCollection, IndexDocument
from app.models.ledger import ResponseKind
from app.models.matching import CandidateRole, RoundStatus, Unserved
from app.models.requirement import Confidentiality, Cooperation, Field, RequirementStatus
from app.reports import tasks
from tests import factories

assert tasks.run

FORMULA = "=cmd|' /C calc'!A0 阻燃整理"
Rows = list[dict[str, Any]]


@pytest.fixture
def challenge(db: Database, bureau: Organization) -> Challenge:
    found = factories.make_challenge(db)
    with db.write() as session:
        session.get_one(Challenge, found.id).organization_id = bureau.id
    return found


@pytest.fixture
def needs(
    db: Database, challenge: Challenge, seeker_organization: Organization, other_organization: Organization
) -> list[Requirement]:
    """Six submitted requirements, five of them published: 1 and 2, 3 and 4 are near each other; a draft beside."""
    owners = (seeker_organization, other_organization)
    made = []
    for place in range(7):
        made.append(
            factories.make_requirement(
                db,
                owners[place % 2],
                title=FORMULA if place == 0 else f"需求{place + 1}的共性难题",
                keywords=["阻燃整理"] if place < 2 else ["减速器"] if place < 4 else [f"词{place}"],
                field=Field.MATERIALS if place < 3 else Field.ELECTRONICS,
                region="江苏省/通海市/城东街道" if place % 2 else "江苏省/通海市/开发区",
                industry="17" if place < 2 else "",
                budget_wan=None if place == 5 else Decimal("30.5") + 100 * place,
                cooperation=Cooperation.JOINT,
                trl_now=4,
                trl_wanted=7,
                confidentiality=(
                    Confidentiality.ANONYMOUS
                    if place == 1
                    else Confidentiality.RESTRICTED
                    if place == 3
                    else Confidentiality.PUBLIC
                ),
                contact="钱工",
                phone="13812345678",
            )
        )
    vectors = (
        np.eye(8, dtype=np.float32)[[0, 0, 1, 1, 2, 3, 4]]
        + 0.05 * np.eye(8, dtype=np.float32)[[5, 6, 5, 6, 5, 6, 7]]
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with db.write() as session:
        for place, row in enumerate(made):
            found = session.get_one(Requirement, row.id)
            session.add(
                ChallengeEntry(
                    challenge_id=challenge.id, requirement_id=row.id, number=place + 1 if place < 5 else None
                )
            )
            if place < 6:
                found.submitted_at = now() - timedelta(days=10 - place)
                found.status = RequirementStatus.MATCHING if place < 5 else RequirementStatus.SUBMITTED
            document = {"collection": IndexCollection.REQUIREMENTS, "key": row.id, "seq": place + 1}
            session.add(IndexDocument(**document, model_id="m", vector=vectors[place].tobytes()))
    return made


@pytest.fixture
def teams(db: Database) -> list[SolverProfile]:
    return [
        factories.make_solver(db, "江东理工大学纺织材料课题组", capacity=1, contact="孙教授"),
        factories.make_solver(db, "江南传动研究所", capacity=3),
    ]


@pytest.fixture
def round_(
    db: Database, challenge: Challenge, needs: list[Requirement], teams: list[SolverProfile]
) -> MatchRound:
    """Published: the first team is adequate for 1, 2 and 3 and assigned to 1; the second comes near 4."""
    with db.write() as session:
        found = MatchRound(
            challenge_id=challenge.id,
            status=RoundStatus.PUBLISHED,
            requirement_ids=[str(row.id) for row in needs[:4]],
            searched_achievements=50,
            searched_solvers=2,
        )
        session.add(found)
        session.flush()
        pairs = [(0, 0, True), (1, 0, True), (2, 0, True), (3, 1, False)]
        for need, team, is_adequate in pairs:
            session.add(
                Candidate(
                    round_id=found.id,
                    requirement_id=needs[need].id,
                    solver_id=teams[team].id,
                    rank=1,
                    score=1.0,
                    grade="A" if is_adequate else "D",
                    expected_grade=3.5,
                    probability=0.8 if is_adequate else 0.1,
                    is_adequate=is_adequate,
                    role=CandidateRole.ASSIGNED if need == 0 else CandidateRole.CANDIDATE,
                    place=1 if need == 0 else None,
                    evidence=[
                        {
                            "kind": "lexical",
                            "requirement": "耐洗性",
                            "achievement": "耐久阻燃",
                            "strength": 1.0,
                        }
                    ],
                    gates=[{"code": "open", "label": "须人工核实", "passed": None, "text": "能到厂调试"}],
                )
            )
            session.add(
                RoundResult(
                    round_id=found.id,
                    requirement_id=needs[need].id,
                    number=need + 1,
                    level=1,
                    best_adequate=0.8,
                    unserved=None if need == 0 else Unserved.NO_ADEQUATE,
                    assigned=int(need == 0),
                    passed_over_count=0,
                )
            )
        for team in teams:
            session.add(
                RoundTeam(round_id=found.id, solver_id=team.id, capacity=team.capacity, taken=0, assigned=0)
            )
    return found


@pytest.fixture
def answered(db: Database, needs: list[Requirement]) -> None:
    """The first requirement was answered twice, the second time with a text that begins like a formula."""
    with db.write() as session:
        for kind, text in (
            (ResponseKind.PUBLISHED, "您的需求已发布。"),
            (ResponseKind.WRITTEN, "=1+1 书面答复"),
        ):
            session.add(Response(requirement_id=needs[0].id, kind=kind, text=text))


class Made:
    """A finished report, as it is downloaded."""

    def __init__(self, client: TestClient, view: dict[str, Any]) -> None:
        self.client, self.view = client, view

    def content(self, format: str) -> bytes:
        answer = self.client.get(f"/api/v1/reports/{self.view['id']}/files/{format}")
        assert answer.status_code == 200, answer.text
        return answer.content

    def text(self) -> str:
        """All that the Word file says, cells and headers too."""
        file: Any = docx.Document(io.BytesIO(self.content("docx")))
        cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
        heads = [paragraph.text for paragraph in file.sections[0].header.paragraphs]
        return "\n".join([*(paragraph.text for paragraph in file.paragraphs), *cells, *heads])

    def rows(self, sheet: str) -> Rows:
        """A sheet of the workbook, texts as they were before they were escaped."""
        book = load_workbook(io.BytesIO(self.content("xlsx")))
        header, *lines = book[sheet].iter_rows(values_only=True)
        return [
            {
                str(name): unescape(value) if isinstance(value, str) else value
                for name, value in zip(header, line, strict=True)
            }
            for line in lines
        ]

    def sheets(self) -> list[str]:
        return load_workbook(io.BytesIO(self.content("xlsx"))).sheetnames


MakeReport = Callable[..., Made]


@pytest.fixture
def make_report(context: AppContext, organizer: TestClient, challenge: Challenge) -> MakeReport:
    """`make_report("ledger", audience="internal")`: ordered by the organizer, made by the job."""

    def make(kind: str, **body: Any) -> Made:
        answer = organizer.post(f"/api/v1/challenges/{challenge.id}/reports", json={"kind": kind, **body})
        assert answer.status_code == 202, answer.text
        job = run_inline(context, uuid.UUID(answer.json()["job_id"]))
        assert job.error is None, job.error
        return Made(organizer, organizer.get(answer.headers["Location"]).json())

    return make
