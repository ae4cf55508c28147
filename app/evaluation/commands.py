"""`jiebang evaluate`: the figures of a labelled folder, as tables or as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.config import get_settings
from app.context import open_context
from app.evaluation import presenter, sampling, service

commands = typer.Typer()
group = typer.Typer(invoke_without_command=True)
commands.add_typer(group, name="evaluate")
console = Console()
errors = Console(stderr=True)


@group.callback()
def evaluate(
    asked: typer.Context,
    data: Annotated[
        Path | None, typer.Option(help="含 requirements.jsonl、achievements.jsonl、judgments.tsv 的目录")
    ] = None,
    folds: Annotated[
        int, typer.Option(min=0, max=50, help="按需求分组的交叉验证折数；校准曲线只在其他折上拟合")
    ] = 0,
    ablation: Annotated[
        bool, typer.Option("--ablation", help="逐一去掉排序的每一步，给出差值与区间")
    ] = False,
    adapt: Annotated[
        bool, typer.Option("--adapt", help="先用这些需求的文本（不用评级）调适模型，再评测")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """在标注数据上评测：经正式导入与匹配流程计算 nDCG@10、recall@50、MRR 与校准。"""
    if asked.invoked_subcommand is not None:
        return
    if data is None:
        raise typer.BadParameter("缺少数据目录", param_hint="--data")
    if folds == 1:
        raise typer.BadParameter("至少 2 折", param_hint="--folds")
    with errors.status("准备") as status:
        found = service.evaluate(
            get_settings(),
            data,
            lambda stage: status.update(stage),
            folds=folds,
            ablation=ablation,
            adapt=adapt,
        )
    if as_json:
        typer.echo(json.dumps(presenter.plain(found), ensure_ascii=False))
        return
    for table in presenter.tables(found):
        console.print(table)


@group.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="写入的目录")],
    requirements: Annotated[int, typer.Option(min=1, max=1000, help="抽取的需求数，每项五个候选")] = 20,
    seed: Annotated[int, typer.Option(help="随机种子；同样的种子与内容抽出同样的对")] = 1,
) -> None:
    """抽取供人工评级的需求—成果对：pairs.xlsx（不含名次与得分），连同评测所需的文本。"""
    with open_context() as context:
        context.index.load()
        context.index.settle()
        number = sampling.write_sample(context, folder, number=requirements, seed=seed)
    typer.echo(f"{folder / sampling.PAIRS}：{number} 对；填好等级后运行 jiebang evaluate grades {folder}")


@group.command()
def grades(folder: Annotated[Path, typer.Argument(help="含填好的 pairs.xlsx 的目录")]) -> None:
    """由填好的 pairs.xlsx 生成 judgments.tsv。"""
    number = sampling.read_grades(folder)
    typer.echo(f"{number} 对评级；测量：jiebang evaluate --data {folder}")
