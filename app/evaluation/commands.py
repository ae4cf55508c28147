"""`jiebang evaluate`: the figures of a labelled folder, as a table or as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.config import get_settings
from app.evaluation import service
from app.evaluation.service import Evaluation

commands = typer.Typer()
console = Console()
errors = Console(stderr=True)


@commands.command()
def evaluate(
    data: Annotated[
        Path, typer.Option(help="含 requirements.jsonl、achievements.jsonl、judgments.tsv 的目录")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """在标注数据上评测：经正式导入与匹配流程计算 nDCG@10、recall@50、MRR 与校准。"""
    with errors.status("准备") as status:
        found = service.evaluate(get_settings(), data, lambda stage: status.update(stage))
    if as_json:
        typer.echo(json.dumps(plain(found), ensure_ascii=False))
    else:
        console.print(_table(found))


def plain(found: Evaluation) -> dict[str, Any]:
    """The figures as JSON."""
    quality, calibration = found.quality, found.calibration
    return {
        "nDCG@10": quality.ndcg,
        "recall@50": quality.recall,
        "MRR": quality.mrr,
        "Brier": calibration.brier if calibration else None,
        "MAE": calibration.mae if calibration else None,
        "ECE": calibration.ece if calibration else None,
        "base_Brier": calibration.base_brier if calibration else None,
        "judged_pairs": calibration.pairs if calibration else 0,
        "judged_requirements": quality.requirements,
        "with_relevant": quality.with_relevant,
        "requirements": found.requirements,
        "achievements": found.achievements,
        "model": found.model_id,
        "seconds": round(sum(found.seconds.values()), 3),
        "seconds_by_step": found.seconds,
        "rankings": found.rankings,
    }


def _table(found: Evaluation) -> Table:
    quality, calibration = found.quality, found.calibration
    table = Table("指标", "数值", "说明")
    judged = f"{quality.requirements} 项有标注的需求"
    relevant = f"{quality.with_relevant} 项有相关成果（等级 ≥ 3）的需求"
    table.add_row("nDCG@10", _figure(quality.ndcg), judged)
    table.add_row("recall@50", _figure(quality.recall), relevant)
    table.add_row("MRR", _figure(quality.mrr), relevant)
    if calibration is not None:
        base = f"基准 {calibration.base_brier:.4f}，{calibration.pairs} 对标注"
        table.add_row("Brier（等级 ≥ 3）", _figure(calibration.brier), base)
        table.add_row("MAE（期望等级）", _figure(calibration.mae), f"{calibration.pairs} 对标注")
    steps = "，".join(f"{name} {value:.1f}" for name, value in found.seconds.items())
    table.add_row("耗时（秒）", f"{sum(found.seconds.values()):.1f}", steps)
    table.add_row("规模", f"{found.requirements} × {found.achievements}", f"模型 {found.model_id}")
    return table


def _figure(value: float | None) -> str:
    return "—" if value is None else f"{value:.4f}"
