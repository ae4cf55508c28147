"""`jiebang report`: makes a challenge's documents and writes them into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy import select
from sqlalchemy.orm import undefer

from app.auth.actor import SYSTEM
from app.challenges import entries
from app.context import open_context
from app.exchange.commands import FileNotWritable, JobFailed
from app.jobs.context import Progress
from app.jobs.service import run_inline
from app.kit.progress import progress_bar
from app.models.job import JobStatus
from app.models.report import ReportAudience, ReportFile, ReportKind
from app.reports import service, tasks

__all__ = ["commands", "tasks"]

commands = typer.Typer()
console = Console()
errors = Console(stderr=True)


@commands.command("report")
def report(
    challenge: Annotated[str, typer.Argument(help="赛事代码")],
    kind: Annotated[ReportKind, typer.Option(help="哪一种报告")] = ReportKind.REQUIREMENT_ANALYSIS,
    audience: Annotated[
        ReportAudience, typer.Option(help="内部版，或只含任何人可见内容的公开版")
    ] = ReportAudience.INTERNAL,
    out: Annotated[Path, typer.Option(help="写到这个文件夹")] = Path(),
) -> None:
    """生成赛事的报告与文书（Word、PDF 及附表），并写到文件夹。"""
    with open_context() as context:
        with context.db.write() as session:
            found = entries.by_code(session, challenge)
            record = service.order(session, SYSTEM, found, kind=kind, audience=audience)
        assert record.job_id is not None
        with progress_bar(errors) as bar:
            line = bar.add_task("准备", total=None)

            def tell(progress: Progress) -> None:
                bar.update(line, completed=progress.done, total=progress.total, description=progress.stage)

            job = run_inline(context, record.job_id, tell)
        if job.status is not JobStatus.SUCCEEDED:
            raise JobFailed(job)
        with context.db.read() as session:
            statement = select(ReportFile).where(ReportFile.report_id == record.id)
            files = list(session.scalars(statement.options(undefer(ReportFile.content))))
    for file in files:
        path = out / file.filename
        try:
            out.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
        except OSError as error:
            raise FileNotWritable() from error
        console.print(
            f"已写入 {escape(str(path))}（{file.size // 1024} KB）", highlight=False, soft_wrap=True
        )
