"""Encoders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matching.encode import (
    HashingEncoder,
    SentenceTransformerEncoder,
    batches_of_like_length,
    open_encoder,
)
from matching.errors import ModelUnavailable
from matching.serving import ServedEncoder


def test_hashed_vectors_have_length_one_and_follow_shared_characters() -> None:
    vectors = HashingEncoder(64).encode(["石灰窑供风", "石灰窑炉供风", "面料", ""])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0)
    assert vectors.dtype == np.float32
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.3
    assert HashingEncoder(64).encode([]).shape == (0, 64)


def test_a_model_that_was_not_fetched_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="jiebang model fetch"):
        open_encoder(models_dir=tmp_path)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="cannot load"):
        SentenceTransformerEncoder(str(tmp_path))


@pytest.mark.model
def test_the_default_model_gives_512_unit_numbers_and_a_hashed_id(model: ServedEncoder) -> None:
    vectors = model.encode(["减速器噪声", "谐波减速器的振动噪声", "莱赛尔面料"])
    assert vectors.shape == (3, 512)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-4)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    assert model.model_id == "m3e-small~general@a866b8bccd80"


@pytest.mark.model
def test_the_default_model_needs_no_instruction_before_a_query(model: ServedEncoder) -> None:
    assert model.encode(["减速器"]) == pytest.approx(model.encode_queries(["减速器"]), abs=1e-5)


def test_texts_of_like_length_share_a_batch_and_each_is_there_once() -> None:
    lengths = [400, 10, 12, 11, 390, 60]
    batches = batches_of_like_length(lengths, at_most=2)
    assert sorted(row for batch in batches for row in batch) == list(range(6))
    assert [[lengths[row] for row in batch] for batch in batches] == [[10, 11], [12], [60], [390, 400]]


def test_long_texts_share_a_batch_as_far_as_their_padded_characters_allow() -> None:
    lengths = [400, 10, 300, 11, 390, 3000]
    batches = batches_of_like_length(lengths, at_most=8, characters=800)
    assert [[lengths[row] for row in batch] for batch in batches] == [[10, 11], [300, 390], [400], [3000]]


def test_no_text_needs_no_batch() -> None:
    assert batches_of_like_length([], at_most=8) == []
