"""Turns texts into unit vectors: the `Encoder` protocol and what stands in front of a model.

Fetching a model is left to `matching.model`, storing vectors to the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from matching.types import Vectors


class Encoder(Protocol):
    """A text embedding model. `model_id` changes whenever the vectors would (name and weights hash)."""

    @property
    def model_id(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embeds passages, in order: (n, dimension) float32, rows of norm 1; (0, dimension) for no text."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The same for queries: models such as bge-zh want an instruction before a query."""
        ...
