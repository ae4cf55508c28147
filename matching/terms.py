"""Turns normalised texts into the terms of the lexical side: Chinese characters, their bigrams, Latin
words, numbers.

Terms are 32-bit hashes, made for whole batches in numpy; what a term weighs is left to `index.lexical` and
`frequencies`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from matching.text import content_words

Terms = NDArray[np.uint32]
TermKind = Literal["characters", "bigrams", "words"]
CHARACTERS_AND_BIGRAMS: tuple[TermKind, ...] = ("characters", "bigrams")

_LATIN = re.compile(r"[0-9a-z]+")
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class TermTable:
    """Distinct terms of n texts, row after row: text i has terms[offsets[i]:offsets[i + 1]], ascending.

    `offsets` (n + 1,) int64; `terms` uint32; `counts` (same length) uint8, how often the term occurs,
    at most 255; `lengths` (n,) float32, all occurrences of terms in the text.
    """

    offsets: NDArray[np.int64]
    terms: Terms
    counts: NDArray[np.uint8]
    lengths: NDArray[np.float32]

    def of(self, row: int) -> tuple[Terms, NDArray[np.uint8]]:
        begin, end = self.offsets[row], self.offsets[row + 1]
        return self.terms[begin:end], self.counts[begin:end]


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A multiplicative hash to 32 bits: equal values collide, others with probability of about 2^-32."""
    product = values * _MIX
    return (product ^ (product >> np.uint64(29))) * _MIX >> np.uint64(32)


def _is_han(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    common = (points >= 0x3400) & (points <= 0x9FFF)
    rare = (points >= 0x20000) & (points <= 0x323AF)
    return common | rare | ((points >= 0xF900) & (points <= 0xFAFF))


def extract(texts: Sequence[str], *, kinds: Collection[TermKind] = CHARACTERS_AND_BIGRAMS) -> TermTable:
    """The terms of each text (in normal form; case is ignored).

    For every run of Chinese characters all single characters and all bigrams, for every run of Latin
    letters and digits one term. `kinds` may leave one of the first two out or add the cut words of two
    characters and more, which differ from bigrams of the same characters.
    """
    if not texts:
        empty = np.zeros(0, np.uint32)
        return TermTable(np.zeros(1, np.int64), empty, np.zeros(0, np.uint8), np.zeros(0, np.float32))
    lowered = [text.lower().replace("\n", " ") for text in texts]
    joined = "\n".join(lowered)
    points = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32)
    # The line break between two texts ends every run, so no bigram crosses it.
    owner = np.cumsum(points == 10, dtype=np.int64)
    han = _is_han(points)
    nowhere = np.zeros(0, dtype=np.int64)
    single = np.flatnonzero(han) if "characters" in kinds else nowhere
    double = np.flatnonzero(han[:-1] & han[1:]) if "bigrams" in kinds else nowhere
    wide = points.astype(np.uint64)
    latin = [(found.start(), zlib.crc32(found.group().encode())) for found in _LATIN.finditer(joined)]
    places = np.array([place for place, _ in latin], dtype=np.int64)
    tokens = np.array([token for _, token in latin], dtype=np.uint64)
    owners = [owner[single], owner[double], owner[places]]
    hashes = [
        _mixed(wide[single]),
        _mixed((wide[double] << np.uint64(21)) + wide[double + 1] + np.uint64(1 << 60)),
        _mixed(tokens + np.uint64(1 << 61)),
    ]
    if "words" in kinds:
        word_owners, word_hashes = _word_terms(lowered)
        owners.append(word_owners)
        hashes.append(word_hashes)
    lengths = np.bincount(np.concatenate(owners), minlength=len(texts)).astype(np.float32)
    keyed = (np.concatenate(owners).astype(np.uint64) << np.uint64(32)) | np.concatenate(hashes)
    distinct, counts = np.unique(keyed, return_counts=True)
    rows = (distinct >> np.uint64(32)).astype(np.int64)
    offsets = np.searchsorted(rows, np.arange(len(texts) + 1)).astype(np.int64)
    terms = (distinct & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    return TermTable(offsets, terms, np.minimum(counts, 255).astype(np.uint8), lengths)


def _word_terms(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    owners: list[int] = []
    hashes: list[int] = []
    for row, text in enumerate(texts):
        for word, _, _ in content_words(text):
            if not word.isascii():
                owners.append(row)
                hashes.append(zlib.crc32(word.encode("utf-8", "replace")))
    hashed = _mixed(np.array(hashes, dtype=np.uint64) + np.uint64(1 << 62))
    return np.array(owners, dtype=np.int64), hashed
