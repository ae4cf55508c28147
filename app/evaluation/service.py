"""Measures the whole service on a labelled folder: imports it as a user would, indexes, matches, compares.

Everything happens in a database of its own that is gone afterwards; the model is the configured one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.adaptation import training
from app.adaptation.training import Adapted
from app.config import Settings
from app.evaluation import folder as files
from app.evaluation.measuring import (
    Calibration,
    Corpus,
    Measured,
    Pair,
    calibration_of,
    differences,
    measure,
    name_of,
    ranking_intervals,
    read_corpus,
)
from app.evaluation.scratch import Scratch, import_file, open_scratch
from app.models.exchange import ImportKind
from matching import EngineConfig
from matching.ablation import STAGES, Stage
from matching.adapt import store
from matching.evaluate import Judgments, RankingQuality
from matching.folds import folds_of, held_out_grades
from matching.intervals import Interval
from matching.text import normalise

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Without:
    """What the pipeline reaches without one stage, and how far that is from the full one."""

    stage: Stage
    quality: RankingQuality
    differences: dict[str, Interval]


@dataclass
class Evaluation:
    """The figures: of the service as it is, and what was asked for besides.

    `folds`: how many; `held_out` is the calibration by curves that were fitted on the other folds.
    """

    measured: Measured
    calibration: Calibration
    intervals: dict[str, Interval]
    model_id: str
    folds: int = 0
    held_out: Calibration | None = None
    ablation: tuple[Without, ...] = ()
    adaptation: Adapted | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def evaluate(
    settings: Settings,
    folder: Path,
    report: Report = lambda line: None,
    *,
    folds: int = 0,
    ablation: bool = False,
    adapt: bool = False,
) -> Evaluation:
    """Imports, indexes and matches the folder and measures the rankings against its judgments.

    With `adapt` the model is adapted to the folder's requirements first, their texts without any grade, and
    used whether it wins its own test or not.
    Raises `DataFolderIncomplete`, `JudgmentsInvalid`, `EvaluationImportFailed` and `ModelMissing`,
    and with `adapt` `TooFewRequirements`.
    """
    files.require_files(folder)
    judgments = files.read_judgments(folder / files.JUDGMENTS)
    seconds: dict[str, float] = {}
    with open_scratch(settings, own_models=adapt) as scratch:
        context = scratch.context
        adaptation = None
        if not adapt:
            with _timed(seconds, "load"):
                context.index.load()
        report("导入")
        with _timed(seconds, "import"):
            import_file(context, folder / files.ACHIEVEMENTS, ImportKind.ACHIEVEMENTS)
            import_file(context, folder / files.REQUIREMENTS, ImportKind.REQUIREMENTS)
        if adapt:
            with _timed(seconds, "adapt"):
                adaptation = _adapt(scratch, report)
            with _timed(seconds, "load"):
                context.index.load()
        report("建立索引")
        with _timed(seconds, "index"):
            context.index.settle()
        report("匹配")
        with _timed(seconds, "match"):
            with context.db.read() as session:
                corpus = read_corpus(session)
            measured = measure(context.index, corpus, judgments)
        found = Evaluation(
            measured=measured,
            calibration=calibration_of(measured.pairs),
            intervals=ranking_intervals(measured.scores),
            model_id=context.index.status().model_id,
            folds=folds,
            adaptation=adaptation,
        )
        if folds:
            report("交叉验证")
            with _timed(seconds, "folds"):
                found.held_out = calibration_of(_held_out(scratch, corpus, measured.pairs, folds))
        if ablation:
            with _timed(seconds, "ablation"):
                found.ablation = _ablation(scratch, corpus, judgments, measured, report)
    found.seconds = {name: round(value, 3) for name, value in seconds.items()}
    return found


def _adapt(scratch: Scratch, report: Report) -> Adapted:
    settings = scratch.context.settings
    found = training.adapt(
        settings,
        scratch.context.db,
        models_dir=scratch.models_dir,
        progress=lambda stage, done, total: report(f"调适模型：{stage} {done}/{total}"),
    )
    store.choose(scratch.models_dir, settings.model, found.model.name)
    return found


def _held_out(scratch: Scratch, corpus: Corpus, pairs: tuple[Pair, ...], folds: int) -> list[Pair]:
    """The pairs as curves state them that were fitted on other requirements, and not on near-duplicates."""
    judged = {pair.requirement for pair in pairs}
    rows = [row for row in corpus.requirements if name_of(row) in judged]
    if len(rows) < 2:
        return []
    titles = scratch.encoder().encode([normalise(row.title) for row in rows])
    fold_of = folds_of([name_of(row) for row in rows], titles, number=min(folds, len(rows)))
    stated = held_out_grades([(pair.requirement, pair.score, pair.grade) for pair in pairs], fold_of)
    return [
        replace(pair, p3=grade.p3, expected=grade.expected) for pair, grade in zip(pairs, stated, strict=True)
    ]


def _ablation(
    scratch: Scratch, corpus: Corpus, judgments: Judgments, full: Measured, report: Report
) -> tuple[Without, ...]:
    found = []
    for place, stage in enumerate(STAGES, start=1):
        report(f"消融 {place}/{len(STAGES)}：{stage.zh}")
        index = scratch.index_with(stage.without(EngineConfig()))
        measured = measure(index, corpus, judgments, only_judged=True)
        found.append(Without(stage, measured.quality, differences(measured.scores, full.scores)))
    return tuple(found)


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - started
