"""The `jiebang` command: assembles the commands of the concepts and turns their errors into one clear line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from app import __version__, migrations
from app.config import get_settings
from app.context import open_context
from app.errors import JiebangError
from matching import MatchingError

commands = typer.Typer(
    name="jiebang",
    help="揭榜：技术创新挑战赛的需求征集、智能匹配与答复台账系统。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
errors = Console(stderr=True)


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
    import uvicorn

    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=20,
        server_header=False,
    )


@commands.command()
def version() -> None:
    """显示版本。"""
    typer.echo(__version__)


def main() -> None:
    """Entry point. Exits with 0 only on success; an error is one line on stderr."""
    try:
        get_settings()
        commands()
    except (JiebangError, MatchingError) as error:
        text = error.detail("zh") if isinstance(error, JiebangError) else error.zh
        errors.print(f"[red]错误[/red] {text}", highlight=False)
        for field in error.fields if isinstance(error, JiebangError) else ():
            errors.print(f"  {field.field}：{field.zh}", highlight=False)
        sys.exit(1)
    except ValueError as error:
        errors.print(f"[red]设置有误[/red] {error}", highlight=False)
        sys.exit(2)
