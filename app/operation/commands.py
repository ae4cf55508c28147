"""`jiebang worker`, `backup` and `restore`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from app import worker as work
from app.context import open_context
from app.indexing.opening import snapshots_of
from app.operation import check_before_serving
from app.operation.archive import Manifest
from app.operation.backup import back_up
from app.operation.backup import restore as put_back

commands = typer.Typer()
console = Console(stderr=True)


@commands.command()
def worker() -> None:
    """执行后台任务并更新检索索引，直到收到 SIGTERM 或 Ctrl-C。"""
    with open_context() as context:
        check_before_serving(context)
        work.run(context)


@commands.command()
def backup(
    file: Annotated[Path, typer.Argument(help="备份文件，如 jiebang.tar.gz", dir_okay=False)],
) -> None:
    """为正在运行的系统做一份一致的完整备份。"""
    with open_context() as context, _progress("备份") as show:
        manifest = back_up(context.db, file, on_progress=show)
    typer.echo(f"已备份到 {file}（{file.stat().st_size / 1e6:.1f} MB）：{_contents(manifest)}")


@commands.command()
def restore(
    file: Annotated[Path, typer.Argument(help="jiebang backup 生成的文件", dir_okay=False)],
) -> None:
    """把备份恢复到空数据库；校验不通过则不恢复任何内容。"""
    with open_context() as context, _progress("恢复") as show:
        snapshots = snapshots_of(context.settings)
        manifest = put_back(context.db, file, snapshots=snapshots, on_progress=show)
    typer.echo(f"已恢复 {manifest.created_at} 的备份：{_contents(manifest)}")


@contextmanager
def _progress(title: str) -> Iterator[Callable[[str, int, int], None]]:
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda table, done, total: bar.update(task, completed=done, total=total)


def _contents(manifest: Manifest) -> str:
    rows = sum(member.rows for member in manifest.members)
    tables = len(manifest.members)
    return f"{tables} 张表、{rows} 行，审计日志 {manifest.audit_seq} 条，链尾 {manifest.audit_head}"
