"""Makes rows for tests with believable defaults; each function commits and returns the detached row."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi.testclient import TestClient

from app.auth.actor import SYSTEM
from app.db import Database
from app.indexing.outbox import note
from app.models import (
    Achievement,
    Challenge,
    Membership,
    Organization,
    Requirement,
    ReviewAssignment,
    Role,
    SolverProfile,
    User,
)
from app.models.challenge import ChallengeStatus
from app.models.indexing import IndexCollection
from app.models.organization import OrganizationKind
from app.requirements import service as requirements

REQUIREMENT: dict[str, Any] = {
    "title": "阻燃遮光窗帘面料的耐洗性提升",
    "problem": "现有后整理工艺在二十次水洗后阻燃性能明显下降，不能满足酒店工程的要求。",
    "key_indicators": "水洗 50 次后续燃时间 ≤ 5 s；遮光率 ≥ 99.9%",
    "goal": "形成可在现有定型机上实施的整理配方与工艺。",
    "keywords": ["阻燃整理", "遮光面料"],
}


def make_organization(
    db: Database, name: str = "通海市测试有限公司", *, kind: str = "enterprise", region: str = "江苏省/通海市"
) -> Organization:
    with db.write() as session:
        organization = Organization(name=name, kind=OrganizationKind(kind), region=region)
        session.add(organization)
        session.flush()
    return organization


def make_user(
    db: Database,
    role: Role,
    organization: Organization | None = None,
    *,
    email: str | None = None,
    password_hash: str = "unusable",
) -> User:
    with db.write() as session:
        user = User(
            email=email or f"{role.value}-{uuid.uuid4().hex[:12]}@example.com",
            name=role.label,
            password_hash=password_hash,
        )
        user.memberships = [Membership(role=role, organization_id=organization.id if organization else None)]
        session.add(user)
        session.flush()
    return user


def make_challenge(
    db: Database, code: str = "TH2026", status: ChallengeStatus = ChallengeStatus.OPEN
) -> Challenge:
    with db.write() as session:
        challenge = Challenge(code=code, name="通海市技术创新挑战赛", status=status)
        session.add(challenge)
        session.flush()
    return challenge


def make_requirement(db: Database, organization: Organization, **fields: Any) -> Requirement:
    """A draft, filed by staff."""
    with db.write() as session:
        owner = session.merge(organization, load=True)
        return requirements.create(session, SYSTEM, {**REQUIREMENT, **fields}, organization=owner)


def assign_reviewer(db: Database, requirement: Requirement, reviewer: TestClient | uuid.UUID) -> None:
    """The reviewer, a person's id or the client of one, sees the requirement from now on."""
    if not isinstance(reviewer, uuid.UUID):
        reviewer = uuid.UUID(reviewer.get("/api/v1/me").json()["id"])
    with db.write() as session:
        session.add(ReviewAssignment(requirement_id=requirement.id, reviewer_id=reviewer))
        note(session, IndexCollection.REQUIREMENTS, requirement.id)


def make_solver(db: Database, name: str = "江东理工大学纺织材料课题组", **fields: Any) -> SolverProfile:
    with db.write() as session:
        solver = SolverProfile(name=name, **fields)
        session.add(solver)
        session.flush()
    return solver


def make_achievement(
    db: Database, solver: SolverProfile, title: str = "耐久阻燃涤纶织物整理技术", **fields: Any
) -> Achievement:
    with db.write() as session:
        achievement = Achievement(solver_id=solver.id, title=title, **fields)
        session.add(achievement)
        session.flush()
    return achievement
