"""A challenge with published problems of two units, and teams with achievements, all of it indexed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from app.auth.actor import SYSTEM
from app.context import AppContext
from app.db import Database
from app.indexing.outbox import note
from app.models import Achievement, Challenge, Organization, Requirement, SolverProfile
from app.models.indexing import IndexCollection
from app.requirements import repository as requirements
from app.requirements import service
from tests import factories

GEAR: dict[str, Any] = {
    "title": "低噪声行星减速器",
    "problem": "行星减速器在高转速下噪声大、温升高，齿轮磨损快。",
    "key_indicators": "噪声 ≤ 60 dB；温升 ≤ 40 K",
    "goal": "完成样机并通过一千小时寿命试验。",
    "keywords": ["减速器", "齿轮"],
}


@dataclass
class Edition:
    """The rows, detached. `curtain` and `gear` are published; `textile` and `drives` are teams."""

    challenge: Challenge
    curtain: Requirement
    gear: Requirement
    textile: SolverProfile
    drives: SolverProfile
    achievements: dict[str, Achievement]


def publish(db: Database, requirement: Requirement, challenge: Challenge | None = None) -> Requirement:
    """Takes a draft to publication."""
    with db.write() as session:
        row = requirements.get(session, SYSTEM, requirement.id)
        service.submit(session, SYSTEM, row)
        service.approve(session, SYSTEM, row)
        service.publish(session, SYSTEM, row, challenge=challenge.code if challenge else None)
        return row


def refresh_index(context: AppContext) -> None:
    """Brings the index up to date with the database."""
    context.index.load()
    context.index.settle()


def note_all(db: Database, solvers: list[SolverProfile], achievements: list[Achievement]) -> None:
    with db.write() as session:
        note(session, IndexCollection.SOLVERS, [row.id for row in solvers])
        note(session, IndexCollection.ACHIEVEMENTS, [row.id for row in achievements])


@pytest.fixture
def edition(
    context: AppContext,
    db: Database,
    seeker_organization: Organization,
    other_organization: Organization,
) -> Edition:
    challenge = factories.make_challenge(db)
    curtain = publish(db, factories.make_requirement(db, seeker_organization), challenge)
    gear = publish(db, factories.make_requirement(db, other_organization, **GEAR), challenge)
    textile = factories.make_solver(db, external_id="S1", source="import", region="江苏省/南京市")
    drives = factories.make_solver(
        db, "华东精密传动研究所", external_id="S2", source="import", region="浙江省/杭州市"
    )
    achievements = {
        title: factories.make_achievement(db, team, title)
        for team, title in (
            (textile, "耐久阻燃涤纶织物整理技术"),
            (textile, "遮光窗帘面料的涂层方法"),
            (drives, "低噪声行星减速器的齿形修形方法"),
            (drives, "高转速齿轮的温升抑制"),
        )
    }
    note_all(db, [textile, drives], list(achievements.values()))
    refresh_index(context)
    return Edition(challenge, curtain, gear, textile, drives, achievements)
