"""The figures of an evaluation as JSON and as tables for people."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.table import Table

from app.evaluation.measuring import Calibration
from app.evaluation.service import Evaluation
from matching.intervals import Interval


def plain(found: Evaluation) -> dict[str, Any]:
    """The figures as JSON; `intervals`, `folds` and `ablation` are there as far as they were asked for."""
    quality, calibration = found.measured.quality, found.calibration.quality
    return {
        "nDCG@10": quality.ndcg,
        "recall@50": quality.recall,
        "MRR": quality.mrr,
        "Brier": calibration.brier if calibration else None,
        "MAE": calibration.mae if calibration else None,
        "MAE_rounded": calibration.mae_rounded if calibration else None,
        "ECE": calibration.ece if calibration else None,
        "base_Brier": calibration.base_brier if calibration else None,
        "judged_pairs": calibration.pairs if calibration else 0,
        "judged_requirements": quality.requirements,
        "with_relevant": quality.with_relevant,
        "requirements": found.measured.requirements,
        "achievements": found.measured.achievements,
        "model": found.model_id,
        "seconds": round(sum(found.seconds.values()), 3),
        "seconds_by_step": found.seconds,
        "intervals": {
            name: _bounds(interval)
            for name, interval in (found.intervals | _named(found.calibration)).items()
        },
        "reliability": [asdict(group) for group in found.calibration.reliability],
        "cross_validated": _held_out(found),
        "adaptation": found.adaptation.model.compared if found.adaptation else None,
        "ablation": [
            {
                "stage": one.stage.name,
                "what": one.stage.en,
                "nDCG@10": one.quality.ndcg,
                "recall@50": one.quality.recall,
                "MRR": one.quality.mrr,
                "differences": {name: _bounds(interval) for name, interval in one.differences.items()},
            }
            for one in found.ablation
        ],
        "rankings": found.measured.rankings,
    }


def tables(found: Evaluation) -> list[Table]:
    """The figures, and the ablation when there is one."""
    shown = [_figures(found)]
    if found.ablation:
        shown.append(_ablation(found))
    return shown


def _held_out(found: Evaluation) -> dict[str, Any] | None:
    if found.held_out is None or found.held_out.quality is None:
        return None
    quality = found.held_out.quality
    return {
        "folds": found.folds,
        "Brier": quality.brier,
        "ECE": quality.ece,
        "MAE": quality.mae,
        "MAE_rounded": quality.mae_rounded,
        "intervals": {name: _bounds(interval) for name, interval in _named(found.held_out).items()},
        "reliability": [asdict(group) for group in found.held_out.reliability],
        "confusion": found.held_out.confusion,
    }


def _named(calibration: Calibration) -> dict[str, Interval]:
    names = {"brier": "Brier", "ece": "ECE", "mae_rounded": "MAE_rounded"}
    return {names[name]: interval for name, interval in calibration.intervals.items()}


def _bounds(interval: Interval) -> list[float]:
    return [round(interval.value, 4), round(interval.low, 4), round(interval.high, 4)]


def _figures(found: Evaluation) -> Table:
    quality, calibration = found.measured.quality, found.calibration.quality
    table = Table("指标", "数值", "95 % 区间", "说明")
    judged = f"{quality.requirements} 项有标注的需求"
    relevant = f"{quality.with_relevant} 项有相关成果（等级 ≥ 3）的需求"
    for name, value, note in (
        ("nDCG@10", quality.ndcg, judged),
        ("recall@50", quality.recall, relevant),
        ("MRR", quality.mrr, relevant),
    ):
        table.add_row(name, _figure(value), _range(found.intervals.get(name)), note)
    if calibration is not None:
        base = f"基准 {calibration.base_brier:.4f}，{calibration.pairs} 对标注"
        _add_calibration(table, found.calibration, base)
    if found.held_out is not None and found.held_out.quality is not None:
        _add_calibration(table, found.held_out, f"{found.folds} 折交叉验证：曲线在其他需求上拟合")
    steps = "，".join(f"{name} {value:.1f}" for name, value in found.seconds.items())
    table.add_row("耗时（秒）", f"{sum(found.seconds.values()):.1f}", "", steps)
    size = f"{found.measured.requirements} × {found.measured.achievements}"
    table.add_row("规模", size, "", f"模型 {found.model_id}")
    return table


def _add_calibration(table: Table, calibration: Calibration, note: str) -> None:
    quality, intervals = calibration.quality, calibration.intervals
    assert quality is not None
    table.add_row("Brier（等级 ≥ 3）", _figure(quality.brier), _range(intervals.get("brier")), note)
    table.add_row("校准误差 ECE", _figure(quality.ece), _range(intervals.get("ece")), "")
    table.add_row("MAE（期望等级）", _figure(quality.mae), "", "")
    table.add_row("MAE（取整）", _figure(quality.mae_rounded), _range(intervals.get("mae_rounded")), "")


def _ablation(found: Evaluation) -> Table:
    table = Table("去掉一步", "nDCG@10", "差值", "recall@50", "差值", "MRR", "差值")
    for one in found.ablation:
        cells: list[str] = []
        for name, value in (
            ("nDCG@10", one.quality.ndcg),
            ("recall@50", one.quality.recall),
            ("MRR", one.quality.mrr),
        ):
            difference = one.differences.get(name)
            cells.append(_figure(value))
            cells.append(
                "" if difference is None else f"{difference.value:+.3f} {_range(difference, '+.3f')}"
            )
        table.add_row(one.stage.zh, *cells)
    return table


def _figure(value: float | None) -> str:
    return "—" if value is None else f"{value:.4f}"


def _range(interval: Interval | None, form: str = ".3f") -> str:
    return "" if interval is None else f"{interval.low:{form}} … {interval.high:{form}}"
