"""Request-side weights of terms."""

from __future__ import annotations

import numpy as np
import pytest

from matching.frequencies import Background, request_weights, shipped_background
from matching.index.lexical import Bm25, LexicalIndex, LexicalView
from matching.terms import extract


def requirements(*texts: str) -> LexicalView:
    index = LexicalIndex(Bm25())
    index.append(extract(list(texts)))
    return index.view()


NOTHING = Background.of_words([])


def test_a_term_of_all_requirements_weighs_nothing_and_one_of_none_weighs_one() -> None:
    terms = np.sort(extract(["研", "窑"]).terms)
    weights = request_weights(terms, requirements("研 a", "研 b"), NOTHING, prior=0.0)
    by_term = dict(zip(terms.tolist(), weights.tolist(), strict=True))
    assert by_term[int(extract(["研"]).terms[0])] == 0.0
    assert by_term[int(extract(["窑"]).terms[0])] == 1.0


def test_without_any_requirement_the_background_decides() -> None:
    background = Background.of_words([("研发", 0.5)])
    terms = np.sort(extract(["研窑"]).terms)
    weights = request_weights(terms, requirements(), background, prior=30.0)
    by_term = dict(zip(terms.tolist(), weights.tolist(), strict=True))
    common = by_term[int(extract(["研"]).terms[0])]
    assert common == pytest.approx(np.log(31 / 16) / np.log(31), rel=1e-5)
    assert by_term[int(extract(["窑"]).terms[0])] == 1.0


def test_the_background_fades_as_requirements_come() -> None:
    background = Background.of_words([("研", 1.0)])
    term = extract(["研"]).terms
    few = request_weights(term, requirements("窑"), background, prior=10.0)[0]
    many = request_weights(term, requirements(*["窑"] * 200), background, prior=10.0)[0]
    assert few < 0.1 < 0.5 < many


def test_with_neither_requirements_nor_prior_all_terms_weigh_one() -> None:
    assert request_weights(extract(["研"]).terms, requirements(), NOTHING, prior=0.0).tolist() == [1.0]


def test_the_shipped_background_knows_the_empty_words_of_the_genre() -> None:
    background = shipped_background()
    empty = background.share(extract(["研发"]).terms)
    assert empty.min() >= 0.3
    assert background.share(extract(["窑"]).terms).tolist() == [0.0]
    assert background.shares.max() <= 1.0
