"""From a requirement to what is compared: its texts, its vectors and its weighted terms.

How the comparison is scored is left to `rank`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.config import EngineConfig
from matching.frequencies import Background, request_weights
from matching.index.lexical import Floats, LexicalView
from matching.terms import Terms, extract
from matching.text import normalise, passage, unique_sentences
from matching.types import Document, Span, Vectors


@dataclass(frozen=True, slots=True)
class RequirementTexts:
    """What is embedded of a requirement: full text, title, and the sentences of its description with
    their places.

    The title is the first of `sentences`; `spans[i]` is where `sentences[i]` stands in the document.
    """

    full: str
    title: str
    sentences: tuple[str, ...]
    spans: tuple[Span, ...]

    @property
    def all(self) -> list[str]:
        """full, title, then the sentences after the title: the order that `RequirementVectors.of` expects."""
        return [self.full, self.title, *self.sentences[1:]]


def requirement_texts(document: Document, config: EngineConfig) -> RequirementTexts:
    title = normalise(document.title)
    sentences, spans = [title], [Span("title", 0, len(document.title), document.title)]
    for plain, start, end in unique_sentences(document.description):
        if len(plain) >= config.sentence_length and len(sentences) <= config.sentence_limit:
            sentences.append(plain)
            spans.append(Span("description", start, end, document.description[start:end]))
    return RequirementTexts(
        passage(document, length=config.full_text_length), title, tuple(sentences), tuple(spans)
    )


@dataclass(frozen=True, slots=True)
class RequirementVectors:
    """Embeddings of a requirement's texts: full (d,), title (d,), sentences (m, d) with the title first."""

    full: Vectors
    title: Vectors
    sentences: Vectors

    @classmethod
    def of(cls, encoded: Vectors) -> RequirementVectors:
        """From the rows that `RequirementTexts.all` was encoded to."""
        return cls(encoded[0], encoded[1], encoded[1:])


@dataclass(frozen=True, slots=True)
class WeightedTerms:
    """Distinct ascending terms of a query and what each weighs in its full text and in its title: (t,
    2) float32.
    """

    terms: Terms
    weights: Floats

    @property
    def total(self) -> Floats:
        """(t,) float32: the weights of both parts together."""
        return np.asarray(self.weights.sum(axis=1), dtype=np.float32)


def weighted_terms(
    full: str,
    title: str,
    *,
    documents: LexicalView,
    requirements: LexicalView,
    background: Background,
    config: EngineConfig,
) -> WeightedTerms:
    """The query of a requirement: (1 + ln tf) * request weight * idf, the title counted `title_weight`
    times more.
    """
    table = extract([full, title], kinds=config.term_kinds)
    full_terms, full_counts = table.of(0)
    title_terms, title_counts = table.of(1)
    terms = np.union1d(full_terms, title_terms).astype(np.uint32)
    weights = np.zeros((len(terms), 2), dtype=np.float32)
    weights[np.searchsorted(terms, full_terms), 0] = _occurrences(full_counts, config)
    weights[np.searchsorted(terms, title_terms), 1] = _occurrences(title_counts, config) * config.title_weight
    weights *= documents.inverse_frequencies(terms)[:, None]
    if config.request_weights:
        request = request_weights(terms, requirements, background, prior=config.prior_weight)
        weights *= request[:, None]
    return WeightedTerms(terms, weights)


def _occurrences(counts: NDArray[np.uint8], config: EngineConfig) -> Floats:
    plain = counts.astype(np.float32)
    return np.asarray(1.0 + np.log(plain) if config.damped_counts else plain, dtype=np.float32)
