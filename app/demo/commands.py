"""`jiebang demo`: the sample challenge, matched, shown and (unless DEMO_SERVE=0) served."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from app.context import open_context
from app.demo import load, table
from app.serving import serve_forever
from app.worker import load_tasks

commands = typer.Typer()
console = Console()


@commands.command()
def demo(
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="监听端口")] = 8000,
) -> None:
    """装入示例赛事，完成一轮匹配并显示结果，然后启动服务（DEMO_SERVE=0 时不启动）。"""
    load_tasks()
    with open_context() as context:
        context.index.load()
        with _progress() as progress:
            task = progress.add_task("准备", total=None)

            def tell(stage: str, done: int, total: int | None) -> None:
                progress.update(task, description=stage, completed=done, total=total)

            round_id = load.load(context, tell)
            progress.update(task, description="完成", completed=1, total=1)
        context.index.save()
        with context.db.read() as session:
            table.print_round(console, session, round_id)
    table.print_accounts(console)
    if os.environ.get("DEMO_SERVE") == "0":
        return
    console.print(
        f"网页 http://{host}:{port} ，接口文档 http://{host}:{port}/docs ，按 Ctrl-C 停止。", style="bold"
    )
    serve_forever(host=host, port=port)


def _progress() -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
