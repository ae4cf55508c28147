"""Adapts the model to the requirements on file, compares it with the one before, and keeps it.

The texts are those of the index: contacts and, where asked for, names are masked. Seekers' own drafts are not read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.adaptation.grades import compare_on_grades
from app.config import EncoderRuntime, Settings
from app.db import Database
from app.errors import JiebangError
from app.indexing import documents
from app.kit.clock import now
from app.models.indexing import IndexCollection
from app.models.requirement import RequirementStatus
from matching import Document
from matching.adapt import store
from matching.adapt.compare import LEAST_SOURCES, Comparison, compare, split
from matching.adapt.pairs import Source, sources
from matching.adapt.store import AdaptedModel
from matching.intervals import Interval
from matching.model import MARK

Progress = Callable[[str, int, int], None]
"""Called with stage, steps done and steps in all; what it raises ends the work, and nothing is kept."""


class TooFewRequirements(JiebangError):
    code, status = "too_few_requirements", 409
    zh = "只有 {found} 项需求写有可用的描述，至少需要 {least} 项才能调适模型"
    en = "Only {found} requirements have a description to learn from; at least {least} are needed"


@dataclass(frozen=True, slots=True)
class Adapted:
    """An adapted model with what speaks for it. `graded`: difference in nDCG@10 on graded pairs, if there are
    enough. `is_promoted`: it was better than chance on held-back requirements, and no worse on graded pairs."""

    model: AdaptedModel
    comparison: Comparison
    graded: Interval | None
    is_promoted: bool


def adapt(
    settings: Settings,
    db: Database,
    *,
    models_dir: Path,
    progress: Progress = lambda stage, done, total: None,
) -> Adapted:
    """Trains on four fifths of the requirements, tests on the rest, keeps the model; it is not put to use yet.

    Rule of promotion: on the requirements held back, the mean reciprocal rank of a title's own sentences is
    higher, its 95 % interval lying above zero as a whole; and where at least 30 requirements have graded
    achievements, the interval of the difference in nDCG@10 does not lie below zero as a whole.
    Raises `TooFewRequirements` and ModelUnavailable.
    """
    # Only this needs torch.
    from matching.adapt.train import Recipe, train
    from matching.encode import SentenceTransformerEncoder, model_source

    given = read_sources(db)
    if len(given) < LEAST_SOURCES:
        raise TooFewRequirements(found=len(given), least=LEAST_SOURCES)
    trained, held = split(given)
    model_source(settings.model, models_dir)
    source = store.shipped_source(models_dir, settings.model)
    name = _free_name(models_dir, settings.model)
    recipe = Recipe()
    (models_dir / "adapted").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".adapt-", dir=models_dir / "adapted") as scratch:
        built = Path(scratch) / name
        train(source, trained, built, recipe, lambda done, total: progress("训练", done, total))
        progress("比较", 0, 1)
        before, after = SentenceTransformerEncoder(source), SentenceTransformerEncoder(str(built))
        comparison = compare(before.encode, after.encode, held, trained)
        graded = compare_on_grades(db, before.encode, after.encode)
        progress("比较", 1, 1)
        is_promoted = comparison.is_better and (graded is None or graded.high >= 0.0)
        record = AdaptedModel(
            name=name,
            base=settings.model,
            created_at=now().isoformat(timespec="seconds"),
            requirements=len(trained),
            steps=recipe.steps,
            compared=_plain(comparison, graded, is_promoted),
        )
        folder = store.keep(models_dir, built, record)
    if settings.encoder is EncoderRuntime.ONNX:
        from matching.onnx.export import ensure_export

        progress("导出", 0, 1)
        ensure_export(str(folder), models_dir=models_dir)
        progress("导出", 1, 1)
    return Adapted(record, comparison, graded, is_promoted)


def read_sources(db: Database) -> list[Source]:
    """Titles and sentences of every requirement that was filed, whatever became of it."""
    found: list[Document] = []
    collection = IndexCollection.REQUIREMENTS
    with db.read() as session:
        for keys in documents.keys(session, collection):
            for _, row in documents.load(session, collection, keys):
                # What staff import stays a draft until somebody publishes it; a seeker's draft is nobody's.
                if row.is_filed_by_staff or row.status is not RequirementStatus.DRAFT:
                    found.append(documents.build(collection, row))
    return sources(found)


def _free_name(models_dir: Path, model: str) -> str:
    plain = Path(model.rstrip("/")).name.split(MARK, 1)[0]
    stem = f"{plain}{MARK}{now():%Y%m%d}"
    taken = {one.name for one in store.list_models(models_dir)}
    return next(name for number in range(1, 10_000) if (name := f"{stem}-{number}") not in taken)


def _plain(comparison: Comparison, graded: Interval | None, is_promoted: bool) -> dict[str, object]:
    found: dict[str, object] = {
        "held_back": comparison.requirements,
        "before": round(comparison.before, 4),
        "after": round(comparison.after, 4),
        "difference": _bounds(comparison.difference),
        "is_promoted": is_promoted,
    }
    if graded is not None:
        found["graded_difference"] = _bounds(graded)
    return found


def _bounds(interval: Interval) -> list[float]:
    return [round(interval.value, 4), round(interval.low, 4), round(interval.high, 4)]
