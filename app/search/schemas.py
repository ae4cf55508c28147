"""Search hits as clients see them."""

from __future__ import annotations

import uuid

from app.kit.schemas import View
from app.models.indexing import IndexCollection


class HitView(View):
    """One document found. `snippet` is cut from its text; `marks` are [start, end) pairs within it.

    `solver` is who holds an achievement; `status` and `field` are those of a requirement or an achievement.
    """

    rank: int
    score: float
    collection: IndexCollection
    id: uuid.UUID
    external_id: str | None
    title: str
    snippet: str
    marks: list[tuple[int, int]]
    status: str | None = None
    field: str | None = None
    kind: str | None = None
    region: str | None = None
    year: int | None = None
    solver_id: uuid.UUID | None = None
    solver: str | None = None


class HitsView(View):
    """One page of hits; `total` counts all hits of the search that the caller may see."""

    items: list[HitView]
    next_cursor: str | None = None
    total: int
