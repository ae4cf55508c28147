"""Going over to another model: the index answers with the old one until everything is encoded again."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import Settings
from app.db import Database
from app.indexing.service import SearchIndex
from app.indexing.status import IndexState
from matching.adapt import store
from matching.adapt.store import AdaptedModel
from tests.app.indexing.conftest import CountingEncoder, World, is_faithful

ADAPTED = "m3e-small~1"


class Models:
    """Opens the encoder of the model that has been chosen; `opened` has each of them."""

    def __init__(self, models_dir: Path, base: str) -> None:
        self.folder, self.base = models_dir, base
        self.opened: list[CountingEncoder] = []
        built = models_dir / ".built"
        built.mkdir(parents=True)
        store.keep(models_dir, built, AdaptedModel(ADAPTED, base))

    def __call__(self) -> CountingEncoder:
        name = store.chosen(self.folder, self.base) or store.ORIGINAL
        self.opened.append(CountingEncoder(48 if name == ADAPTED else 64, name))
        return self.opened[-1]


@pytest.fixture
def models(settings: Settings) -> Models:
    return Models(settings.data_dir / "models", settings.model)


def ready(settings: Settings, db: Database, models: Models) -> SearchIndex:
    index = SearchIndex(settings, db, encoder=models)
    index.load()
    index.settle()
    return index


def test_a_process_that_encodes_moves_by_itself_and_comes_back(
    settings: Settings, db: Database, world: World, models: Models
) -> None:
    index = ready(settings, db, models)
    index._is_keeping = True
    for name in (ADAPTED, store.ORIGINAL):
        store.choose(models.folder, models.base, name)
        index._pass()
        assert index.status().model_id == name
        assert index.status().state is IndexState.READY
        assert len(index.search("achievements", "减速器").hits) > 0
        assert is_faithful(index)
    assert [encoder.model_id for encoder in models.opened] == [store.ORIGINAL, ADAPTED, store.ORIGINAL]
    index.close()


def test_another_process_answers_with_the_old_model_until_all_is_encoded(
    settings: Settings, db: Database, world: World, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, follower = ready(settings, db, models), ready(settings, db, models)
    keeper._is_keeping = True
    monkeypatch.setattr("app.indexing.service.RETRY_SECONDS", 0.0)
    store.choose(models.folder, models.base, ADAPTED)
    follower._pass()
    follower._pass()
    assert follower.status().model_id == store.ORIGINAL
    assert len(follower.search("achievements", "减速器").hits) > 0
    assert len(models.opened) == 3, "the coming model is opened once"
    keeper._pass()
    assert len(follower.search("achievements", "减速器").hits) > 0
    follower._pass()
    assert follower.status().model_id == ADAPTED
    assert is_faithful(follower)
    for index in (keeper, follower):
        index.close()


def test_a_model_that_cannot_be_opened_leaves_the_old_one_in_use(
    settings: Settings, db: Database, world: World, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = ready(settings, db, models)

    def refuse() -> CountingEncoder:
        raise OSError("no such model")

    monkeypatch.setattr(index, "_open_encoder", refuse)
    store.choose(models.folder, models.base, ADAPTED)
    with pytest.raises(OSError, match="no such model"):
        index._pass()
    assert index.status().model_id == store.ORIGINAL
    assert len(index.search("achievements", "减速器").hits) > 0
    index.close()
