"""Proposals in a browser: written and handed in by teams, scored blind, ranked and answered by the organizer."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth import sessions
from app.config import Settings
from app.db import Database
from app.models import (
    Proposal,
    ProposalAssessment,
    ProposalScorecard,
    ProposalVersion,
    Requirement,
    Role,
    User,
)
from app.models.proposal import AssessmentStatus, ProposalStatus
from app.proposals.criteria import DEFAULT_CRITERIA
from tests import factories
from tests.app.console.conftest import SAME_ORIGIN
from tests.app.proposals.conftest import (  # noqa: F401 (fixtures)
    CLOSING,
    SECOND,
    Team,
    academy,
    challenge,
    clock,
    first,
    one,
    requirement,
    second,
)
from tests.app.proposals.proposals_in import assess, close, read, submitted

FORM = {"title": "反应型磷氮阻燃方案", "approach": "接枝后泡沫涂层。", "price_wan": "６８", "months": "12"}


class Windows:
    """Browsers at which somebody has just signed in, at whatever time it is."""

    def __init__(self, client: TestClient, db: Database, settings: Settings) -> None:
        self._client, self._db, self._settings = client, db, settings

    def by(self, user: User) -> TestClient:
        with self._db.write() as session:
            token = sessions.start(session, self._settings, user.id, browser="Firefox")
        own = TestClient(
            self._client.app, raise_server_exceptions=False, follow_redirects=False, headers=SAME_ORIGIN
        )
        own.cookies.set("jiebang", token)
        return own


@pytest.fixture
def windows(clock: object, client: TestClient, db: Database, settings: Settings) -> Windows:  # noqa: F811
    return Windows(client, db, settings)


@pytest.fixture
def organizer(db: Database, windows: Windows, bureau: object) -> User:
    return factories.make_user(db, Role.ORGANIZER, bureau)  # type: ignore[arg-type]


def written(browser: TestClient, requirement: Requirement, **fields: str) -> str:  # noqa: F811
    answer = browser.post("/desk/proposals", data={**FORM, "requirement_id": str(requirement.id), **fields})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_a_team_writes_a_draft_that_nobody_else_sees_and_hands_it_in_with_a_receipt(
    db: Database,
    windows: Windows,
    organizer: User,
    requirement: Requirement,  # noqa: F811
    first: Team,  # noqa: F811
) -> None:
    team, staff = windows.by(first.user), windows.by(organizer)
    assert requirement.title in team.get(f"/desk/proposals/new?requirement={requirement.id}").text
    path = written(team, requirement)
    assert "这是草稿" in team.get(path).text
    assert staff.get(path).status_code == 404
    with db.read() as session:
        version = session.scalars(select(Proposal)).one().version
    assert team.post(f"{path}/submit", data={"version": str(version)}).status_code == 303
    with db.read() as session:
        sha256 = session.scalars(select(ProposalVersion.sha256)).one()
    assert sha256 in team.get(path).text
    assert "接枝后泡沫涂层" in staff.get(path).text
    assert path in staff.get("/desk/proposals").text


def test_a_form_with_errors_keeps_what_was_written(
    db: Database,
    windows: Windows,
    requirement: Requirement,  # noqa: F811
    first: Team,  # noqa: F811
) -> None:
    team = windows.by(first.user)
    wrong = {**FORM, "requirement_id": str(requirement.id), "price_wan": "面议"}
    answer = team.post("/desk/proposals", data=wrong)
    assert answer.status_code == 422
    assert "面议" in answer.text
    assert "接枝后泡沫涂层" in answer.text
    assert 'id="price_wan-error"' in answer.text
    path = written(team, requirement)
    stale = team.post(f"{path}/edit", data={**FORM, "approach": "另一种路线", "version": "0"})
    assert stale.status_code == 412
    assert "另一种路线" in stale.text


def test_whoever_is_late_reads_so_and_keeps_the_text(
    windows: Windows,
    clock: time_machine.Traveller,  # noqa: F811
    requirement: Requirement,  # noqa: F811
    first: Team,  # noqa: F811
) -> None:
    clock.move_to(CLOSING - SECOND)
    team = windows.by(first.user)
    path = written(team, requirement)
    clock.move_to(CLOSING)
    late = team.post(
        f"{path}/edit", data={**FORM, "approach": "最后的修改", "version": "1", "then": "submit"}
    )
    assert late.status_code == 409
    assert "最后的修改" in late.text


def test_an_attachment_is_uploaded_read_and_taken_off(
    windows: Windows,
    requirement: Requirement,  # noqa: F811
    first: Team,  # noqa: F811
) -> None:
    team = windows.by(first.user)
    path = written(team, requirement)
    pdf = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    sent = team.post(f"{path}/attachments", files={"file": ("技术方案.pdf", pdf, "application/pdf")})
    assert sent.status_code == 303, sent.text
    shown = team.get(path).text
    assert "技术方案.pdf" in shown
    link = shown.split(f'href="{path}/attachments/')[1].split('"')[0]
    got = team.get(f"{path}/attachments/{link}")
    assert got.content == pdf
    assert got.headers["content-disposition"].startswith("attachment")
    assert team.post(f"{path}/attachments/{link}/remove").status_code == 303
    assert "技术方案.pdf" not in team.get(path).text
    assert team.post(f"{path}/attachments", data={"file": ""}).status_code == 422


def test_a_team_withdraws_with_a_reason(
    db: Database,
    windows: Windows,
    requirement: Requirement,  # noqa: F811
    first: Team,  # noqa: F811
) -> None:
    made = submitted(db, requirement, first)
    path = f"/desk/proposals/{made.id}"
    team = windows.by(first.user)
    assert team.post(f"{path}/withdraw", data={"reason": ""}).status_code == 422
    assert team.post(f"{path}/withdraw", data={"reason": "合作单位退出"}).status_code == 303
    assert read(db, made.id).status is ProposalStatus.WITHDRAWN
    assert "合作单位退出" in team.get(path).text


def test_a_reviewer_declares_first_and_then_scores_blind(
    db: Database,
    windows: Windows,
    clock: time_machine.Traveller,  # noqa: F811
    organizer: User,
    requirement: Requirement,  # noqa: F811
    first: Team,  # noqa: F811
    one: User,  # noqa: F811
) -> None:
    made = submitted(db, requirement, first)
    close(db, clock)
    staff, reviewer = windows.by(organizer), windows.by(one)
    base = f"/desk/requirements/{requirement.id}/proposals"
    assigned = staff.post(f"{base}/reviewers", data={"reviewer_ids": str(one.id)})
    assert assigned.status_code == 303, assigned.text
    with db.read() as session:
        task = session.scalars(select(ProposalAssessment)).one()
    path = f"/desk/assessments/{task.id}"
    assert path in reviewer.get("/desk/reviews").text
    asked = reviewer.get(path).text
    assert "先声明利益关系" in asked
    assert first.profile.name in asked
    card = f"{path}/proposals/{made.id}"
    assert reviewer.get(card).status_code == 409
    assert reviewer.post(f"{path}/declare", data={"verdict": "none"}).status_code == 303
    assert "接枝后泡沫涂层" in reviewer.get(card).text
    scores = {f"{row.code}.score": "80.5" for row in DEFAULT_CRITERIA}
    with db.read() as session:
        stored = session.scalars(select(ProposalScorecard)).first()
    version = str(stored.version if stored else 0)
    partial = {**scores, "fit.score": "", "version": version, "then": "submit", "comment": "路线可行"}
    unfinished = reviewer.post(card, data=partial)
    assert unfinished.status_code == 422, unfinished.text
    assert "针对性" in unfinished.text
    assert "路线可行" in unfinished.text
    wild = reviewer.post(card, data={**scores, "fit.score": "满分", "version": version})
    assert wild.status_code == 422
    assert "满分" in wild.text
    handed_in = reviewer.post(card, data={**scores, "version": version, "then": "submit"})
    assert handed_in.status_code == 303, handed_in.text
    ranked = staff.get(base).text
    assert "80.5" in ranked
    assert "已收齐" in ranked


def test_the_organizer_answers_every_team_with_a_reason_and_the_seeker_reads_it(
    db: Database,
    windows: Windows,
    clock: time_machine.Traveller,  # noqa: F811
    organizer: User,
    seeker_organization: object,
    requirement: Requirement,  # noqa: F811
    first: Team,  # noqa: F811
    second: Team,  # noqa: F811
    one: User,  # noqa: F811
) -> None:
    best, other = submitted(db, requirement, first), submitted(db, requirement, second)
    seeker_user = factories.make_user(db, Role.SEEKER, seeker_organization)  # type: ignore[arg-type]
    base = f"/desk/requirements/{requirement.id}/proposals"
    assert "征集截止后可以看到" in windows.by(seeker_user).get(base).text
    close(db, clock)
    assess(db, requirement, one, {best.id: 90, other.id: 70})
    staff = windows.by(organizer)
    unsaid = staff.post(f"{base}/results", data={f"outcome.{best.id}": "selected", f"reason.{best.id}": ""})
    assert unsaid.status_code == 422
    assert "不能为空" in unsaid.text
    body = {
        f"outcome.{best.id}": "selected",
        f"reason.{best.id}": "指标响应完整",
        f"outcome.{other.id}": "not_selected",
        f"reason.{other.id}": "周期过长",
    }
    assert staff.post(f"{base}/results", data=body).status_code == 303
    assert read(db, best.id).status is ProposalStatus.SELECTED
    assert "周期过长" in windows.by(second.user).get(f"/desk/proposals/{other.id}").text
    seeker = windows.by(seeker_user)
    assert "指标响应完整" in seeker.get(base).text
    assert "指标响应完整" in seeker.get(f"/desk/requirements/{requirement.id}").text


def test_the_organizer_sets_the_closing_instant_of_one_call(
    windows: Windows,
    organizer: User,
    requirement: Requirement,  # noqa: F811
) -> None:
    staff = windows.by(organizer)
    base = f"/desk/requirements/{requirement.id}/proposals"
    late = (CLOSING + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M")
    body = {"admission": "by_invitation", "closes_at": late, "version": "0"}
    assert staff.post(f"{base}/call", data=body).status_code == 303
    shown = staff.get(base).text
    assert "仅限受邀团队" in shown
    assert late.replace("T", " ") in shown
    version = shown.split('name="version" value="')[1].split('"')[0]
    past = staff.post(f"{base}/call", data={**body, "closes_at": "2020-01-01T00:00", "version": version})
    assert past.status_code == 422
    assert "截止时间须晚于现在" in past.text


def test_the_public_page_tells_the_deadline_and_leads_a_team_to_its_proposal(
    db: Database,
    windows: Windows,
    visitor: TestClient,
    requirement: Requirement,  # noqa: F811
    first: Team,  # noqa: F811
) -> None:
    path = f"/problems/{requirement.id}"
    assert "征集截止" in visitor.get(path).text
    assert "/desk/proposals/new" not in visitor.get(path).text
    shown = windows.by(first.user).get(path).text
    assert f"/desk/proposals/new?requirement={requirement.id}" in shown


def test_a_recused_reviewer_reads_no_proposal(
    db: Database,
    windows: Windows,
    clock: time_machine.Traveller,  # noqa: F811
    organizer: User,
    requirement: Requirement,  # noqa: F811
    first: Team,  # noqa: F811
    one: User,  # noqa: F811
) -> None:
    made = submitted(db, requirement, first)
    close(db, clock)
    base = f"/desk/requirements/{requirement.id}/proposals"
    windows.by(organizer).post(f"{base}/reviewers", data={"reviewer_ids": str(one.id)})
    with db.read() as session:
        task = session.scalars(select(ProposalAssessment)).one()
    reviewer = windows.by(one)
    declared = f"/desk/assessments/{task.id}/declare"
    assert reviewer.post(declared, data={"verdict": "conflict", "reason": ""}).status_code == 422
    assert reviewer.post(declared, data={"verdict": "conflict", "reason": "在研合作"}).status_code == 303
    assert reviewer.get(f"/desk/proposals/{made.id}").status_code == 404
    with db.read() as session:
        assert session.scalars(select(ProposalAssessment.status)).one() is AssessmentStatus.RECUSED
