"""Texts and weighted terms of a requirement."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matching.config import EngineConfig
from matching.features import RequirementVectors, requirement_texts, weighted_terms
from matching.frequencies import Background
from matching.index.lexical import Bm25, LexicalIndex, LexicalView
from matching.terms import extract
from matching.types import Document

CONFIG = EngineConfig()


def lexical(*texts: str) -> LexicalView:
    index = LexicalIndex(Bm25())
    index.append(extract(list(texts)))
    return index.view()


def test_sentences_keep_their_place_and_short_ones_are_left_out() -> None:
    document = Document("r", "窯爐供風", "短。窑内供风总是不均匀！窑内供风总是不均匀！")
    texts = requirement_texts(document, CONFIG)
    assert texts.title == "窑炉供风"
    assert texts.sentences == ("窑炉供风", "窑内供风总是不均匀")
    assert [span.text for span in texts.spans] == ["窯爐供風", "窑内供风总是不均匀！"]
    for span in texts.spans:
        assert getattr(document, span.field)[span.start : span.end] == span.text
    assert texts.full == "窑炉供风。短。窑内供风总是不均匀"
    assert len(texts.all) == 3


def test_there_are_at_most_so_many_sentences() -> None:
    description = "。".join(f"第{row}个相当长的句子" for row in range(50))
    texts = requirement_texts(Document("r", "题", description), replace(CONFIG, sentence_limit=4))
    assert len(texts.sentences) == len(texts.spans) == 5


def test_vectors_are_taken_apart_in_the_order_of_the_texts() -> None:
    encoded = np.arange(8, dtype=np.float32).reshape(4, 2)
    vectors = RequirementVectors.of(encoded)
    assert vectors.full.tolist() == [0, 1]
    assert vectors.title.tolist() == [2, 3]
    assert vectors.sentences.tolist() == [[2, 3], [4, 5], [6, 7]]


def test_a_term_weighs_by_count_request_and_rarity() -> None:
    documents = lexical("窑", "炉")
    query = weighted_terms(
        "窑 窑 齿",
        "窑",
        documents=documents,
        requirements=lexical(),
        background=Background.of_words([]),
        config=replace(CONFIG, prior_weight=0.0),
    )
    weights = dict(zip(query.terms.tolist(), query.weights.tolist(), strict=True))
    idf = np.log1p(1.5 / 1.5)
    full, title = weights[int(extract(["窑"]).terms[0])]
    assert full == pytest.approx((1 + np.log(2)) * idf, rel=1e-5)
    assert title == pytest.approx(CONFIG.title_weight * idf, rel=1e-5)
    assert query.total.tolist() == pytest.approx(query.weights.sum(axis=1).tolist())
    assert np.all(np.diff(query.terms.astype(np.int64)) > 0)
