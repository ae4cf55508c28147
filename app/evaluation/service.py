"""Measures the whole service on a labelled folder: imports it as a user would, indexes, matches, compares.

Everything happens in a database of its own that is gone afterwards; the model is the configured one.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from app import migrations
from app.auth.actor import SYSTEM
from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.errors import JiebangError
from app.exchange import service as exchange
from app.exchange import tasks
from app.indexing.service import SearchIndex
from app.jobs import service as jobs
from app.matches.ranking import match_all
from app.models.exchange import Import, ImportKind
from app.models.job import JobStatus
from app.models.requirement import Requirement
from app.models.solver import Achievement
from matching.evaluate import (
    CalibrationQuality,
    Judgments,
    RankingQuality,
    calibration_quality,
    ranking_quality,
)

# The import's task registers itself on import, so that it can run in this process.
__all__ = ["Evaluation", "evaluate", "read_judgments", "tasks"]

REQUIREMENTS, ACHIEVEMENTS, JUDGMENTS = "requirements.jsonl", "achievements.jsonl", "judgments.tsv"
SHOWN = 10

Report = Callable[[str], None]


class DataFolderIncomplete(JiebangError):
    code, status = "data_folder_incomplete", 422
    zh = "评测数据目录缺少文件 {name}"
    en = "The data folder lacks the file {name}"


class JudgmentsInvalid(JiebangError):
    code, status = "judgments_invalid", 422
    zh = "judgments.tsv 第 {line} 行有误：应为“需求编号、成果编号、等级 1–4”三列，以制表符分隔"
    en = "judgments.tsv, line {line}: expected requirement, achievement and grade 1 to 4, separated by tabs"


class EvaluationImportFailed(JiebangError):
    code, status = "evaluation_import_failed", 422
    zh = "{name} 未能全部导入：{rejected} 行未通过"
    en = "{name} was not imported completely: {rejected} rows were rejected"


@dataclass
class Evaluation:
    """The figures. `ranking` holds, for each requirement, its first achievements by external id."""

    requirements: int
    achievements: int
    quality: RankingQuality
    calibration: CalibrationQuality | None
    model_id: str
    rankings: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def evaluate(settings: Settings, folder: Path, report: Report = lambda line: None) -> Evaluation:
    """Imports, indexes and matches the folder and measures the rankings against its judgments.

    Raises `DataFolderIncomplete`, `JudgmentsInvalid`, `EvaluationImportFailed` and `ModelMissing`.
    """
    for name in (REQUIREMENTS, ACHIEVEMENTS, JUDGMENTS):
        if not (folder / name).is_file():
            raise DataFolderIncomplete(name=name)
    judgments = read_judgments(folder / JUDGMENTS)
    with _scratch_context(settings) as context:
        seconds: dict[str, float] = {}
        with _timed(seconds, "load"):
            context.index.load()
        report("导入")
        with _timed(seconds, "import"):
            _import(context, folder / ACHIEVEMENTS, ImportKind.ACHIEVEMENTS)
            _import(context, folder / REQUIREMENTS, ImportKind.REQUIREMENTS)
        report("建立索引")
        with _timed(seconds, "index"):
            context.index.settle()
        report("匹配")
        with _timed(seconds, "match"):
            found = _match(context, judgments)
        found.seconds = {name: round(value, 3) for name, value in seconds.items()}
        return found


def read_judgments(path: Path) -> Judgments:
    """requirement → achievement → grade. Raises `JudgmentsInvalid` with the line in question."""
    found: dict[str, dict[str, int]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        cells = line.split("\t")
        if not line.strip() or (number == 1 and not cells[-1].strip().isdigit()):
            continue
        if len(cells) != 3 or cells[2].strip() not in {"1", "2", "3", "4"}:
            raise JudgmentsInvalid(line=number)
        found.setdefault(cells[0].strip(), {})[cells[1].strip()] = int(cells[2])
    return found


def _match(context: AppContext, judgments: Judgments) -> Evaluation:
    with context.db.read() as session:
        statement = select(Requirement).options(joinedload(Requirement.organization))
        rows = list(session.scalars(statement.order_by(Requirement.organization_id, Requirement.id)))
        names = {str(key): name or str(key) for key, name in session.execute(_external_ids())}
    rankings: dict[str, list[str]] = {}
    predictions: list[tuple[float, float, int]] = []
    for requirement, match in match_all(context.index, rows, limit=max(1, len(names)), explain=False):
        key = requirement.external_id or str(requirement.id)
        rankings[key] = [names[candidate.achievement] for candidate in match.candidates]
        grades = judgments.get(key, {})
        for candidate in match.candidates:
            grade = grades.get(names[candidate.achievement])
            if grade is not None:
                predictions.append((candidate.grade.p3, candidate.grade.expected, grade))
    return Evaluation(
        requirements=len(rows),
        achievements=len(names),
        quality=ranking_quality(rankings, judgments),
        calibration=calibration_quality(predictions),
        model_id=context.index.status().model_id,
        rankings={key: ranking[:SHOWN] for key, ranking in rankings.items()},
    )


def _external_ids() -> Select[uuid.UUID, str | None]:
    return select(Achievement.id, Achievement.external_id)


def _import(context: AppContext, path: Path, kind: ImportKind) -> None:
    limit = max(context.settings.max_upload_mb, path.stat().st_size // 1_000_000 + 1)
    with context.db.write() as session:
        record = exchange.start_import(
            session, SYSTEM, filename=path.name, content=path.read_bytes(), max_mb=limit, kind=kind
        )
        import_id, job_id = record.id, record.job_id
    assert job_id is not None
    job = jobs.run_inline(context, job_id)
    with context.db.read() as session:
        rejected = session.scalar(select(Import.rejected).where(Import.id == import_id)) or 0
    if job.status is not JobStatus.SUCCEEDED or rejected:
        raise EvaluationImportFailed(name=path.name, rejected=rejected)


@contextmanager
def _scratch_context(settings: Settings) -> Iterator[AppContext]:
    with tempfile.TemporaryDirectory(prefix="jiebang-evaluate-") as scratch:
        own = settings.model_copy(
            update={"database_url": f"sqlite:///{scratch}/evaluate.db", "data_dir": Path(scratch)}
        )
        db = Database(own.database_url)
        index = SearchIndex(own, db, models_dir=settings.data_dir / "models")
        try:
            migrations.migrate(db)
            yield AppContext(settings=own, db=db, index=index)
        finally:
            index.close()
            db.dispose()


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - started
