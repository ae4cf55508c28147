"""`jiebang user`: the first accounts from the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from app.config import Settings, get_settings
from app.db import Database
from app.errors import JiebangError
from app.models import Membership, Organization, Role, User
from app.users.commands import commands

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command on the database of the test; `typed` is what comes from standard input."""
    monkeypatch.setenv("JIEBANG_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("JIEBANG_DATA_DIR", str(settings.data_dir))
    get_settings.cache_clear()
    yield lambda *arguments, typed="": CliRunner().invoke(commands, list(arguments), input=typed)
    get_settings.cache_clear()


def create(run: Run, *more: str, role: str = "admin", typed: str = "correct horse battery\n") -> Result:
    return run(
        "create", "--email", "Chief@Example.com", "--role", role, "--password-stdin", *more, typed=typed
    )


def codes(result: Result) -> list[str]:
    assert isinstance(result.exception, JiebangError)
    return [field.field for field in result.exception.fields] or [result.exception.code]


def test_the_first_administrator_needs_no_unit(run: Run, db: Database) -> None:
    result = create(run, "--name", "系统管理员")
    assert result.exit_code == 0, result.output
    assert "correct horse" not in result.output
    with db.read() as session:
        user = session.scalars(select(User)).one()
        assert (user.email, user.name) == ("chief@example.com", "系统管理员")
        assert [(row.role, row.organization_id) for row in user.memberships] == [(Role.ADMIN, None)]


def test_a_role_is_given_by_code_or_label_in_a_unit(
    run: Run, db: Database, seeker_organization: Organization
) -> None:
    result = create(run, "--organization", str(seeker_organization.id), role="技术需求方")
    assert result.exit_code == 0, result.output
    with db.read() as session:
        row = session.scalars(select(Membership)).one()
        assert (row.role, row.organization_id) == (Role.SEEKER, seeker_organization.id)


def test_what_is_wrong_is_named(run: Run, db: Database) -> None:
    assert codes(create(run, role="boss")) == ["role"]
    assert codes(create(run, role="seeker")) == ["memberships.0.organization_id"]
    assert codes(create(run, "--organization", "17")) == ["organization"]
    assert codes(create(run, typed="short\n")) == ["password"]
    assert codes(create(run, typed="")) == ["password"]
    assert codes(run("create", "--email", "x", "--role", "admin", "--password-stdin")) == ["email"]
    with db.read() as session:
        assert session.scalars(select(User)).all() == []


def test_without_a_terminal_the_password_must_come_from_standard_input(run: Run) -> None:
    assert codes(run("create", "--email", "a@example.com", "--role", "admin")) == ["password"]


def test_an_address_is_filed_once(run: Run) -> None:
    assert create(run).exit_code == 0
    assert codes(create(run)) == ["duplicate_email"]


def test_the_list_shows_everyone_with_the_roles(run: Run) -> None:
    create(run)
    result = run("list")
    assert result.exit_code == 0
    assert "chief@example" in result.output.replace("\n", "")
    assert "系统管理员" in result.output.replace("\n", "")
