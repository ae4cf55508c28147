"""Exports: made once, near to the original, noticed when damaged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from matching.encode import SentenceTransformerEncoder, load_model, open_encoder
from matching.errors import ModelUnavailable
from matching.onnx import export
from matching.onnx.export import ensure_export, export_graph, is_whole, open_export
from matching.onnx.quantize import quantize_products
from matching.types import Vectors
from tests.matching.onnx.conftest import write_model

TEXTS = (
    "谐波减速器",
    "石墨烯导热膜制备方法",
    "窑内供风不均匀，需要适合大型窑炉的供风系统。",
    "莱赛尔面料水洗后起毛" * 12,
    "",
)
"""The fourth is longer than the model reads."""


def cosines(one: Vectors, other: Vectors) -> Sequence[float]:
    return [float(value) for value in (one * other).sum(axis=1)]


def test_the_graph_gives_the_vectors_of_the_original(tiny: Path) -> None:
    model = load_model(str(tiny), attention="eager")
    graph = export_graph(model).SerializeToString()
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    found = model.tokenizer(list(TEXTS), padding=True, truncation=True, max_length=40, return_tensors="np")
    (vectors,) = session.run(
        None, {name: found[name].astype(np.int64) for name in ("input_ids", "attention_mask")}
    )
    assert vectors == pytest.approx(SentenceTransformerEncoder(str(tiny)).encode(TEXTS), abs=1e-5)


@pytest.mark.parametrize("pooling", ["mean_tokens", "cls_token"])
def test_an_export_points_where_the_original_does(pooling: str, tmp_path: Path) -> None:
    source = str(write_model(tmp_path / "source", pooling=pooling))
    exported = open_export(source, models_dir=tmp_path)
    original = SentenceTransformerEncoder(source)
    assert exported.dimension == original.dimension == 32
    assert min(cosines(exported.encode(TEXTS), original.encode(TEXTS))) > 0.995


def test_the_vectors_of_an_export_carry_an_id_of_their_own(tiny: Path, tmp_path: Path) -> None:
    original = SentenceTransformerEncoder(str(tiny)).model_id
    exported = open_export(str(tiny), models_dir=tmp_path).model_id
    assert exported != original
    assert exported.startswith(original)


def test_other_weights_give_another_export(tiny: Path, tmp_path: Path) -> None:
    other = write_model(tmp_path / tiny.name, seed=6)
    models = tmp_path / "models"
    first, second = (open_export(str(source), models_dir=models) for source in (tiny, other))
    assert first.model_id != second.model_id
    assert len([path for path in (models / "onnx").iterdir() if path.is_dir()]) == 2


def test_exporting_again_loads_and_writes_nothing(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ensure_export(str(tiny), models_dir=tmp_path)
    times = {path: path.stat().st_mtime_ns for path in folder.iterdir()}

    def refuse(source: str, *, attention: str | None = None) -> None:
        raise AssertionError("the model was loaded again")

    monkeypatch.setattr(export, "load_model", refuse)
    assert ensure_export(str(tiny), models_dir=tmp_path) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == times
    assert open_export(str(tiny), models_dir=tmp_path).encode(TEXTS).shape == (5, 32)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "export.json"])
@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_damaged_export_is_noticed_and_made_anew(
    tiny: Path, tmp_path: Path, name: str, damage: str
) -> None:
    folder = ensure_export(str(tiny), models_dir=tmp_path)
    if damage == "changed":
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 0xFF
        (folder / name).write_bytes(content)
    else:
        (folder / name).unlink()
    assert not is_whole(folder)
    assert ensure_export(str(tiny), models_dir=tmp_path) == folder
    assert is_whole(folder)


def test_an_export_of_an_older_recipe_does_not_count(tiny: Path, tmp_path: Path) -> None:
    folder = ensure_export(str(tiny), models_dir=tmp_path)
    manifest = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    (folder / "export.json").write_text(json.dumps({**manifest, "recipe": "int8v0"}), encoding="utf-8")
    assert not is_whole(folder)


def test_an_export_too_far_from_the_original_is_refused_and_leaves_nothing(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "LEAST_COSINE", 1.01)
    with pytest.raises(ModelUnavailable, match=r"JIEBANG_ENCODER=torch.*cosine"):
        ensure_export(str(tiny), models_dir=tmp_path)
    assert [path.name for path in (tmp_path / "onnx").iterdir()] == [".lock"]


def test_a_folder_that_cannot_be_written_is_named(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "onnx").write_text("a file in the way")
    with pytest.raises(ModelUnavailable, match="cannot write"):
        ensure_export(str(tiny), models_dir=tmp_path)


def test_a_model_that_does_not_load_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelUnavailable, match="broken"):
        open_export(str(tmp_path / "broken"), models_dir=tmp_path)


def test_every_product_with_weights_is_replaced_and_the_floats_are_dropped(tiny: Path) -> None:
    graph = export_graph(load_model(str(tiny), attention="eager"))
    before = len(graph.SerializeToString())
    replaced = quantize_products(graph)
    # Per layer: query, key, value and output of the attention, and two of the feed-forward part.
    assert replaced == 2 * 6
    assert len(graph.SerializeToString()) < before
    assert quantize_products(graph) == 0


def test_the_runtime_is_chosen_when_opening(tiny: Path, tmp_path: Path) -> None:
    encoder = open_encoder(str(tiny), models_dir=tmp_path, runtime="onnx")
    try:
        assert encoder.model_id.endswith(f"+{export.RECIPE}")
        assert np.linalg.norm(encoder.encode(TEXTS), axis=1) == pytest.approx(1.0, abs=1e-5)
    finally:
        encoder.close()
