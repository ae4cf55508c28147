"""`jiebang learning` imports, trains, lists, and goes back, each in one line that a person understands."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import commands
from app.config import get_settings
from app.context import AppContext
from app.models import Achievement, Requirement


@pytest.fixture(autouse=True)
def use_test_database(context: AppContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIEBANG_DATABASE_URL", context.settings.database_url)
    monkeypatch.setenv("JIEBANG_DATA_DIR", str(context.settings.data_dir))
    get_settings.cache_clear()


def run(*arguments: str) -> str:
    result = CliRunner().invoke(commands, ["learning", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_list_of_grades_is_imported(
    requirements: list[Requirement], achievements: list[Achievement], tmp_path: Path
) -> None:
    file = tmp_path / "judgments.tsv"
    file.write_text("R0\tA0-0\t4\nR1\tA0-0\t1\nR1\tnone\t1\n", encoding="utf-8")
    output = run("import", str(file))
    assert "新增 2 条，更新 0 条，未识别 1 条" in output
    assert "未识别的行：3" in output


def test_the_shipped_weights_are_live_at_first_and_after_going_back() -> None:
    assert "使用中：shipped" in run("list")
    assert "使用中：shipped" in run("use", "shipped")


def test_a_name_that_is_no_version_is_refused() -> None:
    result = CliRunner().invoke(commands, ["learning", "use", "latest"])
    assert result.exit_code == 2
