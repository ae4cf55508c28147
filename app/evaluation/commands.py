"""`jiebang evaluate`: the figures of a labelled folder, as tables or as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.config import get_settings
from app.evaluation import presenter, service

commands = typer.Typer()
console = Console()
errors = Console(stderr=True)


@commands.command()
def evaluate(
    data: Annotated[
        Path, typer.Option(help="含 requirements.jsonl、achievements.jsonl、judgments.tsv 的目录")
    ],
    folds: Annotated[
        int, typer.Option(min=0, max=50, help="按需求分组的交叉验证折数；校准曲线只在其他折上拟合")
    ] = 0,
    ablation: Annotated[
        bool, typer.Option("--ablation", help="逐一去掉排序的每一步，给出差值与区间")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """在标注数据上评测：经正式导入与匹配流程计算 nDCG@10、recall@50、MRR 与校准。"""
    if folds == 1:
        raise typer.BadParameter("至少 2 折", param_hint="--folds")
    with errors.status("准备") as status:
        found = service.evaluate(
            get_settings(), data, lambda stage: status.update(stage), folds=folds, ablation=ablation
        )
    if as_json:
        typer.echo(json.dumps(presenter.plain(found), ensure_ascii=False))
        return
    for table in presenter.tables(found):
        console.print(table)
