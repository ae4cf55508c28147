"""The ONNX encoder: a vector depends on its text alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matching.encode import model_source
from matching.errors import ModelUnavailable
from matching.model import is_research_only
from matching.onnx.encode import OnnxEncoder
from matching.onnx.export import ensure_export, open_export
from matching.serving import ServedEncoder

TITLES = ("谐波减速器", "石墨烯导热膜制备方法", "减速器", "大型窑炉供风系统的抗原纤化整理")


def test_a_text_gets_the_same_vector_whatever_else_is_in_its_batch(tiny: Path, tmp_path: Path) -> None:
    encoder = open_export(str(tiny), models_dir=tmp_path)
    together = encoder.encode(TITLES)
    alone = np.vstack([encoder.encode([title]) for title in TITLES])
    assert together == pytest.approx(alone, abs=1e-5)


def test_no_text_gives_no_vector(tiny: Path, tmp_path: Path) -> None:
    vectors = open_export(str(tiny), models_dir=tmp_path).encode([])
    assert vectors.shape == (0, 32)
    assert vectors.dtype == np.float32


def test_an_instruction_goes_before_queries_only(tiny: Path, tmp_path: Path) -> None:
    folder = ensure_export(str(tiny), models_dir=tmp_path)
    encoder = OnnxEncoder(folder, model_id="tiny", instruction="石墨烯")
    assert encoder.encode_queries(["减速器"]) == pytest.approx(encoder.encode(["石墨烯减速器"]), abs=1e-6)
    assert encoder.encode_queries(["减速器"]) != pytest.approx(encoder.encode(["减速器"]), abs=1e-2)


def test_a_folder_without_a_graph_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="cannot load the export"):
        OnnxEncoder(tmp_path, model_id="nothing")


@pytest.mark.model
def test_the_default_model_keeps_its_directions(
    model: ServedEncoder, models_dir: Path, tmp_path: Path
) -> None:
    exported = open_export(model_source(None, models_dir), models_dir=tmp_path)
    assert exported.model_id == f"{model.model_id}+int8v1"
    assert is_research_only(exported.model_id)
    texts = ["谐波减速器的振动噪声", "莱赛尔面料水洗后起毛，需要抗原纤化整理。" * 8, "石墨烯导热膜"]
    assert (exported.encode(texts) * model.encode(texts)).sum(axis=1).min() > 0.995
