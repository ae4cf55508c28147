"""What the settings name is what an index opens: the model within its licence, and the store of its vectors."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from app.config import EncoderRuntime, Environment, Settings, VectorBackend
from app.db import Database
from app.indexing.errors import ResearchLicenseRefused
from app.indexing.opening import check_license, encoder_factory, vector_backend
from app.indexing.service import SearchIndex
from matching import encode
from matching.errors import IndexUnavailable
from matching.index import milvus
from matching.index.adaptive import AdaptiveBackend
from matching.index.faiss_flat import FaissFlatIndex
from matching.index.vectors import VectorIndex
from matching.onnx import export
from tests.app.indexing.conftest import CountingEncoder, World, is_faithful


class Server:
    """Stands for a vector store elsewhere: remembers who asked and which of its indexes are still held."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.held: set[str] = set()

    def __call__(self, uri: str) -> Server:
        self.asked.append(uri)
        return self

    def create(self, name: str, dimension: int) -> VectorIndex:
        return Held(self, f"{name}-{len(self.held)}", dimension)

    def load(self, name: str, folder: Path, dimension: int) -> VectorIndex:
        index = self.create(name, dimension)
        index.append(np.load(folder / milvus.VECTORS_FILE))
        return index


class Held(FaissFlatIndex):
    def __init__(self, server: Server, name: str, dimension: int) -> None:
        super().__init__(dimension)
        self._server, self._key = server, f"{name}-{id(self)}"
        server.held.add(self._key)

    def close(self) -> None:
        self._server.held.discard(self._key)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    found = Server()
    monkeypatch.setattr(milvus, "MilvusBackend", found)
    return found


@pytest.fixture
def elsewhere(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"vector_backend": VectorBackend.MILVUS, "milvus_uri": "http://milvus.example:19530"}
    )


def test_production_refuses_a_research_only_model_unless_it_is_accepted(settings: Settings) -> None:
    production = settings.model_copy(update={"env": Environment.PRODUCTION, "model": "m3e-small"})
    with pytest.raises(ResearchLicenseRefused):
        check_license(production)
    check_license(production.model_copy(update={"accept_research_license": True}))
    check_license(production.model_copy(update={"model": "BAAI/bge-base-zh-v1.5"}))
    check_license(settings)


def test_vectors_stay_in_memory_unless_a_store_is_named(settings: Settings) -> None:
    assert isinstance(vector_backend(settings), AdaptiveBackend)


def test_the_store_that_the_settings_name_holds_the_vectors_until_the_index_is_closed(
    elsewhere: Settings, db: Database, world: World, server: Server
) -> None:
    for is_first in (True, False):
        index = SearchIndex(elsewhere, db, encoder=CountingEncoder)
        index.load()
        assert len(server.held) >= 3
        if is_first:
            index.settle()
            index.rebuild()
        assert index.search("achievements", "阻燃整理").hits[0].key == str(world.achievements[0].id)
        assert is_faithful(index)
        index.close()
        assert not server.held
    assert server.asked == ["http://milvus.example:19530"] * 2


def test_a_missing_client_is_named(elsewhere: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(IndexUnavailable) as caught:
        vector_backend(elsewhere)
    assert "milvus" in caught.value.detail


def test_as_many_searches_wait_for_the_model_as_the_settings_say(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[object] = []

    def served(model: object, *, queue_limit: int) -> CountingEncoder:
        limits.append(queue_limit)
        return CountingEncoder()

    monkeypatch.setattr(encode, "SentenceTransformerEncoder", lambda source, **options: source)
    monkeypatch.setattr(encode, "ServedEncoder", served)
    chosen = settings.model_copy(
        update={"model": "org/some-model", "model_queue": 7, "encoder": EncoderRuntime.TORCH}
    )
    encoder_factory(chosen, tmp_path)()
    assert limits == [7]


def test_the_model_runs_where_the_settings_say(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[str, Path]] = []

    def exported(source: str, *, models_dir: Path, batch_size: int) -> CountingEncoder:
        opened.append((source, models_dir))
        return CountingEncoder()

    monkeypatch.setattr(export, "open_export", exported)
    monkeypatch.setattr(encode, "ServedEncoder", lambda model, **options: model)
    chosen = settings.model_copy(update={"model": "org/some-model", "encoder": EncoderRuntime.ONNX})
    encoder_factory(chosen, tmp_path)()
    assert opened == [("org/some-model", tmp_path)]
