"""`jiebang import` and `jiebang export` say what they did, and fail with one clear line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from app.context import AppContext
from app.errors import JiebangError
from app.exchange import commands
from tests.app.exchange.conftest import jsonl

ROWS = jsonl({"id": "R1", "title": "甲", "problem": "一"}, {"id": "R2", "title": "乙", "field": "玄学"})


@pytest.fixture
def folder(context: AppContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    @contextmanager
    def open_context() -> Iterator[AppContext]:
        yield context

    monkeypatch.setattr(commands, "open_context", open_context)
    (tmp_path / "requirements.jsonl").write_bytes(ROWS)
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(commands.commands, [str(argument) for argument in arguments])


def test_an_import_prints_its_counts_and_the_rejected_rows(folder: Path) -> None:
    done = run("import", folder / "requirements.jsonl", "--report", folder / "report.xlsx")
    assert done.exit_code == 0
    assert "技术需求导入结果" in done.stdout
    assert "第 2 行：“所属领域”只能填" in done.stderr
    assert load_workbook(folder / "report.xlsx").active.max_row == 3


def test_the_counts_come_as_json_and_a_second_import_changes_nothing(folder: Path) -> None:
    first = run("import", folder / "requirements.jsonl", "--json")
    again = run("import", folder / "requirements.jsonl", "--json")
    assert json.loads(first.stdout)["created"] == 1
    assert json.loads(again.stdout) == {**json.loads(first.stdout), "created": 0, "unchanged": 1}


def test_a_dry_run_says_that_nothing_was_stored(folder: Path) -> None:
    assert "没有入库" in run("import", folder / "requirements.jsonl", "--dry-run").stdout
    assert json.loads(run("import", folder / "requirements.jsonl", "--json").stdout)["created"] == 1


def test_all_or_nothing_fails_when_a_row_is_bad(folder: Path) -> None:
    done = run("import", folder / "requirements.jsonl", "--all-or-nothing")
    assert done.exit_code == 1
    assert "全部没有入库" in done.stdout


def test_an_export_can_be_imported(folder: Path) -> None:
    run("import", folder / "requirements.jsonl")
    out = folder / "out.xlsx"
    assert "已导出 1 条技术需求" in run("export", out, "--kind", "requirements").stdout
    assert json.loads(run("import", out, "--json").stdout)["unchanged"] == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("import", "{folder}/missing.xlsx"), "file_missing"),
        (("import", "{folder}"), "file_missing"),
        (("import", "{folder}/requirements.jsonl", "--challenge", "none"), "invalid_input"),
        (("export", "{folder}/a.pdf", "--kind", "solvers"), "wrong_suffix"),
        (("export", "{folder}/no/such/folder/a.csv", "--kind", "solvers"), "file_not_writable"),
        (("import", "{folder}/requirements.jsonl", "--report", "{folder}/no/r.xlsx"), "file_not_writable"),
    ],
)
def test_a_mistake_is_a_named_error(folder: Path, arguments: tuple[str, ...], code: str) -> None:
    done = run(*(argument.format(folder=folder) for argument in arguments))
    assert isinstance(done.exception, JiebangError)
    assert done.exception.code == code


def test_the_error_of_the_file_is_the_error_of_the_command(folder: Path) -> None:
    (folder / "a.csv").write_text("天气\n晴\n", encoding="utf-8")
    done = run("import", folder / "a.csv")
    assert isinstance(done.exception, JiebangError)
    assert "表头" in done.exception.detail("zh")
