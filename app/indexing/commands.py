"""`jiebang index`: how the index stands, rebuilding it, comparing it with the database."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.context import open_context
from app.indexing.errors import ModelMissing
from app.indexing.reconcile import Difference
from app.indexing.status import IndexState, IndexStatus
from app.kit.progress import progress_bar
from app.models.indexing import IndexCollection
from matching import VectorFacts

commands = typer.Typer(name="index", help="检索索引：状态、重建、核对。", no_args_is_help=True)
STATES = {
    IndexState.READY: "可用",
    IndexState.REBUILDING: "重建中",
    IndexState.LOADING: "载入中",
    IndexState.UNAVAILABLE: "不可用",
}
console = Console()
errors = Console(stderr=True)


@commands.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """显示索引的滞后、规模与代次。"""
    with open_context() as context:
        try:
            context.index.load()
        except ModelMissing as problem:
            errors.print(f"[yellow]注意[/yellow] {problem.detail('zh')}", highlight=False)
        found = context.index.status()
    if as_json:
        typer.echo(json.dumps(_plain(found), ensure_ascii=False))
        return
    console.print(_status_table(found))


@commands.command()
def rebuild() -> None:
    """核对全部数据，重新编码有差异的条目，另建索引后切换。"""
    with open_context() as context, progress_bar(errors) as progress:
        context.index.load()
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        context.index.rebuild(report)
        found = context.index.status()
    console.print(_status_table(found))


@commands.command()
def verify() -> None:
    """核对索引与数据库；有差异时以退出码 1 结束。"""
    with open_context() as context:
        context.index.load()
        with console.status("正在核对……"):
            compared = context.index.verify()
        found = context.index.status()
    table = Table("集合", "数据行", "缺失", "多余", "不一致", "内存缺失", "内存多余", "内存不一致")
    for rows, memory in compared:
        table.add_row(rows.collection.label, str(rows.rows), *_counts(rows), *_counts(memory))
    console.print(table)
    differing = [part for pair in compared for part in pair if not part.is_equal]
    for part in differing:
        for word, keys in (("缺失", part.missing), ("多余", part.surplus), ("不一致", part.changed)):
            if keys:
                shown = "、".join(keys[:10]) + ("……" if len(keys) > 10 else "")
                errors.print(f"{part.collection.label}{word} {len(keys)} 条：{shown}", highlight=False)
    if found.lag_rows:
        errors.print(f"另有 {found.lag_rows} 条变更等待写入索引", highlight=False)
    if found.parked:
        errors.print(f"另有 {found.parked} 条变更多次失败，已搁置", highlight=False)
    if differing or found.parked:
        # What waits is written by the service by itself; only what nothing is going to mend needs a rebuild.
        advice = "请待服务写完后再核对" if found.lag_rows else "请运行 jiebang index rebuild"
        errors.print(f"[red]错误[/red] 索引与数据库不一致，{advice}", highlight=False)
        raise typer.Exit(1)
    console.print("索引与数据库一致")


def _counts(part: Difference) -> tuple[str, str, str]:
    return str(len(part.missing)), str(len(part.surplus)), str(len(part.changed))


def _plain(found: IndexStatus) -> dict[str, Any]:
    return {
        "state": found.state.value,
        "problem": found.problem,
        "lag_rows": found.lag_rows,
        "lag_seconds": round(found.lag_seconds, 1),
        "parked": found.parked,
        "documents": found.documents,
        "vectors": {name: asdict(facts) for name, facts in found.vectors.items()},
        "generation": found.generation,
        "applied": found.applied,
        "model_id": found.model_id,
        "dimension": found.dimension,
        "is_research_only": found.is_research_only,
    }


def _searched(facts: VectorFacts) -> str:
    if facts.kind != "compressed":
        return "向量逐条精确比较"
    measured = f"（{facts.queries} 条查询，{facts.rows} 条向量时实测）" if facts.queries else ""
    return f"向量压缩检索，前 50 名召回率 {facts.recall:.3f}{measured}"


def _status_table(found: IndexStatus) -> Table:
    table = Table(show_header=False)
    table.add_row("状态", STATES[found.state])
    table.add_row("滞后", f"{found.lag_rows} 条，{found.lag_seconds:.1f} 秒")
    table.add_row("搁置", f"{found.parked} 条")
    for collection in IndexCollection:
        count = f"{found.documents.get(collection.value, 0)} 条"
        facts = found.vectors.get(collection.value)
        table.add_row(collection.label, f"{count}，{_searched(facts)}" if facts else count)
    table.add_row("代次", f"{found.generation}（已应用到变更 {found.applied}）")
    licence = "（仅限研究用途）" if found.is_research_only else ""
    table.add_row("模型", f"{found.model_id}{licence}，{found.dimension} 维")
    return table
