"""`jiebang model`: fetching the embedding model, adapting it, choosing one."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.adaptation import service
from app.adaptation.training import Adapted
from app.adaptation.training import adapt as adapt_now
from app.auth.actor import SYSTEM
from app.config import EncoderRuntime, get_settings
from app.context import AppContext, open_context
from app.indexing import outbox
from app.kit.progress import progress_bar
from matching import ModelUnavailable
from matching.adapt import store
from matching.model import fetch_default

commands = typer.Typer(name="model", help="向量模型：下载、调适、选用。", no_args_is_help=True)
console = Console()
errors = Console(stderr=True)


@commands.command()
def fetch() -> None:
    """下载默认向量模型 M3E-small（仅限研究用途许可）到 DATA_DIR/models 并导出 ONNX int8；已有且完好时不做任何事。"""
    settings = get_settings()
    models = service.models_dir(settings)
    original = fetch_default(models, progress=typer.echo)
    source = store.ensure_general(models) or original
    # Only this command needs the libraries of an export.
    from matching.onnx.export import ensure_export

    try:
        ensure_export(str(source), models_dir=models, progress=typer.echo)
    except ModelUnavailable as error:
        if settings.encoder is EncoderRuntime.ONNX:
            raise
        typer.echo(error.detail)


@commands.command()
def adapt(
    keep: Annotated[bool, typer.Option("--keep", help="只训练与比较，胜出也不启用")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """用库中需求的标题与描述调适模型（不需要任何评级），与现有模型比较，胜出才启用。"""
    with open_context() as context, progress_bar(errors) as progress:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        settings = context.settings
        folder = service.models_dir(settings)
        found = adapt_now(settings, context.db, models_dir=folder, progress=report)
        if found.is_promoted and not keep:
            with context.db.write() as session:
                service.use(session, settings, SYSTEM, found.model.name)
            _encode_again(context, report)
    if as_json:
        plain = {"name": found.model.name, "is_promoted": found.is_promoted, **found.model.compared}
        typer.echo(json.dumps(plain, ensure_ascii=False))
        return
    console.print(_told(found))


@commands.command("list")
def list_models(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """列出可用的模型与各自的比较结果；* 为使用中。"""
    found = service.listed(get_settings())
    if as_json:
        rows = [{"name": one.model.name, "is_current": one.is_current, **one.model.compared} for one in found]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("", "名称", "时间", "训练用需求", "留出测试：调适前 → 后", "差值（95 % 区间）")
    for one in found:
        compared = one.model.compared
        table.add_row(
            "*" if one.is_current else "",
            one.model.name,
            one.model.created_at,
            str(one.model.requirements or ""),
            f"{compared['before']:.3f} → {compared['after']:.3f}" if compared else "",
            "{:+.3f}（{:+.3f} … {:+.3f}）".format(*compared["difference"]) if compared else "",
        )
    console.print(table)


@commands.command()
def use(name: Annotated[str, typer.Argument(help="模型名称；original 为未经调适的原模型")]) -> None:
    """选用一个模型，例如退回 original；全部文本重新编码。运行中的服务会自行切换，其间以旧模型应答。"""
    with open_context() as context, progress_bar(errors) as progress:
        with context.db.write() as session:
            service.use(session, context.settings, SYSTEM, name)
        bar = progress.add_task("编码", total=None)
        _encode_again(context, lambda stage, done, total: progress.update(bar, completed=done, total=total))
        found = context.index.status()
    typer.echo(f"使用中的模型：{found.model_id}")


def _encode_again(context: AppContext, report: Any) -> None:
    """Brings the index of this installation to the chosen model; a service that runs does the same."""
    index = context.index
    index.load()
    with context.db.read() as session:
        total = outbox.backlog(session).waiting
    index.settle(lambda drained: report("编码", drained.settled, max(total, drained.settled)))
    index.save()


def _told(found: Adapted) -> str:
    compared = found.comparison
    difference = compared.difference
    lines = [
        f"模型 {found.model.name}：用 {found.model.requirements} 项需求训练，留出 {compared.requirements} 项测试",
        f"标题找回自己描述中的句子（MRR）：{compared.before:.3f} → {compared.after:.3f}，"
        f"差值 {difference.value:+.3f}（95 % 区间 {difference.low:+.3f} … {difference.high:+.3f}）",
    ]
    if found.graded is not None:
        graded = found.graded
        lines.append(
            f"已评级的候选 nDCG@10 差值 {graded.value:+.3f}（{graded.low:+.3f} … {graded.high:+.3f}）"
        )
    lines.append(
        "胜出" if found.is_promoted else "未胜出，继续使用原来的模型；新模型已保留，可用 model use 选用"
    )
    return "\n".join(lines)
