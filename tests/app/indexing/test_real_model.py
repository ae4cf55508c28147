"""With the fetched model: a problem finds its solution by sense, through the whole service."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.auth.actor import SYSTEM
from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.indexing.outbox import note
from app.indexing.service import SearchIndex
from app.matches.ranking import rank
from app.models import Organization
from app.models.indexing import IndexCollection
from app.requirements import repository
from matching.model import is_fetched
from tests import factories
from tests.app.indexing.conftest import is_faithful

MODELS = Path(__file__).resolve().parents[3] / "var" / "models"

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(not is_fetched(MODELS), reason="run `jiebang model fetch` first"),
]


def test_a_problem_finds_its_solution_by_sense(
    settings: Settings, db: Database, seeker_organization: Organization
) -> None:
    requirement = factories.make_requirement(
        db,
        seeker_organization,
        title="循环水泵停机后再启动时打不出水",
        problem="管路里残留空气，离心泵不能正常吸水，需要人工放气。",
        key_indicators="",
        goal="",
        keywords=[],
    )
    team = factories.make_solver(db, "流体机械研究所")
    titles = ("离心泵自动排气装置", "阻燃涤纶织物整理技术", "水稻育秧基质", "锂电池负极材料制备")
    rows = [factories.make_achievement(db, team, title) for title in titles]
    with db.write() as session:
        note(session, IndexCollection.SOLVERS, team.id)
        note(session, IndexCollection.ACHIEVEMENTS, [row.id for row in rows])
    index = SearchIndex(settings, db, models_dir=MODELS)
    context = AppContext(settings=settings, db=db, index=index)
    try:
        index.load()
        index.settle()
        assert is_faithful(index)
        assert index.status().model_id.startswith("m3e-small~general@")
        assert index.status().is_research_only
        with db.read() as session:
            row = repository.get(session, SYSTEM, requirement.id)
            found = rank(session, context.index, row, limit=3)
        assert found.candidates[0].achievement.title == "离心泵自动排气装置"
        hits = index.search("achievements", "泵 空气 排出").hits
        assert hits[0].key == str(rows[0].id)
    finally:
        index.close()
