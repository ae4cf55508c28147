"""`jiebang import` and `jiebang export`: files in and out from the command line, with the system's rights."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import undefer

from app.auth.actor import SYSTEM
from app.context import AppContext, open_context
from app.errors import JiebangError
from app.exchange import service, tasks
from app.exchange.errors import FileTooBig
from app.exchange.guards import MEGABYTE
from app.exchange.report import make_report
from app.exchange.repository import rows_of
from app.jobs.context import Progress as JobProgress
from app.jobs.service import run_inline
from app.models.exchange import Export, Import, ImportKind, ImportMode, ImportRow
from app.models.job import Job, JobStatus

__all__ = ["commands", "tasks"]

commands = typer.Typer()
console = Console()
errors = Console(stderr=True)

SHOWN_REJECTED = 200


class FileMissing(JiebangError):
    code, status = "file_missing", 404
    zh, en = "找不到文件，或无法读取", "The file does not exist or cannot be read"


class FileNotWritable(JiebangError):
    code, status = "file_not_writable", 422
    zh, en = "无法写入指定的文件，请检查文件夹是否存在、是否可写", "The file cannot be written"


class WrongSuffix(JiebangError):
    code, status = "wrong_suffix", 422
    zh, en = "导出文件的扩展名应为 .xlsx、.csv 或 .jsonl", "The file must end in .xlsx, .csv or .jsonl"


@commands.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help=".xlsx、.xls、.csv 或 .jsonl 文件")],
    kind: Annotated[ImportKind | None, typer.Option(help="省略时由表头判断")] = None,
    challenge: Annotated[str | None, typer.Option(help="需求要进入的赛事代码")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不入库")] = False,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="有一行不合格就全部不入库")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="把标注结果的文件写到这里（.xlsx）")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="汇总输出为 JSON")] = False,
) -> None:
    """导入技术需求、解决方或科技成果；重复导入同一文件不会产生变化。"""
    with open_context() as context:
        limit = context.settings.max_upload_mb
        content = _read(file, limit)
        with context.db.write() as session:
            record = service.start_import(
                session,
                SYSTEM,
                filename=file.name,
                content=content,
                max_mb=limit,
                kind=kind,
                mode=ImportMode.ALL_OR_NOTHING if all_or_nothing else ImportMode.ROW_BY_ROW,
                is_dry_run=dry_run,
                challenge=challenge,
            )
        _run(context, record.job_id, show=not as_json)
        with context.db.read() as session:
            found = session.get_one(Import, record.id)
            rows = list(session.scalars(rows_of(found.id).order_by(ImportRow.number)))
        if report is not None:
            _write(report, make_report(file.name, content, kind=found.kind, rows=rows, max_mb=limit))
    if as_json:
        _print_json(found)
    else:
        _print_summary(found)
    _print_rejected([row for row in rows if row.outcome.value == "rejected"])
    if all_or_nothing and found.rejected:
        sys.exit(1)


@commands.command("export")
def export_file(
    out: Annotated[Path, typer.Argument(help="写到这个文件（.xlsx、.csv 或 .jsonl）")],
    kind: Annotated[ImportKind, typer.Option(help="导出哪个列表")],
) -> None:
    """把技术需求、解决方或科技成果全部导出；导出的文件可原样再导入。"""
    suffix = out.suffix.lower().removeprefix(".")
    if suffix not in ("xlsx", "csv", "jsonl"):
        raise WrongSuffix()
    with open_context() as context:
        with context.db.write() as session:
            record = service.start_export(session, SYSTEM, kind=kind, format=suffix, filters={})
        _run(context, record.job_id, show=True)
        with context.db.read() as session:
            found = session.scalars(
                select(Export).where(Export.id == record.id).options(undefer(Export.content))
            ).one()
        _write(out, found.content or b"")
    console.print(f"已导出 {found.rows} 条{found.kind.label}到 {escape(str(out))}", highlight=False)


def _read(file: Path, limit: int) -> bytes:
    try:
        if file.stat().st_size > limit * MEGABYTE:
            raise FileTooBig(limit=limit)
        return file.read_bytes()
    except OSError as error:
        raise FileMissing() from error


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise FileNotWritable() from error


class JobFailed(JiebangError):
    """A job's own error on its way to the command line."""

    def __init__(self, job: Job) -> None:
        self._text = job.error or job.status.label
        super().__init__()

    def detail(self, language: str) -> str:
        return self._text


def _run(context: AppContext, job_id: object, *, show: bool) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not show) as bar:
        line = bar.add_task("准备", total=None)

        def tell(progress: JobProgress) -> None:
            bar.update(line, completed=progress.done, total=progress.total, description=progress.stage)

        job = run_inline(context, job_id, tell)  # type: ignore[arg-type]
    if job.status is not JobStatus.SUCCEEDED:
        raise JobFailed(job)


def _print_json(found: Import) -> None:
    names = ("read", "created", "updated", "unchanged", "rejected", "is_applied", "is_dry_run")
    summary = {"kind": found.kind, **{name: getattr(found, name) for name in names}}
    typer.echo(json.dumps(summary, ensure_ascii=False))


def _print_summary(found: Import) -> None:
    table = Table(title=f"{found.kind.label if found.kind else ''}导入结果：{escape(found.filename)}")
    for header in ("读取", "新建", "更新", "无变化", "未通过"):
        table.add_column(header, justify="right")
    counts = (found.read, found.created, found.updated, found.unchanged, found.rejected)
    table.add_row(*map(str, counts))
    console.print(table)
    for notice in found.notices:
        console.print(f"[yellow]提示[/yellow] {escape(notice['message'])}", highlight=False)
    if found.is_dry_run:
        console.print("试运行：以上为预计结果，没有入库。")
    elif not found.is_applied:
        console.print("[red]有未通过的行，全部没有入库。[/red]")


def _print_rejected(rows: list[ImportRow]) -> None:
    for row in rows[:SHOWN_REJECTED]:
        reasons = "；".join(item["message"] for item in row.messages if item["level"] == "error")
        errors.print(f"第 {row.number} 行：{escape(reasons)}", highlight=False, soft_wrap=True)
    if len(rows) > SHOWN_REJECTED:
        errors.print(f"……另有 {len(rows) - SHOWN_REJECTED} 行未通过，请用 --report 查看全部", highlight=False)
