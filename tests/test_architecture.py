"""The shape of the project, as rules that run."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import app
import matching

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(
    path
    for folder in ("app", "matching", "migrations/versions", "scripts", "tests")
    for path in (ROOT / folder).rglob("*.py")
)
MODULES = sorted(
    module.name
    for package in (app, matching)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
)


def test_sources_are_found() -> None:
    assert len(SOURCES) > 100


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_at_most_400_lines_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if "migrations/versions" not in path.as_posix():
        assert text.count("\n") <= 400, "a file that outgrows 400 lines hides a concept"
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module opens with what it answers for"


def test_imports_keep_their_direction() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_commit_appears_only_at_the_edge() -> None:
    allowed = {"app/db.py", "app/worker.py", "app/migrations.py"}
    found = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.is_relative_to(ROOT / "app") and ".commit()" in path.read_text(encoding="utf-8")
    }
    assert found <= allowed


@pytest.mark.parametrize("name", ["app.models", "matching"])
def test_exported_names_equal_all(name: str) -> None:
    module = importlib.import_module(name)
    exported = set(module.__all__)
    assert sorted(module.__all__) == list(module.__all__) or len(exported) == len(module.__all__)
    missing = {item for item in exported if not hasattr(module, item)}
    assert not missing
