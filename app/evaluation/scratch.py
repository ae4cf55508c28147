"""A service of its own for one evaluation: database, index and imported folder, gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import select

from app import migrations
from app.auth.actor import SYSTEM
from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.errors import JiebangError
from app.exchange import service as exchange
from app.exchange import tasks
from app.indexing.opening import encoder_factory
from app.indexing.service import SearchIndex
from app.jobs import service as jobs
from app.models.exchange import Import, ImportKind
from app.models.job import JobStatus
from matching import Encoder, EngineConfig

# The import's task registers itself on import, so that it can run in this process.
__all__ = ["EvaluationImportFailed", "Scratch", "import_file", "open_scratch", "tasks"]


class EvaluationImportFailed(JiebangError):
    code, status = "evaluation_import_failed", 422
    zh = "{name} 未能全部导入：{rejected} 行未通过"
    en = "{name} was not imported completely: {rejected} rows were rejected"


@dataclass(frozen=True)
class Scratch:
    """The context of an evaluation. `encoder` opens the model once and then always gives the same."""

    context: AppContext
    encoder: Callable[[], Encoder]
    models_dir: Path

    def index_with(self, config: EngineConfig) -> SearchIndex:
        """The same texts and vectors ranked by another recipe; it shares the encoder, so it is not closed."""
        index = SearchIndex(self.context.settings, self.context.db, encoder=self.encoder, config=config)
        index.load()
        return index


@contextmanager
def open_scratch(settings: Settings, *, own_models: bool = False) -> Iterator[Scratch]:
    """Migrated and empty, with the configured model (not loaded yet).

    With `own_models` the models are links, so that what is adapted here does not stay in the installation.
    """
    with tempfile.TemporaryDirectory(prefix="jiebang-evaluate-") as folder:
        own = settings.model_copy(
            update={"database_url": f"sqlite:///{folder}/evaluate.db", "data_dir": Path(folder)}
        )
        models = settings.data_dir / "models"
        if own_models:
            models = _linked(models, Path(folder) / "models")
        encoder = cache(encoder_factory(own, models))
        db = Database(own.database_url)
        index = SearchIndex(own, db, encoder=encoder)
        try:
            migrations.migrate(db)
            yield Scratch(AppContext(settings=own, db=db, index=index), encoder, models)
        finally:
            index.close()
            db.dispose()


def _linked(models: Path, target: Path) -> Path:
    """A folder of models that has all of those in `models`, and in which new ones can be made."""
    for shared in ("", "adapted", "onnx"):
        (target / shared).mkdir(parents=True, exist_ok=True)
        for path in sorted((models / shared).glob("[!.]*")):
            if path.name not in ("adapted", "onnx"):
                (target / shared / path.name).symlink_to(path.resolve())
    return target


def import_file(context: AppContext, path: Path, kind: ImportKind) -> None:
    """Imports a file as a user would. Raises `EvaluationImportFailed` when a row is rejected."""
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
