"""Agreements in a browser: drafted, signed, paid, reported on and ended; lists, sums and figures agree."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.challenges import entries
from app.db import Database
from app.models import Agreement, Challenge, Organization, Payment, Requirement, Role, SolverProfile
from app.models.agreement import AgreementStatus, ReportKind, ReportStatus
from app.models.requirement import RequirementStatus
from app.requirements import repository as requirements
from tests import factories
from tests.app.agreements.agreements_in import agreement_in, agreement_on, read
from tests.app.agreements.conftest import team, university  # noqa: F401 (fixtures)
from tests.app.agreements.test_figures import pay
from tests.app.console.conftest import Browse
from tests.app.requirements.states import requirement_in

A = AgreementStatus
FIGURE = re.compile(
    r'<a href="(/desk/agreements\?[^"]*figure=[^"]*)">(\d+)</a></td><td class="amount number">([^<]*)'
)


@pytest.fixture
def requirement(db: Database, seeker_organization: Organization) -> Requirement:
    """In contact, in one challenge."""
    found = requirement_in(db, seeker_organization, RequirementStatus.IN_CONTACT)
    challenge = factories.make_challenge(db)
    with db.write() as session:
        entries.enter(session, challenge.id, found.id)
    return found


@pytest.fixture
def member_browser(browse: Browse, university: Organization) -> TestClient:  # noqa: F811
    return browse(Role.SOLVER, university)


def form_for(requirement: Requirement, team: SolverProfile, **fields: str) -> dict[str, str]:  # noqa: F811
    return {
        "requirement_id": str(requirement.id),
        "solver_id": str(team.id),
        "title": "联合开发合同",
        "kind": "joint",
        "amount_wan": "８2.5",
        "number": "TH-2026-HT-018",
        "ends_on": "2027-12-31",
        "other_parties": "通海市家纺协会\n江东纺织研究所",
        "challenge_id": "",
        **fields,
    }


def only(db: Database) -> Agreement:
    with db.read() as session:
        id = session.scalars(select(Agreement.id)).one()
    return read(db, Agreement(id=id))


def test_a_draft_is_filed_from_the_requirement_with_a_team_found_by_name(
    organizer_browser: TestClient,
    db: Database,
    requirement: Requirement,
    team: SolverProfile,  # noqa: F811
) -> None:
    assert requirement.title in organizer_browser.get("/desk/agreements/new").text
    new = organizer_browser.get(f"/desk/agreements/new?requirement={requirement.id}").text
    assert "请按名称查找" in new
    chosen = re.search(r'<option value="([^"]+)" selected>通海市技术创新挑战赛', new)
    assert chosen, "the only challenge is proposed"
    typed = form_for(requirement, team, challenge_id=chosen.group(1))
    looking = {name: value for name, value in typed.items() if name != "solver_id"}
    found = organizer_browser.post(
        "/desk/agreements", data={**looking, "team": team.name[:4], "then": "find"}
    )
    assert (found.status_code, str(team.id) in found.text, "TH-2026-HT-018" in found.text) == (
        200,
        True,
        True,
    )
    unchosen = organizer_browser.post("/desk/agreements", data=looking)
    assert (unchosen.status_code, "TH-2026-HT-018" in unchosen.text) == (422, True)
    answer = organizer_browser.post("/desk/agreements", data=typed)
    assert answer.status_code == 303, answer.text
    agreement = only(db)
    assert answer.headers["location"] == f"/desk/agreements/{agreement.id}"
    assert (agreement.status, agreement.amount_wan) == (A.DRAFT, Decimal("82.5"))
    assert agreement.other_parties == ["通海市家纺协会", "江东纺织研究所"]
    assert agreement.challenge is not None


def test_a_draft_is_edited_and_a_stale_edit_keeps_what_was_typed(
    seeker_browser: TestClient,
    db: Database,
    seeker_organization: Organization,
    team: SolverProfile,  # noqa: F811
) -> None:
    agreement = agreement_in(db, seeker_organization, team, A.DRAFT)
    path = f"/desk/agreements/{agreement.id}/edit"
    assert 'value="80"' in seeker_browser.get(path).text
    typed = {"title": "改", "amount_wan": "1，200", "other_parties": "", "version": str(agreement.version)}
    assert seeker_browser.post(path, data=typed).status_code == 303
    assert (only(db).title, only(db).amount_wan) == ("改", Decimal(1200))
    stale = seeker_browser.post(path, data={**typed, "title": "再改"})
    assert (stale.status_code, "再改" in stale.text, only(db).title) == (412, True, "改")


def test_a_signature_is_recorded_on_a_day_that_has_come_and_agrees_the_requirement(
    organizer_browser: TestClient,
    seeker_browser: TestClient,
    db: Database,
    requirement: Requirement,
    team: SolverProfile,  # noqa: F811
) -> None:
    path = f"/desk/agreements/{agreement_on(db, requirement.id, team, A.DRAFT).id}"
    assert "登记签署" not in seeker_browser.get(path).text
    assert seeker_browser.post(f"{path}/sign", data={"signed_on": "2026-06-01"}).status_code == 403
    early = organizer_browser.post(f"{path}/sign", data={"signed_on": "2999-01-01"})
    assert (early.status_code, "日期不能晚于今天" in early.text, "2999-01-01" in early.text) == (
        422,
        True,
        True,
    )
    assert organizer_browser.post(f"{path}/sign", data={"signed_on": "2026-06-01"}).status_code == 303
    with db.read() as session:
        moved = requirements.get(session, SYSTEM, requirement.id)
    assert moved.status is RequirementStatus.AGREED


def test_payments_are_recorded_up_to_the_amount_and_voided_with_a_reason(
    organizer_browser: TestClient,
    seeker_browser: TestClient,
    member_browser: TestClient,
    db: Database,
    seeker_organization: Organization,
    team: SolverProfile,  # noqa: F811
) -> None:
    path = f"/desk/agreements/{agreement_in(db, seeker_organization, team, A.SIGNED).id}"
    first = {"amount_wan": "30", "received_on": "2026-06-02", "note": "首付款"}
    for browser in (seeker_browser, member_browser):
        assert browser.post(f"{path}/payments", data=first).status_code == 403
    assert organizer_browser.post(f"{path}/payments", data=first).status_code == 303
    much = organizer_browser.post(f"{path}/payments", data={**first, "amount_wan": "50.1"})
    assert (much.status_code, "累计到账将超过合同金额" in much.text, "50.1" in much.text) == (409, True, True)
    for browser in (seeker_browser, member_browser, organizer_browser):
        assert re.search(r"<strong>30 万元</strong> / 80 万元", browser.get(path).text)
    with db.read() as session:
        payment = session.scalars(select(Payment)).one()
    unsaid = organizer_browser.post(f"{path}/payments/{payment.id}/void", data={"reason": ""})
    assert unsaid.status_code == 422
    done = organizer_browser.post(f"{path}/payments/{payment.id}/void", data={"reason": "重复登记"})
    assert done.status_code == 303
    shown = seeker_browser.get(path).text
    assert "<del>2026-06-02 30 万元</del>" in shown
    assert "重复登记" in shown
    assert re.search(r"<strong>0 万元</strong> / 80 万元", shown)


def test_milestones_are_planned_and_reached_by_the_seeker(
    seeker_browser: TestClient,
    member_browser: TestClient,
    db: Database,
    seeker_organization: Organization,
    team: SolverProfile,  # noqa: F811
) -> None:
    path = f"/desk/agreements/{agreement_in(db, seeker_organization, team, A.SIGNED).id}"
    planned = {"title": "中试样品送检", "due_on": "2026-01-31", "amount_wan": "30"}
    assert member_browser.post(f"{path}/milestones", data=planned).status_code == 403
    assert seeker_browser.post(f"{path}/milestones", data=planned).status_code == 303
    assert "已到期" in member_browser.get(path).text
    (milestone,) = only(db).milestones
    reached = {**planned, "reached_on": "2026-01-30", "version": str(only(db).version)}
    assert seeker_browser.post(f"{path}/milestones/{milestone.id}", data=reached).status_code == 303
    assert "2026-01-30 完成" in member_browser.get(path).text
    stale = seeker_browser.post(f"{path}/milestones/{milestone.id}", data={**reached, "title": "别的"})
    assert (stale.status_code, "别的" in stale.text) == (412, True)


def test_reports_are_handed_in_by_a_party_returned_and_accepted_and_close_the_agreement(
    organizer_browser: TestClient,
    member_browser: TestClient,
    db: Database,
    seeker_organization: Organization,
    team: SolverProfile,  # noqa: F811
) -> None:
    path = f"/desk/agreements/{agreement_in(db, seeker_organization, team, A.IN_DELIVERY).id}"
    early = organizer_browser.post(f"{path}/complete")
    assert (early.status_code, "结题报告尚未审核通过" in early.text) == (409, True)
    final = {"kind": "final", "text": "指标全部达到。"}
    assert member_browser.post(f"{path}/reports", data=final).status_code == 303
    again = member_browser.post(f"{path}/reports", data=final)
    assert (again.status_code, "同类报告待审核或已通过" in again.text) == (409, True)
    (report,) = only(db).reports
    back = organizer_browser.post(f"{path}/reports/{report.id}/return", data={"reason": "请补第三方检测。"})
    assert back.status_code == 303
    assert "请补第三方检测。" in member_browser.get(path).text
    assert member_browser.post(f"{path}/reports", data=final).status_code == 303
    newest = only(db).reports[-1]
    assert member_browser.post(f"{path}/reports/{newest.id}/accept").status_code == 403
    assert organizer_browser.post(f"{path}/reports/{newest.id}/accept").status_code == 303
    assert [(row.kind, row.status) for row in only(db).reports] == [
        (ReportKind.FINAL, ReportStatus.RETURNED),
        (ReportKind.FINAL, ReportStatus.ACCEPTED),
    ]
    assert organizer_browser.post(f"{path}/complete").status_code == 303
    assert only(db).status is A.COMPLETED


def test_a_termination_needs_its_reason_and_a_draft_is_given_up(
    organizer_browser: TestClient,
    seeker_browser: TestClient,
    db: Database,
    seeker_organization: Organization,
    team: SolverProfile,  # noqa: F811
) -> None:
    signed = agreement_in(db, seeker_organization, team, A.SIGNED)
    path = f"/desk/agreements/{signed.id}"
    assert organizer_browser.post(f"{path}/terminate", data={"reason": ""}).status_code == 422
    ended = organizer_browser.post(f"{path}/terminate", data={"reason": "产线停产。"})
    assert ended.status_code == 303
    assert "产线停产。" in seeker_browser.get(path).text
    assert organizer_browser.post(f"{path}/unheard-of").status_code == 404
    draft = agreement_in(db, seeker_organization, team, A.DRAFT)
    assert seeker_browser.post(f"/desk/agreements/{draft.id}/cancel").status_code == 303
    assert read(db, draft).status is A.CANCELLED


@pytest.fixture
def money(
    db: Database,
    seeker_organization: Organization,
    other_organization: Organization,
    team: SolverProfile,  # noqa: F811
    requirement: Requirement,
) -> Challenge:
    """Three signed agreements of two units, one of them in a challenge and paid; one terminated; one draft."""
    paid = agreement_on(db, requirement.id, team, A.SIGNED, {"amount_wan": Decimal("10.5")})
    pay(db, paid, "3", "0.25")
    where = {"region": "江苏省/通海市/川桥镇", "field": "海洋"}
    for unit, status in (
        (seeker_organization, A.IN_DELIVERY),
        (other_organization, A.SIGNED),
        (other_organization, A.TERMINATED),
        (seeker_organization, A.DRAFT),
    ):
        agreement_in(db, unit, team, status, requirement=where)
    with db.read() as session:
        return session.scalars(select(Challenge)).one()


def test_each_figure_leads_to_as_many_agreements_with_the_same_sum(
    organizer_browser: TestClient, seeker_browser: TestClient, member_browser: TestClient, money: Challenge
) -> None:
    for browser, least in ((organizer_browser, 3), (seeker_browser, 2), (member_browser, 3)):
        for by in ("challenge", "district", "field"):
            shown = browser.get(f"/desk/agreements/figures?by={by}").text
            found = FIGURE.findall(shown)
            assert max(int(count) for _, count, _ in found) == least
            for link, count, amount in found:
                listed = browser.get(unescape(link)).text
                assert f"共 {count} 项" in listed, link
                assert len(re.findall(r'<td class="wrap"><a href="/desk/agreements/', listed)) == int(count)
                sums = re.search(r"合同金额合计 ([^，]+)，已到账 ([^<]+)</p>", listed)
                assert sums, link
                assert sums.group(2 if "figure=paid" in link else 1) == amount, link


def test_the_challenge_shows_its_money_and_leads_to_the_list(
    organizer_browser: TestClient, money: Challenge
) -> None:
    shown = organizer_browser.get(f"/desk/challenges/{money.id}").text
    assert "10.5 万元" in shown
    listed = organizer_browser.get(f"/desk/agreements?challenge={money.code}&figure=paid").text
    assert "共 1 项" in listed
    assert organizer_browser.get("/desk/agreements?challenge=NONE").status_code == 404


def test_the_list_is_filtered_and_its_sums_follow(
    organizer_browser: TestClient, seeker_browser: TestClient, money: Challenge
) -> None:
    for query, count in (
        ("", 5),
        ("?status=terminated", 1),
        ("?field=海洋", 4),
        ("?region=川桥", 4),
        ("?kind=service", 0),
        ("?signed_from=2026-06-02", 0),
        ("?signed_to=2026-06-01", 4),
        ("?signed_to=nonsense", 5),
    ):
        assert f"共 {count} 项" in organizer_browser.get(f"/desk/agreements{query}").text, query
    assert "共 3 项" in seeker_browser.get("/desk/agreements").text


def test_reviewers_and_strangers_to_an_agreement_do_not_see_it(
    browse: Browse,
    member_browser: TestClient,
    db: Database,
    seeker_organization: Organization,
    team: SolverProfile,  # noqa: F811
) -> None:
    draft = agreement_in(db, seeker_organization, team, A.DRAFT)
    assert browse(Role.REVIEWER).get("/desk/agreements").status_code == 403
    assert member_browser.get(f"/desk/agreements/{draft.id}").status_code == 404
    assert "协议签署后会显示在这里" in member_browser.get("/desk/agreements").text


def test_the_parties_take_the_certificate_of_a_signed_agreement_away(
    seeker_browser: TestClient,
    db: Database,
    seeker_organization: Organization,
    team: SolverProfile,  # noqa: F811
) -> None:
    signed = f"/desk/agreements/{agreement_in(db, seeker_organization, team, A.SIGNED).id}"
    assert f'href="{signed}/certificate.docx"' in seeker_browser.get(signed).text
    answer = seeker_browser.get(f"{signed}/certificate.docx")
    assert (answer.status_code, answer.content[:2]) == (200, b"PK")
    assert seeker_browser.get(f"{signed}/certificate.xlsx").status_code == 404
    draft = f"/desk/agreements/{agreement_in(db, seeker_organization, team, A.DRAFT).id}"
    assert "certificate" not in seeker_browser.get(draft).text
    assert seeker_browser.get(f"{draft}/certificate.docx").status_code == 404
