"""`jiebang index`: what operators see, and the exit code they can rely on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.indexing import commands
from app.indexing.service import SearchIndex
from app.models import Achievement
from matching import VectorFacts
from tests.app.indexing.conftest import CountingEncoder, World


@pytest.fixture
def run(settings: Settings, db: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    @contextmanager
    def open_context() -> Iterator[AppContext]:
        index = SearchIndex(settings, db, encoder=CountingEncoder)
        yield AppContext(settings=settings, db=db, index=index)
        index.close()

    monkeypatch.setattr(commands, "open_context", open_context)
    yield CliRunner()


def test_the_status_is_readable_by_people_and_programs(run: CliRunner, world: World) -> None:
    result = run.invoke(commands.commands, ["status", "--json"])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["lag_rows"] >= 6
    assert found["documents"] == {"requirements": 0, "achievements": 0, "solvers": 0}
    assert found["vectors"]["achievements"]["kind"] == "exact"
    table = run.invoke(commands.commands, ["status"])
    assert "滞后" in table.stdout
    assert "向量逐条精确比较" in table.stdout


def test_the_status_names_the_recall_that_was_measured() -> None:
    facts = VectorFacts("compressed", 60_000, recall=0.9971, deep=0.99, queries=64, widening=4)
    assert "召回率 0.997（64 条查询，60000 条向量时实测）" in commands._searched(facts)


def test_verify_fails_on_a_difference_and_rebuild_repairs_it(
    run: CliRunner, db: Database, world: World
) -> None:
    waiting = run.invoke(commands.commands, ["verify"])
    assert (waiting.exit_code, "请待服务写完后再核对" in waiting.stderr) == (1, True)
    assert run.invoke(commands.commands, ["rebuild"]).exit_code == 0
    whole = run.invoke(commands.commands, ["verify"])
    assert (whole.exit_code, "索引与数据库一致" in whole.stdout) == (0, True)
    with db.write() as session:
        session.execute(
            update(Achievement).where(Achievement.id == world.achievements[0].id).values(title="改了")
        )
    damaged = run.invoke(commands.commands, ["verify"])
    assert damaged.exit_code == 1
    assert str(world.achievements[0].id) in damaged.stderr
    assert "jiebang index rebuild" in damaged.stderr
