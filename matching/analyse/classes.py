"""Sorts a requirement into the twelve fields and the 97 divisions of GB/T 4754, with a probability for each.

A class scores by its telling words that the text holds, and, where an encoder is given, by how near the text
is to a sentence that describes the class; a softmax whose few constants were fitted on labelled requirements
(`scripts/measure_analysis.py` prints how well) makes it a probability.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from matching.analyse.types import ClassProbability
from matching.encode import Encoder
from matching.text import clean, normalise, words
from matching.types import Vectors

Scores = NDArray[np.float64]

_TITLE = 2.0
_WHOLE = 600
"""Characters of text that are looked at and embedded."""


@dataclass(frozen=True, slots=True)
class Weights:
    """`lexical` and `dense` multiply standardised scores; `doubt` is the lexical score at which half of the
    lexical weight is given; `fallback` is the share of a uniform guess.
    """

    lexical: float
    dense: float
    doubt: float
    fallback: float


@dataclass(frozen=True)
class Lexicon:
    """n classes: official codes, names, and telling words with the weight 1 or 2."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    words: tuple[dict[str, float], ...]
    without_vectors: Weights
    with_vectors: Weights

    def describe(self) -> list[str]:
        """One sentence per class to embed: its name and its first telling words."""
        return [
            f"{name}：{'、'.join(list(telling)[:20])}"
            for name, telling in zip(self.names, self.words, strict=True)
        ]

    def lexical_scores(self, title: str, text: str) -> Scores:
        """(n,) float64 ≥ 0: weighted telling words held, the title's counted thrice, repeats damped.

        Latin words count only as whole words, so that SOC is not found in SOCKET; a Chinese word counts
        less the more classes claim it.
        """
        tokens = {token.lower() for token in words(f"{title} {text}")}
        claims = _claims(self.names)
        scores = np.zeros(len(self.codes))
        for row, telling in enumerate(self.words):
            for word, weight in telling.items():
                if word.isascii():
                    count = int(word.lower() in tokens)
                    in_title = count if word.lower() in title.lower() else 0
                elif len(word) == 1:
                    # A lone character is telling only where the cutter leaves it alone (羊, 泵, 纱).
                    count = int(word in tokens)
                    in_title = int(word in title) * count
                else:
                    count, in_title = text.count(word), title.count(word)
                if count or in_title:
                    scores[row] += weight * (math.log1p(count) + _TITLE * min(in_title, 1)) / claims[word]
        return scores


@lru_cache(maxsize=4)
def _claims(names: tuple[str, ...]) -> dict[str, float]:
    lexicon = fields() if names == fields().names else divisions()
    counts: dict[str, float] = {}
    for telling in lexicon.words:
        for word in telling:
            counts[word] = counts.get(word, 0.0) + 1.0
    return {word: math.sqrt(count) for word, count in counts.items()}


def _telling(text: str) -> dict[str, float]:
    return {word.rstrip("*"): 2.0 if word.endswith("*") else 1.0 for word in text.split()}


def _rows(name: str) -> list[list[str]]:
    content = resources.files("matching").joinpath("data", name).read_text(encoding="utf-8")
    return [line.split("\t") for line in content.splitlines() if line and not line.startswith("#")]


@lru_cache(maxsize=1)
def fields() -> Lexicon:
    """The twelve classes 所属领域 of the provincial form."""
    rows = _rows("fields.txt")
    names = tuple(row[0] for row in rows)
    telling = tuple(_telling(row[1]) for row in rows)
    return Lexicon(names, names, telling, Weights(8.0, 0.0, 4.0, 0.02), Weights(8.0, 0.35, 4.0, 0.02))


@lru_cache(maxsize=1)
def divisions() -> Lexicon:
    """The divisions (大类) 01 … 97 of GB/T 4754-2017 under their official names."""
    rows = _rows("divisions.txt")
    codes, names = tuple(row[0] for row in rows), tuple(row[1] for row in rows)
    telling = tuple(_telling(row[2]) for row in rows)
    return Lexicon(codes, names, telling, Weights(10.0, 0.0, 4.0, 0.02), Weights(10.0, 1.4, 8.0, 0.02))


def softmax(scores: Scores) -> Scores:
    """(n,) float64, sums to 1."""
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum())


def probabilities(lexical: Scores, likeness: Scores | None, lexicon: Lexicon) -> Scores:
    """(n,) float64, sums to 1: softmax of both scores, each on a scale of its own, mixed with a uniform guess.

    `lexical` ≥ 0 is divided by its largest value plus `doubt`, so a text with few telling words keeps a
    flat distribution; `likeness` (n,) is standardised over the classes.
    """
    weights = lexicon.without_vectors if likeness is None else lexicon.with_vectors
    logits = weights.lexical * lexical / (lexical.max() + weights.doubt)
    if likeness is not None:
        logits = logits + weights.dense * (likeness - likeness.mean()) / (likeness.std() + 1e-9)
    mixed = (1.0 - weights.fallback) * softmax(logits) + weights.fallback / len(lexical)
    return np.asarray(mixed)


@dataclass(frozen=True)
class ClassVectors:
    """The classes' descriptions embedded once: fields (12, d) and divisions (97, d), unit rows."""

    encoder: Encoder
    fields: Vectors
    divisions: Vectors

    @classmethod
    def of(cls, encoder: Encoder) -> ClassVectors:
        return cls(encoder, encoder.encode(fields().describe()), encoder.encode(divisions().describe()))


def text_of(title: str, parts: Sequence[str]) -> tuple[str, str]:
    """Title and the first characters of the cleaned parts, in normal form."""
    return normalise(title), clean("\n".join(part for part in parts if part))[:_WHOLE]


def classify(
    title: str, parts: Sequence[str], *, vectors: ClassVectors | None = None, limit: int = 3
) -> tuple[tuple[ClassProbability, ...], tuple[ClassProbability, ...]]:
    """The `limit` most likely (fields, divisions), likeliest first; empty where nothing tells.

    With `vectors` the text is embedded as well (one call of the encoder).
    """
    title, text = text_of(title, parts)
    if not title and not text:
        return (), ()
    near_fields = near_divisions = None
    if vectors is not None:
        vector = vectors.encoder.encode([f"{title}。{text}"[:400]])[0]
        near_fields = (vectors.fields @ vector).astype(np.float64)
        near_divisions = (vectors.divisions @ vector).astype(np.float64)
    return (
        _best(fields(), title, text, near_fields, limit),
        _best(divisions(), title, text, near_divisions, limit),
    )


def _best(
    lexicon: Lexicon, title: str, text: str, likeness: Scores | None, limit: int
) -> tuple[ClassProbability, ...]:
    lexical = lexicon.lexical_scores(title, text)
    if likeness is None and not lexical.any():
        return ()
    shares = probabilities(lexical, likeness, lexicon)
    order = np.argsort(-shares, kind="stable")[:limit]
    return tuple(
        ClassProbability(lexicon.codes[row], lexicon.names[row], round(float(shares[row]), 4))
        for row in order
    )
