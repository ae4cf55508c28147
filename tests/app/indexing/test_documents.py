"""What the index knows of a row, and what it must never know."""

from __future__ import annotations

import pytest

from app.db import Database
from app.indexing.documents import region_levels, same_name
from app.indexing.drain import build_all
from app.models import Organization
from app.models.indexing import IndexCollection
from app.models.requirement import Confidentiality
from app.models.solver import UNNAMED
from matching import Document
from tests import factories

TALKATIVE = {
    "title": "锦绣家纺窗帘面料耐洗性提升",
    "problem": "通海市锦绣家纺有限公司的后整理工艺不稳定，联系人王工 13800138000，wang@jinxiu.cn。",
    "contact": "王小明",
    "phone": "0513-88886666",
    "email": "boss@jinxiu.cn",
}


def document_of(db: Database, organization: Organization, **fields: object) -> Document:
    requirement = factories.make_requirement(db, organization, **{**TALKATIVE, **fields})
    with db.read() as session:
        built, _ = build_all(session, IndexCollection.REQUIREMENTS, [requirement.id])
    return built[requirement.id]


@pytest.mark.parametrize("tier", list(Confidentiality))
def test_contacts_never_reach_the_index(
    db: Database, seeker_organization: Organization, tier: Confidentiality
) -> None:
    document = document_of(db, seeker_organization, confidentiality=tier)
    everything = document.title + document.description + repr(document.attributes)
    for secret in ("王小明", "13800138000", "88886666", "jinxiu.cn"):
        assert secret not in everything


@pytest.mark.parametrize("tier", [Confidentiality.ANONYMOUS, Confidentiality.RESTRICTED])
def test_the_units_own_name_is_taken_out_unless_the_tier_is_public(
    db: Database, seeker_organization: Organization, tier: Confidentiality
) -> None:
    document = document_of(db, seeker_organization, confidentiality=tier)
    assert "锦绣" not in document.title + document.description
    assert "后整理工艺不稳定" in document.description


def test_a_public_requirement_keeps_the_name(db: Database, seeker_organization: Organization) -> None:
    assert "锦绣家纺" in document_of(db, seeker_organization).title


def test_a_requirement_carries_what_visibility_asks_for(
    db: Database, seeker_organization: Organization
) -> None:
    facts = document_of(db, seeker_organization).attributes
    assert facts["status"] == "draft"
    assert facts["organization"] == str(seeker_organization.id)
    assert facts["confidentiality"] == "public"
    assert facts["region"] == ("江苏省", "江苏省/通海市", "江苏省/通海市/城东街道")


def test_an_achievement_carries_the_facts_of_its_solver(db: Database) -> None:
    solver = factories.make_solver(db, region="江苏省/南京市", exclusions=["恒力机械 制造"])
    achievement = factories.make_achievement(db, solver)
    with db.read() as session:
        built, _ = build_all(session, IndexCollection.ACHIEVEMENTS, [achievement.id])
    document = built[achievement.id]
    assert document.owner == str(solver.id)
    assert document.attributes["region"] == ("江苏省", "江苏省/南京市")
    assert document.attributes["excludes"] == ("恒力机械制造",)
    assert document.attributes["active"] == "yes"


def test_a_solver_that_stands_for_one_achievement_has_no_document_of_its_own(db: Database) -> None:
    solver = factories.make_solver(db, "低噪声行星减速器", source=UNNAMED)
    achievement = factories.make_achievement(db, solver, "低噪声行星减速器")
    with db.read() as session:
        solvers, _ = build_all(session, IndexCollection.SOLVERS, [solver.id])
        achievements, _ = build_all(session, IndexCollection.ACHIEVEMENTS, [achievement.id])
    assert solvers == {}
    assert "organization" not in achievements[achievement.id].attributes


def test_regions_are_found_at_every_level() -> None:
    assert region_levels(" 山东省/潍坊市 / 高密市") == ("山东省", "山东省/潍坊市", "山东省/潍坊市/高密市")
    assert region_levels("") == ()


def test_names_are_the_same_whatever_their_width_and_blanks() -> None:
    assert same_name("ＡＢＣ 机械　公司") == same_name("abc机械公司")
