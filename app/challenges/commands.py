"""`jiebang challenge`: the editions that files and commands name by their code."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.challenges import service
from app.challenges.schemas import ChallengeCreate
from app.context import open_context
from app.errors import InvalidInput
from app.models.challenge import Challenge, ChallengeStatus
from app.problems import field_errors

commands = typer.Typer(no_args_is_help=True, help="赛事：新建、列出。")


@commands.command("create")
def create_challenge(
    code: Annotated[str, typer.Argument(help="赛事代码，如 TH2026")],
    name: Annotated[str, typer.Option(help="赛事名称")],
    is_draft: Annotated[bool, typer.Option("--draft", help="先筹备，不对外公布")] = False,
) -> None:
    """新建赛事，默认立即对外公布。"""
    try:
        body = ChallengeCreate(code=code, name=name)
    except ValidationError as error:
        raise InvalidInput(fields=field_errors(error.errors())) from error
    status = ChallengeStatus.DRAFT if is_draft else ChallengeStatus.OPEN
    with open_context() as context, context.db.write() as session:
        challenge = service.create(session, SYSTEM, body.model_dump(exclude={"status"}), status=status)
    typer.echo(f"已创建赛事 {challenge.code}（{challenge.status.label}），编号 {challenge.id}")


@commands.command("list")
def list_challenges() -> None:
    """列出全部赛事。"""
    table = Table("代码", "名称", "状态", "编号")
    with open_context() as context, context.db.read() as session:
        for row in session.scalars(select(Challenge).order_by(Challenge.code)):
            table.add_row(row.code, row.name, row.status.label, str(row.id))
    Console().print(table)
