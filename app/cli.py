"""The `jiebang` command: puts the concepts' commands together and turns errors into one clear line."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from app import __version__, migrations
from app.adaptation.commands import commands as model
from app.analysis.commands import commands as analysis
from app.challenges.commands import commands as challenges
from app.config import get_settings
from app.context import open_context
from app.demo.commands import commands as demo
from app.errors import JiebangError
from app.evaluation.commands import commands as evaluation
from app.exchange.commands import commands as exchange
from app.indexing.commands import commands as index
from app.learning.commands import commands as learning
from app.matches.commands import commands as matches
from app.operation.commands import commands as operation
from app.reports.commands import commands as reports
from app.serving import serve_forever
from app.users.commands import commands as users
from matching import MatchingError

commands = typer.Typer(
    name="jiebang",
    help="揭榜：技术创新挑战赛的需求征集、智能匹配与答复台账系统。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
errors = Console(stderr=True)

for group in (demo, exchange, analysis, matches, reports, evaluation, operation):
    commands.add_typer(group)
commands.add_typer(users, name="user")
commands.add_typer(challenges, name="challenge")
commands.add_typer(index, name="index")
commands.add_typer(learning, name="learning")
commands.add_typer(model, name="model")


@commands.command()
def migrate() -> None:
    """把数据库升级到最新结构。"""
    with open_context() as context:
        before = migrations.current(context.db)
        migrations.migrate(context.db)
    after = migrations.head()
    typer.echo(f"数据库已是最新结构（{after}）" if before == after else f"数据库已升级到 {after}")


@commands.command()
def serve(
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="监听端口")] = 8000,
) -> None:
    """启动 API 服务；默认在同一进程内执行后台任务。"""
    serve_forever(host=host, port=port)


@commands.command()
def version() -> None:
    """显示版本。"""
    typer.echo(__version__)


def main() -> None:
    """Entry point. Exits with 0 only on success; an error is one line on stderr."""
    try:
        get_settings()
    except ValidationError as error:
        problems = "；".join(str(item["msg"]).removeprefix("Value error, ") for item in error.errors())
        errors.print(f"[red]设置有误[/red] {problems}", highlight=False)
        sys.exit(2)
    # A command's own output is for people; what the log says beside it should show that it is the log.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        commands()
    except JiebangError as error:
        errors.print(f"[red]错误[/red] {error.detail('zh')}", highlight=False)
        for field in error.fields:
            errors.print(f"  {field.field}：{field.zh}", highlight=False)
        sys.exit(1)
    except MatchingError as error:
        errors.print(f"[red]错误[/red] {error.zh}", highlight=False)
        errors.print(f"  {error.detail}", highlight=False, markup=False)
        sys.exit(1)
