"""Opens what the settings name: the embedding model, within its licence, and the store of the vectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.config import Settings
from app.config import VectorBackend as BackendName
from app.indexing.errors import ResearchLicenseRefused
from matching import Encoder
from matching.adapt import store
from matching.index.adaptive import AdaptiveBackend
from matching.index.vectors import VectorBackend
from matching.model import is_research_only


def snapshots_of(settings: Settings) -> Path:
    """The folder of the index snapshots."""
    return settings.data_dir / "index"


def check_license(settings: Settings) -> None:
    """Raises `ResearchLicenseRefused` when production would run a research-only model unasked."""
    if settings.is_production and is_research_only(settings.model) and not settings.accept_research_license:
        raise ResearchLicenseRefused(model=settings.model)


def encoder_factory(settings: Settings, models_dir: Path | None = None) -> Callable[[], Encoder]:
    """Opens the model when called; `models_dir` holds fetched models (default DATA_DIR/models)."""

    def opened() -> Encoder:
        # Loading the model brings its libraries along; processes that only talk to the database do without.
        from matching.encode import open_encoder

        models = models_dir or settings.data_dir / "models"
        return open_encoder(
            settings.model,
            models_dir=models,
            queue_limit=settings.model_queue,
            runtime=settings.encoder.value,
        )

    return opened


def chosen_model(settings: Settings, models_dir: Path | None = None) -> str | None:
    """The name of the adapted model that stands in for the setting; None when nobody has chosen one."""
    return store.chosen(models_dir or settings.data_dir / "models", settings.model)


def vector_backend(settings: Settings) -> VectorBackend:
    """What keeps the vectors: this process (exact while they are few, compressed beyond), or a distributed store.

    Raises `matching.errors.IndexUnavailable` when the store does not answer or its client is not installed.
    """
    if settings.vector_backend is BackendName.FAISS:
        return AdaptiveBackend(
            exact_below=settings.index_exact_below,
            recall=settings.index_recall,
            scratch=snapshots_of(settings) / "scratch",
        )
    # The client is an optional extra.
    from matching.index.milvus import MilvusBackend

    return MilvusBackend(settings.milvus_uri)
