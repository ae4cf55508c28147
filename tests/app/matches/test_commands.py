"""`jiebang match`: one line of JSON per candidate, complete or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from app.auth.actor import SYSTEM
from app.context import AppContext
from app.db import Database
from app.errors import InvalidInput
from app.matches import commands
from app.models import Requirement
from app.requirements import repository, service
from tests.app.matches.conftest import Edition


@pytest.fixture
def run(context: AppContext, edition: Edition, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    @contextmanager
    def open_context() -> Iterator[AppContext]:
        yield context

    monkeypatch.setattr(commands, "open_context", open_context)
    return CliRunner()


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def test_every_open_requirement_is_ranked_with_reasons(
    run: CliRunner, db: Database, edition: Edition, tmp_path: Path
) -> None:
    with db.write() as session:
        session.execute(update(Requirement).where(Requirement.id == edition.gear.id).values(external_id="R1"))
    out = tmp_path / "out" / "candidates.jsonl"
    result = run.invoke(commands.commands, ["--all", "--top", "2", "--out", str(out)])
    assert result.exit_code == 0, result.output
    lines = lines_of(out.read_text(encoding="utf-8"))
    assert {line["requirement"] for line in lines} == {"R1", str(edition.curtain.id)}
    first = next(line for line in lines if line["requirement"] == "R1" and line["rank"] == 1)
    assert first["solver"] == "S2"
    assert set(first) >= {"requirement", "rank", "solver", "achievement", "score", "grade", "evidence"}
    assert first["evidence"]


def test_one_requirement_is_named_by_either_id(run: CliRunner, edition: Edition) -> None:
    result = run.invoke(commands.commands, ["--requirement", str(edition.curtain.id)])
    assert result.exit_code == 0
    assert {line["requirement"] for line in lines_of(result.stdout)} == {str(edition.curtain.id)}


def test_a_challenge_narrows_the_list(run: CliRunner, edition: Edition) -> None:
    result = run.invoke(commands.commands, ["--all", "--challenge", "TH2026"])
    assert len({line["requirement"] for line in lines_of(result.stdout)}) == 2
    unknown = run.invoke(commands.commands, ["--all", "--challenge", "NONE"])
    assert isinstance(unknown.exception, InvalidInput)


def test_a_withdrawn_requirement_is_not_matched(run: CliRunner, db: Database, edition: Edition) -> None:
    with db.write() as session:
        row = repository.get(session, SYSTEM, edition.gear.id)
        service.withdraw(session, SYSTEM, row, reason="企业已自行解决")
    result = run.invoke(commands.commands, ["--all"])
    assert {line["requirement"] for line in lines_of(result.stdout)} == {str(edition.curtain.id)}


@pytest.mark.parametrize("arguments", [[], ["--all", "--requirement", "R1"], ["--requirement", "R404"]])
def test_an_unclear_wish_is_refused(run: CliRunner, edition: Edition, arguments: list[str]) -> None:
    result = run.invoke(commands.commands, arguments)
    assert isinstance(result.exception, InvalidInput)


def test_a_failure_leaves_no_half_file(
    run: CliRunner, edition: Edition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> object:
        raise OSError("disk full")

    monkeypatch.setattr(commands, "rank_all", broken)
    out = tmp_path / "candidates.jsonl"
    assert run.invoke(commands.commands, ["--all", "--out", str(out)]).exit_code == 1
    assert list(tmp_path.glob("candidates*")) == []
