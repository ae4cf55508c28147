"""Staff let people in or refuse them, and decide whose an imported profile is."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.limiter import RegistrationLimiter
from app.db import Database
from app.models import Organization, ProfileClaim, Registration, Role, SolverProfile, User
from app.models.claim import ClaimStatus
from app.models.registration import RegistrationStatus
from tests import factories
from tests.app.console.conftest import Browse
from tests.app.console.test_joining import FORM
from tests.conftest import PASSWORD


@pytest.fixture
def university(db: Database) -> Organization:
    return factories.make_organization(db, "江东理工大学", kind="university")


def test_a_registered_person_is_let_in_to_the_unit_on_file_and_signs_in(
    visitor: TestClient, organizer_browser: TestClient, university: Organization, db: Database
) -> None:
    visitor.app.state.registration_limiter = RegistrationLimiter(1000)  # type: ignore[attr-defined]
    visitor.post("/register", data=FORM)
    listed = organizer_browser.get("/desk/registrations").text
    assert "陈立" in listed
    assert "未经邮件确认" in listed
    assert f'value="{university.id}"' in listed
    with db.read() as session:
        registration = session.scalars(select(Registration)).one()
    path = f"/desk/registrations/{registration.id}/approve"
    assert organizer_browser.post(path, data={"organization_id": str(university.id)}).status_code == 303
    with db.read() as session:
        user = session.scalars(select(User).where(User.email == FORM["email"])).one()
        assert [row.organization_id for row in user.memberships] == [university.id]
    answer = visitor.post("/login", data={"email": FORM["email"], "password": PASSWORD})
    assert answer.status_code == 303


def test_a_refusal_gives_its_reason(visitor: TestClient, organizer_browser: TestClient, db: Database) -> None:
    visitor.app.state.registration_limiter = RegistrationLimiter(1000)  # type: ignore[attr-defined]
    visitor.post("/register", data=FORM)
    with db.read() as session:
        registration = session.scalars(select(Registration)).one()
    path = f"/desk/registrations/{registration.id}/refuse"
    assert organizer_browser.post(path, data={"reason": ""}).status_code == 422
    assert organizer_browser.post(path, data={"reason": "请用单位邮箱。"}).status_code == 303
    with db.read() as session:
        found = session.get_one(Registration, registration.id)
    assert (found.status, found.answer) == (RegistrationStatus.REFUSED, "请用单位邮箱。")
    assert "请用单位邮箱。" in organizer_browser.get("/desk/registrations?status=refused").text


def test_a_team_finds_its_imported_profile_claims_it_and_gets_it(
    browse: Browse, organizer_browser: TestClient, university: Organization, db: Database
) -> None:
    profile = factories.make_solver(db, "江东理工大学纺织材料课题组")
    factories.make_achievement(db, profile, title="耐久阻燃整理技术")
    solver = browse(Role.SOLVER, university)
    assert f"team={profile.id}" in solver.get("/desk/claims/new?q=纺织").text
    assert "耐久阻燃整理技术" in solver.get(f"/desk/claims/new?team={profile.id}").text
    empty = solver.post("/desk/claims", data={"solver_id": str(profile.id), "reason": "", "proof": "专利"})
    assert (empty.status_code, "专利</textarea>" in empty.text) == (422, True)
    filed = {"solver_id": str(profile.id), "reason": "本校课题组。"}
    assert solver.post("/desk/claims", data=filed).headers["location"] == "/desk/claims"
    again = solver.post("/desk/claims", data=filed)
    assert (again.status_code, "待审核" in again.text) == (409, True)
    with db.read() as session:
        claim = session.scalars(select(ProfileClaim)).one()
    assert "本校课题组。" in organizer_browser.get("/desk/claims?status=waiting").text
    assert organizer_browser.post(f"/desk/claims/{claim.id}/approve", data={"note": ""}).status_code == 303
    with db.read() as session:
        assert session.get_one(SolverProfile, profile.id).organization_id == university.id
        assert session.get_one(ProfileClaim, claim.id).status is ClaimStatus.APPROVED


def test_a_claim_can_be_taken_back_or_refused(
    browse: Browse, organizer_browser: TestClient, university: Organization, db: Database
) -> None:
    profile = factories.make_solver(db)
    solver = browse(Role.SOLVER, university)
    filed = {"solver_id": str(profile.id), "reason": "本校课题组。"}
    solver.post("/desk/claims", data=filed)
    with db.read() as session:
        first = session.scalars(select(ProfileClaim.id)).one()
    assert solver.post(f"/desk/claims/{first}/withdraw").status_code == 303
    solver.post("/desk/claims", data=filed)
    with db.read() as session:
        second = session.scalars(select(ProfileClaim.id).where(ProfileClaim.id != first)).one()
    organizer_browser.post(f"/desk/claims/{second}/refuse", data={"reason": "证明不足。"})
    assert "证明不足。" in solver.get("/desk/claims").text
