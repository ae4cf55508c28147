"""`jiebang analyse`: reads the requirements under way again from the command line."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

from app.analysis import service, tasks
from app.auth.actor import SYSTEM
from app.challenges import entries
from app.context import open_context
from app.jobs.context import Progress as JobProgress
from app.jobs.service import run_inline
from app.kit.progress import progress_bar
from app.models.job import JobStatus

__all__ = ["commands", "tasks"]

commands = typer.Typer()
errors = Console(stderr=True)


@commands.command()
def analyse(
    challenge: Annotated[str | None, typer.Option(help="只解析该赛事的需求")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="汇总输出为 JSON")] = False,
) -> None:
    """解析办理中的技术需求：关键词、量化指标、资金、地点、领域、条件与缺项；人工修改的内容保留。"""
    with open_context() as context, progress_bar(errors) as progress:
        with context.db.write() as session:
            found = entries.by_code(session, challenge) if challenge is not None else None
            job_id = service.start_batch(session, SYSTEM, found).id
        bar = progress.add_task("解析", total=None)

        def on_progress(seen: JobProgress) -> None:
            progress.update(bar, completed=seen.done, total=seen.total)

        job = run_inline(context, job_id, on_progress)
    result = job.result or {}
    if job.status is not JobStatus.SUCCEEDED:
        errors.print(f"[red]错误[/red] {job.error or job.status.label}", highlight=False)
        sys.exit(1)
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
        return
    typer.echo(f"已解析 {result['requirements']} 项需求")
    if result["unreadable"]:
        errors.print(f"无法解析：{'、'.join(result['unreadable'])}", highlight=False)
