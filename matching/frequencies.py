"""How telling a term is within requirements: counts of the requirements on file, blended with a shipped
background.

What a term is worth within the achievements is left to `index.lexical`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from matching.index.lexical import Floats, LexicalView
from matching.terms import Terms, extract


@dataclass(frozen=True, slots=True)
class Background:
    """Shares of requirement texts, in [0, 1], that hold a term; terms ascending, all others count as zero."""

    terms: Terms
    shares: Floats

    @classmethod
    def of_words(cls, words: Iterable[tuple[str, float]]) -> Background:
        """A term's share is the largest of the words that contain it."""
        best: dict[int, float] = {}
        for word, share in words:
            for term in extract([word]).terms.tolist():
                best[term] = max(best.get(term, 0.0), share)
        terms = np.array(sorted(best), dtype=np.uint32)
        return cls(terms, np.array([best[term] for term in terms.tolist()], dtype=np.float32))

    def share(self, terms: Terms) -> Floats:
        if not len(self.terms):
            return np.zeros(len(terms), dtype=np.float32)
        at = np.minimum(np.searchsorted(self.terms, terms), len(self.terms) - 1)
        return np.where(self.terms[at] == terms, self.shares[at], np.float32(0.0)).astype(np.float32)


@lru_cache(maxsize=1)
def shipped_background() -> Background:
    """The table `data/background.txt`: word and how many of 1,000 requirements hold it."""
    content = resources.files("matching").joinpath("data", "background.txt").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in content.splitlines() if line and not line.startswith("#")]
    return Background.of_words((word, float(count) / 1000.0) for word, count in rows)


def request_weights(
    terms: Terms, requirements: LexicalView, background: Background, *, prior: float
) -> Floats:
    """ln((N + 1) / (df + 1)) / ln(N + 1), in [0, 1]: 1 for a term of no requirement, 0 for one of all.

    N = N_on_file + prior and df = df_on_file + prior * background share: the background counts as `prior`
    requirements, so it decides while there are few on file and fades as they come.
    """
    number = requirements.count + prior
    frequency = requirements.document_frequencies(terms) + prior * background.share(terms)
    if number <= 0:
        return np.ones(len(terms), dtype=np.float32)
    weights = np.log((number + 1.0) / (frequency + 1.0)) / np.log(number + 1.0)
    return np.asarray(np.clip(weights, 0.0, 1.0), dtype=np.float32)
