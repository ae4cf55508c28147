"""Free-text search over one collection: short queries by words and by meaning, with snippets.

Unlike a match, a query is a few words: what counts is how much of it a document holds, then how near it is.
"""

from __future__ import annotations

import numpy as np

from matching.config import EngineConfig
from matching.index.collection import CollectionView
from matching.index.reference import centred
from matching.terms import extract
from matching.text import content_words, normalise, normalise_with_offsets
from matching.types import Document, Hit, Mask, SearchPage, Vectors

_SNIPPET = 80
_LEAD = 16
_WORD_SHARE = 0.65


def search(
    view: CollectionView,
    query: str,
    vector: Vectors,
    *,
    allowed: Mask,
    limit: int,
    offset: int,
    config: EngineConfig,
) -> SearchPage:
    """Hits among the allowed rows, best first: score = 0.65 * share of the query's words + 0.35 *
    centred cosine.

    `query` is in normal form, `vector` (d,) embeds it. A document is a hit when it holds `search_coverage` of
    the query's term weight, or is `search_likeness` near, or has shares of both that add up to one; `total`
    counts the hits among the best `search_depth` of each kind.
    """
    table = extract([query])
    terms = table.of(0)[0]
    weights = view.lexical.inverse_frequencies(terms)
    whole = float(weights.sum())
    direction = centred(vector, view.centre)
    lexical = view.lexical.search(terms, weights, config.search_depth, allowed=allowed)
    dense, _ = view.vectors.search(direction, config.search_depth, allowed=allowed)
    rows = np.union1d(lexical, dense).astype(np.int64)
    if not len(rows):
        return SearchPage((), 0)
    present = _coverage(view, rows, terms, weights) / max(whole, 1e-9)
    near = centred(view.vectors.vectors(rows), view.centre) @ direction
    # A sentence shares some words and some sense with what answers it, seldom enough of either alone.
    is_hit = present / config.search_coverage + np.clip(near, 0.0, 1.0) / config.search_likeness >= 1.0
    # Saturated counts only order documents that hold the same words.
    often = view.lexical.exact(rows, terms, weights[:, None])[:, 0] / max(
        whole * (config.bm25_k1 + 1.0), 1e-9
    )
    scores = _WORD_SHARE * (0.9 * present + 0.1 * often) + (1.0 - _WORD_SHARE) * np.clip(near, 0.0, 1.0)
    rows, scores = rows[is_hit], scores[is_hit]
    keys = np.array([view.key(int(row)) for row in rows])
    order = np.lexsort((keys, -scores))[offset : offset + limit]
    hits = []
    for place, index in enumerate(order, start=offset + 1):
        snippet, marks = snippet_of(view.document(int(rows[index])), query)
        hits.append(Hit(str(keys[index]), place, round(float(scores[index]), 6), snippet, marks))
    return SearchPage(tuple(hits), len(rows))


def _coverage(
    view: CollectionView,
    rows: np.ndarray[tuple[int], np.dtype[np.int64]],
    terms: np.ndarray[tuple[int], np.dtype[np.uint32]],
    weights: np.ndarray[tuple[int], np.dtype[np.float32]],
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """(len(rows),) float32: the weight of the query's terms that each row holds at all."""
    covered = np.zeros(len(rows), dtype=np.float32)
    for place, row in enumerate(rows):
        held, _ = view.lexical.table.of(int(row))
        covered[place] = weights[np.isin(terms, held, assume_unique=True)].sum()
    return covered


def snippet_of(document: Document, query: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """At most 80 characters around the first place where words of the query stand, and where they stand
    in it.

    The title when it holds one of the words or nothing does, else the description from shortly before
    the place.
    """
    wanted = _wanted(query)
    for text in (document.title, document.description):
        places = _places(text, wanted)
        if places:
            begin = 0 if places[0][1] <= _SNIPPET else max(places[0][0] - _LEAD, 0)
            cut = text[begin : begin + _SNIPPET]
            marks = tuple((start - begin, end - begin) for start, end in places if end - begin <= len(cut))
            return cut, marks
    return document.title[:_SNIPPET], ()


def _wanted(query: str) -> list[str]:
    lowered = normalise(query).lower()
    found = [word for word, _, _ in content_words(lowered)]
    return found or lowered.split()


def _places(text: str, wanted: list[str]) -> list[tuple[int, int]]:
    """Where the words stand in the original text, in order, overlapping places joined."""
    plain, offsets = normalise_with_offsets(text)
    spans = []
    for word in wanted:
        place = plain.find(word)
        while place >= 0:
            spans.append((offsets[place], offsets[place + len(word) - 1] + 1))
            place = plain.find(word, place + len(word))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def similarity(
    view: CollectionView, text: str, vector: Vectors, *, allowed: Mask, limit: int, config: EngineConfig
) -> list[tuple[int, float]]:
    """(row, similarity) of the documents nearest to a text of the same kind, most similar first.

    similarity = half the centred cosine (negative counts as 0) + half the weighted overlap of terms
    (sum of idf over common terms / sum over all terms of both); 1 for equal texts. `vector` is (d,).
    """
    terms = extract([text]).of(0)[0]
    weights = view.lexical.inverse_frequencies(terms)
    direction = centred(vector, view.centre)
    depth = max(limit, config.search_depth)
    lexical = view.lexical.search(terms, weights, depth, allowed=allowed)
    dense, _ = view.vectors.search(direction, depth, allowed=allowed)
    rows = np.union1d(lexical, dense).astype(np.int64)
    near = np.clip(centred(view.vectors.vectors(rows), view.centre) @ direction, 0.0, 1.0)
    whole = float(weights.sum())
    found = []
    for row, cosine in zip(rows, near, strict=True):
        held, _ = view.lexical.table.of(int(row))
        common = float(weights[np.isin(terms, held, assume_unique=True)].sum())
        other = float(view.lexical.inverse_frequencies(held).sum())
        found.append((int(row), 0.5 * float(cosine) + 0.5 * common / max(whole + other - common, 1e-9)))
    found.sort(key=lambda entry: (-entry[1], view.key(entry[0])))
    return found[:limit]
