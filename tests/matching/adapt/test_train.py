"""Training, comparing and keeping an adapted copy of a tiny model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from matching.adapt import store
from matching.adapt.compare import compare, split
from matching.adapt.delta import WEIGHTS, apply_delta, base_of, write_delta
from matching.adapt.pairs import Source
from matching.adapt.store import AdaptedModel, UnknownModel
from matching.adapt.train import Recipe, train
from matching.durable import file_sha256
from matching.encode import HashingEncoder, SentenceTransformerEncoder, model_source
from matching.errors import ModelUnavailable
from matching.model import DEFAULT_MODEL, default_folder, is_research_only
from tests.matching.onnx.conftest import write_model

PARTS = (
    "谐波减速器",
    "石墨烯导热膜",
    "窑内供风",
    "大型炉系统",
    "莱赛尔面料",
    "水洗起毛",
    "原纤化整理",
    "制备方法",
)
SOURCES = [Source(part, (f"{part}需要{part[:2]}不均匀",)) for part in PARTS]
RECIPE = Recipe(steps=3, batch=4, rate=1e-3)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_model(tmp_path / "base")


def test_training_changes_a_copy_and_leaves_the_original_alone(base: Path, tmp_path: Path) -> None:
    before = file_sha256(base / WEIGHTS)
    told: list[tuple[int, int]] = []
    train(str(base), SOURCES, tmp_path / "new", RECIPE, lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert file_sha256(base / WEIGHTS) == before
    old, new = load_file(base / WEIGHTS), load_file(tmp_path / "new" / WEIGHTS)
    changed = {name for name in old if not np.allclose(old[name], new[name])}
    assert any(".layer.1." in name for name in changed)
    assert not any("embeddings" in name or ".layer.0." in name for name in changed)
    assert SentenceTransformerEncoder(str(tmp_path / "new")).encode(["窑内供风"]).shape == (1, 32)


def test_the_same_seed_gives_the_same_weights(base: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        train(str(base), SOURCES, tmp_path / name, RECIPE)
    one, two = (load_file(tmp_path / name / WEIGHTS) for name in ("one", "two"))
    assert all(np.allclose(one[name], two[name], atol=1e-6) for name in one)


def test_training_brings_a_title_nearer_to_its_own_sentence(base: Path, tmp_path: Path) -> None:
    given = [Source(part, (f"需要{PARTS[place - 3]}",)) for place, part in enumerate(PARTS)]
    train(str(base), given, tmp_path / "new", Recipe(steps=40, batch=8, rate=2e-3))
    before, after = SentenceTransformerEncoder(str(base)), SentenceTransformerEncoder(str(tmp_path / "new"))
    found = compare(before.encode, after.encode, given, [])
    assert found.after > found.before


def test_what_the_report_raises_ends_the_training(base: Path, tmp_path: Path) -> None:
    class Cancelled(Exception):
        pass

    def cancel(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        train(str(base), SOURCES, tmp_path / "new", RECIPE, cancel)
    assert not (tmp_path / "new").exists()


def test_a_difference_brings_the_adapted_weights_back_in_little_space(base: Path, tmp_path: Path) -> None:
    train(str(base), SOURCES, tmp_path / "new", RECIPE)
    write_delta(base, tmp_path / "new", tmp_path / "delta", rank=32)
    assert base_of(tmp_path / "delta") == file_sha256(base / WEIGHTS)
    for name in ("first", "second"):
        apply_delta(base, tmp_path / "delta", tmp_path / name)
    built, wanted = load_file(tmp_path / "first" / WEIGHTS), load_file(tmp_path / "new" / WEIGHTS)
    assert all(np.allclose(built[name], wanted[name], atol=1e-4) for name in wanted)
    assert file_sha256(tmp_path / "first" / WEIGHTS) == file_sha256(tmp_path / "second" / WEIGHTS)


def test_equal_models_are_never_better() -> None:
    encoder = HashingEncoder(32)
    found = compare(encoder.encode, encoder.encode, SOURCES, [])
    assert (found.difference.value, found.is_better) == (0.0, False)


def test_a_model_that_finds_every_sentence_is_better_than_one_that_finds_none() -> None:
    names = list(PARTS)

    def knowing(texts: list[str]) -> np.ndarray:
        return np.eye(len(names), dtype=np.float32)[
            [next(place for place, part in enumerate(names) if text.startswith(part)) for text in texts]
        ]

    def confused(texts: list[str]) -> np.ndarray:
        rolled = knowing(texts)
        return np.roll(rolled, 1, axis=1) if "需要" in texts[0] else rolled

    found = compare(confused, knowing, SOURCES, [])  # type: ignore[arg-type]
    assert found.after == 1.0
    assert found.before < 0.5
    assert found.is_better


def test_a_fifth_is_held_back_and_always_the_same() -> None:
    given = [Source(f"题{row}", (f"句子{row}",)) for row in range(200)]
    trained, held = split(given)
    assert (len(trained), len(held)) == (160, 40)
    assert sorted([*trained, *held], key=given.index) == given
    assert split(given) == (trained, held)
    assert len(split(given[:60])[1]) == 20


# --- which model is in use --------------------------------------------------------------------------------


def kept(models: Path, name: str, base: str = DEFAULT_MODEL) -> Path:
    built = models / f".built-{name}"
    built.mkdir(parents=True)
    (built / "config.json").write_text("{}", encoding="utf-8")
    return store.keep(models, built, AdaptedModel(name, base, created_at=f"2026-11-24T{len(name):02d}"))


def test_a_chosen_model_stands_in_for_the_setting_until_the_original_is_chosen(tmp_path: Path) -> None:
    folder = kept(tmp_path, "m3e-small~a")
    original = str(default_folder(tmp_path))
    assert store.source_of(tmp_path, DEFAULT_MODEL) == original
    store.choose(tmp_path, DEFAULT_MODEL, "m3e-small~a")
    assert store.source_of(tmp_path, DEFAULT_MODEL) == str(folder)
    assert store.source_of(tmp_path, "other/model") == "other/model"
    store.choose(tmp_path, DEFAULT_MODEL, store.ORIGINAL)
    assert store.source_of(tmp_path, DEFAULT_MODEL) == original
    assert [one.name for one in store.list_models(tmp_path)] == ["m3e-small~a"]


def test_a_model_of_another_base_or_none_cannot_be_chosen(tmp_path: Path) -> None:
    kept(tmp_path, "bge~a", base="bge")
    for name in ("bge~a", "unknown"):
        with pytest.raises(UnknownModel):
            store.choose(tmp_path, DEFAULT_MODEL, name)
    assert store.chosen(tmp_path, DEFAULT_MODEL) is None


def test_a_damaged_record_or_choice_leads_back_to_the_original(tmp_path: Path) -> None:
    folder = kept(tmp_path, "m3e-small~a")
    store.choose(tmp_path, DEFAULT_MODEL, "m3e-small~a")
    (folder / "adaptation.json").unlink()
    assert store.source_of(tmp_path, DEFAULT_MODEL) == str(default_folder(tmp_path))
    (tmp_path / "adapted" / "current.json").write_text("[", encoding="utf-8")
    assert store.source_of(tmp_path, DEFAULT_MODEL) == str(default_folder(tmp_path))


def test_the_shipped_adaptation_is_put_onto_the_weights_that_it_belongs_to_only(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    base.rename(default_folder(models))
    weights = default_folder(models) / WEIGHTS
    (default_folder(models) / "jiebang-model.json").write_text(
        json.dumps({"sha256": file_sha256(weights)}), encoding="utf-8"
    )
    assert model_source(None, models) == str(default_folder(models))
    train(str(default_folder(models)), SOURCES, tmp_path / "new", RECIPE)
    write_delta(default_folder(models), tmp_path / "new", tmp_path / "delta")
    monkeypatch.setattr(store, "shipped_delta", lambda: tmp_path / "delta")
    general = store.folder_of(models, store.GENERAL)
    assert model_source(None, models) == model_source(DEFAULT_MODEL, models) == str(general)
    assert is_research_only(SentenceTransformerEncoder(str(general)).model_id)
    before = file_sha256(general / WEIGHTS)
    write_delta(default_folder(models), tmp_path / "new", tmp_path / "delta", rank=1)
    assert model_source(None, models) == str(general)
    assert file_sha256(general / WEIGHTS) != before, (
        "another version of the program brings another difference"
    )
    store.choose(models, DEFAULT_MODEL, store.ORIGINAL)
    assert model_source(None, models) == str(default_folder(models))


def test_a_model_that_was_not_fetched_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="model fetch"):
        model_source(None, tmp_path)
