"""Settings, commands, addresses and licences in the documentation are those of the program."""

from __future__ import annotations

import re
import shlex
import tomllib
from enum import Enum
from pathlib import Path
from typing import Any

import click
import pytest
import typer
from fastapi.testclient import TestClient
from pydantic import SecretStr

from app.cli import commands
from app.config import Settings
from tests.docs.pages import DOCS, GUIDE, GUIDES, ROOT, blocks, name_of, pages, table_rows

OPERATION = [GUIDE / "operation.md", GUIDE / "operation.zh.md"]
GUIDE_PAGES = [GUIDE / f"{name}{suffix}" for name in GUIDES for suffix in (".md", ".zh.md")]
_ROUTE = re.compile(r"\b(GET|POST|PATCH|DELETE) (/[\w/{}.…-]+)")


def shown(value: Any) -> str:
    """A default as the table shows it."""
    if isinstance(value, SecretStr) or value in ("", None):
        return "–"
    if isinstance(value, bool):
        return str(int(value))
    return str(value.value if isinstance(value, Enum) else value)


@pytest.mark.parametrize("page", OPERATION, ids=name_of)
def test_the_settings_table_is_complete_and_names_the_defaults(page: Path) -> None:
    rows = {row[0]: row[1] for row in table_rows(page) if row[0].startswith("JIEBANG_")}
    settings = {
        f"JIEBANG_{name.upper()}": shown(field.default) for name, field in Settings.model_fields.items()
    }
    assert rows == settings


def invocations(page: Path) -> list[list[str]]:
    """Every call of `jiebang` in the page's shell blocks, as words."""
    found = []
    for block in blocks(page, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"\||&&|;| > ", line.split(" #")[0]):
                if not re.search(r"(^|[\s/])jiebang\s", part):
                    continue
                words = shlex.split(part)
                places = [i for i, word in enumerate(words) if word in ("jiebang", ".venv/bin/jiebang")]
                if places:
                    found.append(words[places[0] + 1 :])
    return found


def complaint(words: list[str]) -> str:
    """What is wrong with a call; empty when command and options exist."""
    command: Any = typer.main.get_command(commands)
    rest = list(words)
    while isinstance(command, click.Group) or hasattr(command, "commands"):
        if rest[:1] and rest[0].startswith("--") and command.invoke_without_command:
            break
        if not rest or rest[0] not in command.commands:
            return f"no command {rest[:1]}"
        command = command.commands[rest.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return "; ".join(word for word in rest if word.startswith("--") and word not in known)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_command_shown_exists_with_its_options(page: Path) -> None:
    assert {" ".join(words): complaint(words) for words in invocations(page) if complaint(words)} == {}


@pytest.mark.parametrize("page", GUIDE_PAGES, ids=name_of)
def test_every_address_named_is_a_route(page: Path, client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    known = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path.removeprefix("/api/v1")))
        for path, methods in paths.items()
        for method in methods
    }
    named = _ROUTE.findall(page.read_text(encoding="utf-8"))
    unknown = [pair for pair in named if (pair[0], re.sub(r"\{\w+\}", "{}", pair[1])) not in known]
    assert unknown == []


def test_every_direct_dependency_is_listed_with_its_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    needed = {re.split(r"[\[=<>~!; ]", item)[0].lower() for group in groups for item in group}
    listed = {row[0].lower() for row in table_rows(DOCS / "licences.md") if len(row) > 1 and row[1]}
    assert needed - listed == set()
