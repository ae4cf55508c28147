"""Reviewing in a browser: the queue, the scorecard, stepping back, the refined statement, and who is assigned."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.db import Database
from app.models import Challenge, Organization, Requirement, ReviewAssignment, Role, User
from app.models.requirement import RequirementStatus
from app.models.review import AssignmentStatus, Criterion, Scorecard, Statement
from tests import factories
from tests.app.console.conftest import Browse
from tests.app.requirements.states import requirement_in

SCORES = {f"{criterion.value}.score": "4" for criterion in Criterion}
CARD = {**SCORES, "quantified.comment": "缺少测试标准", "advice": "pass", "summary": "问题真实迫切"}


@pytest.fixture
def institute(db: Database) -> Organization:
    return factories.make_organization(db, "江东科技评估中心", kind="institute")


@pytest.fixture
def requirement(db: Database, seeker_organization: Organization) -> Requirement:
    return requirement_in(db, seeker_organization, RequirementStatus.TECHNICAL_REVIEW)


@pytest.fixture
def reviewer(browse: Browse, institute: Organization) -> TestClient:
    return browse(Role.REVIEWER, institute, email="first@example.com")


def id_of(db: Database, email: str) -> str:
    with db.read() as session:
        return str(session.scalars(select(User.id).where(User.email == email)).one())


@pytest.fixture
def assigned(db: Database, requirement: Requirement, organizer_browser: TestClient, reviewer: object) -> str:
    """The review page of a requirement that an organizer has given to the reviewer."""
    path = f"/desk/reviews/{requirement.id}"
    answer = organizer_browser.post(f"{path}/reviewers", data={"reviewer_id": id_of(db, "first@example.com")})
    assert answer.status_code == 303, answer.text
    return path


def test_the_queue_holds_what_is_assigned_to_the_reviewer_and_nothing_else(
    db: Database, assigned: str, reviewer: TestClient, browse: Browse, institute: Organization
) -> None:
    shown = reviewer.get("/desk/reviews").text
    assert f'href="{assigned}"' in shown
    assert "共 1 项" in shown
    other = browse(Role.REVIEWER, institute)
    assert "没有分配给您的评审" in other.get("/desk/reviews").text
    assert other.get(assigned).status_code == 404


def test_the_review_page_shows_the_form_and_leads_to_its_analysis_and_neighbours(
    assigned: str, requirement: Requirement, reviewer: TestClient
) -> None:
    shown = reviewer.get(assigned).text
    assert requirement.problem in shown
    analysis = reviewer.get(f"/desk/requirements/{requirement.id}/analysis")
    assert analysis.status_code == 200
    assert "完整性" in analysis.text
    assert "续燃时间 ≤ 5" in analysis.text
    assert "成果归属没有说明" in analysis.text


def test_a_scorecard_is_kept_and_read_by_staff(
    db: Database, assigned: str, reviewer: TestClient, organizer_browser: TestClient
) -> None:
    assert reviewer.post(f"{assigned}/scorecard", data=CARD).status_code == 303
    with db.read() as session:
        card = session.scalars(select(Scorecard)).one()
    assert card.marks["quantified"] == {"score": 4, "comment": "缺少测试标准"}
    again = reviewer.get(assigned).text
    assert "缺少测试标准" in again
    assert f'name="version" value="{card.version}"' in again
    shown = organizer_browser.get(assigned).text
    assert "问题真实迫切" in shown
    assert "4.00" in shown


def test_an_incomplete_scorecard_comes_back_with_what_was_marked(
    db: Database, assigned: str, reviewer: TestClient
) -> None:
    partial = {name: value for name, value in CARD.items() if name != "urgent.score"}
    answer = reviewer.post(f"{assigned}/scorecard", data=partial)
    assert answer.status_code == 422
    assert "问题真实迫切" in answer.text
    assert "此项必填" in answer.text
    assert answer.text.count("checked") == 6
    with db.read() as session:
        assert session.scalars(select(Scorecard)).all() == []


def test_a_second_window_does_not_overwrite_the_scorecard(assigned: str, reviewer: TestClient) -> None:
    reviewer.post(f"{assigned}/scorecard", data=CARD)
    stale = reviewer.post(f"{assigned}/scorecard", data={**CARD, "version": "0"})
    assert stale.status_code == 412


def test_a_declared_conflict_takes_the_requirement_from_the_reviewer(
    db: Database, assigned: str, reviewer: TestClient
) -> None:
    assert reviewer.post(f"{assigned}/conflict", data={"about": "organization"}).status_code == 422
    answer = reviewer.post(f"{assigned}/conflict", data={"about": "organization", "reason": "在研合作"})
    assert answer.status_code == 303
    assert reviewer.get(assigned).status_code == 404
    with db.read() as session:
        assert session.scalars(select(ReviewAssignment.status)).one() is AssignmentStatus.CONFLICT


def statement(title: str = "耐五十次水洗的阻燃遮光面料", based_on: str = "0") -> dict[str, str]:
    return {
        "based_on": based_on,
        "title": title,
        "problem": "现有后整理工艺在 20 次水洗后阻燃性能下降。",
        "keywords": "阻燃整理、遮光面料",
        "targets.rows": "1",
        "targets.0.name": "续燃时间",
        "targets.0.operator": "≤",
        "targets.0.value": "5",
        "targets.0.unit": "s",
    }


def test_a_refined_statement_shows_how_it_differs_and_its_seeker_replies(
    db: Database,
    assigned: str,
    requirement: Requirement,
    reviewer: TestClient,
    seeker_browser: TestClient,
) -> None:
    path = f"/desk/requirements/{requirement.id}/statements"
    editor = reviewer.get(f"{path}/new").text
    assert requirement.title in editor
    assert reviewer.post(path, data=statement()).status_code == 303
    shown = reviewer.get(path).text
    assert "<ins>" in shown
    assert "<del>" in shown
    assert "确认无误" not in shown
    asked = seeker_browser.get(path).text
    assert "确认无误" in asked
    answer = seeker_browser.post(f"{path}/1/reply", data={"verdict": "comment", "comment": "请不要写型号"})
    assert answer.status_code == 303
    assert "请不要写型号" in reviewer.get(path).text
    with db.read() as session:
        assert session.scalars(select(Requirement.title)).one() == requirement.title


def test_a_statement_that_somebody_else_has_replaced_keeps_what_was_typed(
    db: Database, assigned: str, requirement: Requirement, reviewer: TestClient, organizer_browser: TestClient
) -> None:
    path = f"/desk/requirements/{requirement.id}/statements"
    organizer_browser.post(path, data=statement("先到的一版"))
    late = reviewer.post(path, data=statement("后到的一版"))
    assert late.status_code == 409
    assert "后到的一版" in late.text
    with db.read() as session:
        assert len(session.scalars(select(Statement)).all()) == 1


def test_a_review_is_reassigned_and_taken_off_with_a_reason(
    db: Database, assigned: str, organizer_browser: TestClient, browse: Browse, institute: Organization
) -> None:
    browse(Role.REVIEWER, institute, email="second@example.com")
    with db.read() as session:
        row = session.scalars(select(ReviewAssignment)).one()
    path = f"/desk/assignments/{row.id}"
    unsaid = organizer_browser.post(f"{path}/remove", data={"reason": ""})
    assert unsaid.status_code == 422
    body = {"reviewer_id": id_of(db, "second@example.com"), "reason": "原评审人出差"}
    assert organizer_browser.post(f"{path}/reassign", data=body).status_code == 303
    shown = organizer_browser.get(assigned).text
    assert "原评审人出差" in shown
    with db.read() as session:
        states = set(session.scalars(select(ReviewAssignment.status)))
    assert states == {AssignmentStatus.REASSIGNED, AssignmentStatus.ACTIVE}


def test_even_assignment_is_shown_before_it_is_done(
    db: Database,
    challenge: Challenge,
    requirement: Requirement,
    reviewer: TestClient,
    organizer_browser: TestClient,
) -> None:
    path = f"/desk/challenges/{challenge.id}/reviewers"
    trial = organizer_browser.post(path, data={"per_requirement": "2"})
    assert trial.status_code == 200
    assert "将新增 1 项分配，仍缺 1 位" in trial.text
    with db.read() as session:
        assert session.scalars(select(ReviewAssignment)).all() == []
    assert organizer_browser.post(path, data={"per_requirement": "2", "then": "assign"}).status_code == 303
    with db.read() as session:
        assert len(session.scalars(select(ReviewAssignment)).all()) == 1


@pytest.fixture
def challenge(db: Database, requirement: Requirement) -> Challenge:
    from app.challenges import entries

    found = factories.make_challenge(db)
    with db.write() as session:
        entries.enter(session, found.id, requirement.id)
    return found


def test_hints_name_vague_words_and_gaps_beside_the_form(
    db: Database, seeker_browser: TestClient, seeker_organization: Organization
) -> None:
    form = {"title": "轴承寿命提升", "problem": "轴承寿命短，希望效果好，成本低。"}
    seeker_browser.post("/desk/requirements", data=form)
    with db.read() as session:
        row = session.scalars(select(Requirement)).one()
    hints = seeker_browser.get(f"/desk/requirements/{row.id}/hints", headers={"HX-Request": "true"})
    assert hints.status_code == 200
    assert "<html" not in hints.text
    assert "<mark>效果好</mark>" in hints.text
    assert "量化指标不完整" in hints.text
    assert (
        f"/desk/requirements/{row.id}/hints" in seeker_browser.get(f"/desk/requirements/{row.id}/edit").text
    )
