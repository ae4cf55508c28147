"""`jiebang learning`: import grades, train, list the versions, put one to use."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.context import open_context
from app.indexing.rankers import live_version
from app.jobs.context import Progress as JobProgress
from app.jobs.service import run_inline
from app.kit.progress import progress_bar
from app.learning import importing, repository, service, tasks
from app.models.job import JobStatus
from app.models.learning import RankerVersion, ranker_name

# The task registers itself on import, so that it can run in this process.
__all__ = ["commands", "tasks"]

commands = typer.Typer(no_args_is_help=True, help="反馈学习：导入评级、训练、查看与启用排序版本。")
errors = Console(stderr=True)

REASONS = {
    "too_few_requirements": "有可比评判的需求太少",
    "judgments_contradict_texts": "评判与文本的关联不超过偶然，疑有误标",
    "ranking_not_better_beyond_noise": "排序未显著变好",
    "ranking_worse": "排序变差",
    "calibration_worse": "概率校准变差",
    "probabilities_moved_far": "概率整体变动过大，须由人决定是否启用",
}


@commands.command("import")
def import_judgments(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="制表符分隔：需求编号、成果编号、等级 1–4")
    ],
) -> None:
    """导入人工评级；重复导入以最后一次为准。"""
    text = file.read_text(encoding="utf-8-sig")
    with open_context() as context, context.db.write() as session:
        done = importing.import_list(session, SYSTEM, text)
    typer.echo(f"新增 {done.added} 条，更新 {done.replaced} 条，未识别 {len(done.unknown)} 条")
    if done.unknown:
        shown = "、".join(str(line) for line in done.unknown[:20])
        errors.print(f"未识别的行：{shown}{'…' if len(done.unknown) > 20 else ''}", highlight=False)


@commands.command("train")
def train(
    promote: Annotated[bool, typer.Option("--promote", help="显著优于使用中的版本时自动启用")] = False,
) -> None:
    """收集反馈，学习一个版本，并在留出的需求上与使用中的版本比较。"""
    with open_context() as context, progress_bar(errors) as progress:
        context.index.load()
        context.index.settle()
        with context.db.write() as session:
            job_id = service.start_training(session, SYSTEM, promote=promote).id
        bar = progress.add_task("训练", total=None)

        def on_progress(seen: JobProgress) -> None:
            progress.update(bar, description=seen.stage, completed=seen.done, total=seen.total)

        job = run_inline(context, job_id, on_progress)
    result = job.result or {}
    if job.status is not JobStatus.SUCCEEDED:
        errors.print(f"[red]错误[/red] {job.error or job.status.label}", highlight=False)
        sys.exit(1)
    reasons = "；".join(REASONS.get(code, code) for code in result["reasons"])
    if result["ranker"] is None:
        typer.echo(f"{result['judgments']} 条评判，不足以训练：{reasons}")
        return
    verdict = "显著更好" if result["is_better"] else reasons
    status = "已启用" if result["status"] == "live" else "候选"
    typer.echo(f"{result['ranker']}（{status}）：{result['judgments']} 条评判；{verdict}")


@commands.command("list")
def list_rankers() -> None:
    """列出学得的版本；使用中的版本标 *。"""
    table = Table("版本", "状态", "评判", "需求", "nDCG@10 之差 [95 %]", "对照", "结论")
    with open_context() as context, context.db.read() as session:
        live = live_version(session)
        for row in session.scalars(select(RankerVersion).order_by(RankerVersion.number)):
            ndcg = row.figures["ndcg"]
            table.add_row(
                f"{ranker_name(row.number)}{' *' if live is not None and live.id == row.id else ''}",
                row.status.label,
                str(row.data["judgments"]),
                str(ndcg["number"]),
                f"{ndcg['mean']:+.4f} [{ndcg['low']:+.4f}, {ndcg['high']:+.4f}]",
                row.figures["against"],
                "显著更好" if row.is_better else "；".join(REASONS.get(code, code) for code in row.reasons),
            )
    Console().print(table)
    typer.echo(f"使用中：{ranker_name(live.number if live is not None else 0)}")


@commands.command("use")
def use(version: Annotated[str, typer.Argument(help="版本，如 v3；shipped 为出厂权重")]) -> None:
    """启用一个版本，或恢复出厂权重；各进程随即跟随。"""
    with open_context() as context:
        number = version.removeprefix("v")
        if version != "shipped" and not number.isdigit():
            raise typer.BadParameter("应为 v1、v2… 或 shipped")
        if version == "shipped":
            with context.db.write() as session:
                service.use_shipped(session, SYSTEM)
        else:
            context.index.load()
            with context.db.write() as session:
                found = repository.version_numbered(session, int(number))
                service.use(session, SYSTEM, found, recipe=context.index.recipe)
    typer.echo(f"使用中：{version}")
