"""`jiebang challenge`: an edition exists before the first file names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from app.challenges.commands import commands
from app.config import Settings, get_settings
from app.db import Database
from app.errors import JiebangError
from app.models import Challenge
from app.models.challenge import ChallengeStatus

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command on the database of the test."""
    monkeypatch.setenv("JIEBANG_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("JIEBANG_DATA_DIR", str(settings.data_dir))
    get_settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(commands, list(arguments))
    get_settings.cache_clear()


def test_a_challenge_is_announced_at_once_or_prepared(run: Run, db: Database) -> None:
    for arguments in (("TH2026", "--name", "第一届"), ("TH2027", "--name", "第二届", "--draft")):
        result = run("create", *arguments)
        assert result.exit_code == 0, result.output
    with db.read() as session:
        found = {row.code: (row.name, row.status) for row in session.scalars(select(Challenge))}
    assert found == {
        "TH2026": ("第一届", ChallengeStatus.OPEN),
        "TH2027": ("第二届", ChallengeStatus.DRAFT),
    }
    listed = run("list").output
    assert "TH2026" in listed
    assert "筹备中" in listed


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("A B", "--name", "有空格"), "invalid_input"),
        (("TH2026", "--name", ""), "invalid_input"),
        (("TH2025", "--name", "又一届"), "duplicate_code"),
    ],
)
def test_a_challenge_that_cannot_be_is_refused_in_one_line(
    run: Run, db: Database, arguments: tuple[str, ...], code: str
) -> None:
    assert run("create", "TH2025", "--name", "上一届").exit_code == 0
    result = run("create", *arguments)
    assert result.exit_code != 0
    assert isinstance(result.exception, JiebangError)
    assert result.exception.code == code
    with db.read() as session:
        assert [row.code for row in session.scalars(select(Challenge))] == ["TH2025"]
