"""A team of its own unit, and people who act for it and for another."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from app.db import Database
from app.models import Organization, Role, SolverProfile
from tests import factories
from tests.conftest import Login


@pytest.fixture
def university(db: Database) -> Organization:
    return factories.make_organization(db, "江东理工大学", kind="university")


@pytest.fixture
def institute(db: Database) -> Organization:
    return factories.make_organization(db, "江东纺织研究所", kind="institute")


@pytest.fixture
def team(db: Database, university: Organization) -> SolverProfile:
    return factories.make_solver(db, organization_id=university.id)


@pytest.fixture
def other_team(db: Database, institute: Organization) -> SolverProfile:
    return factories.make_solver(db, "江东纺织研究所新材料组", organization_id=institute.id)


@pytest.fixture
def member(sign_in: Login, university: Organization, team: SolverProfile) -> TestClient:
    """Someone who acts for the team."""
    return sign_in(Role.SOLVER, university)


@pytest.fixture
def outsider(sign_in: Login, institute: Organization) -> TestClient:
    """Someone who acts for another team."""
    return sign_in(Role.SOLVER, institute)
