"""Requirements, teams with achievements, and an index that knows them."""

from __future__ import annotations

import pytest

from app.context import AppContext
from app.db import Database
from app.models import Achievement, Challenge, Organization, Requirement, SolverProfile
from app.models.requirement import RequirementStatus
from tests import factories

TOPICS = (
    "阻燃窗帘",
    "减速器噪声",
    "铝合金铸造",
    "电解液配方",
    "轴承钢热处理",
    "污泥干化",
    "光伏背板",
    "菌种选育",
)


@pytest.fixture
def challenge(db: Database) -> Challenge:
    return factories.make_challenge(db)


@pytest.fixture
def requirements(db: Database, seeker_organization: Organization) -> list[Requirement]:
    """Submitted ones, each with an external id."""
    made = [
        factories.make_requirement(
            db,
            seeker_organization,
            title=f"{topic}的关键技术",
            problem=f"现有{topic}工艺不稳定，良率偏低，需要改进。",
            external_id=f"R{number}",
        )
        for number, topic in enumerate(TOPICS * 2)
    ]
    with db.write() as session:
        for row in made:
            session.merge(row).status = RequirementStatus.PUBLISHED
    return made


@pytest.fixture
def teams(db: Database) -> list[SolverProfile]:
    return [factories.make_solver(db, f"第{number}课题组") for number in range(4)]


@pytest.fixture
def achievements(db: Database, teams: list[SolverProfile]) -> list[Achievement]:
    """Four per topic, one of each team; the first of a topic says most about it."""
    endings = ("整理技术与工艺稳定性", "工艺", "装置", "管理方法")
    return [
        factories.make_achievement(
            db,
            teams[place],
            f"{topic if place < 2 else topic[:2]}{ending}",
            external_id=f"A{number}-{place}",
        )
        for number, topic in enumerate(TOPICS)
        for place, ending in enumerate(endings)
    ]


@pytest.fixture
def indexed(
    context: AppContext, requirements: list[Requirement], achievements: list[Achievement]
) -> AppContext:
    """The context with everything in its index."""
    context.index.load()
    context.index.rebuild()
    return context
