"""Everything a running process holds: settings, database, search index and job runner, built in one place.

Routers get it from the request, jobs from their `JobContext`, commands from `open_context()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.config import Settings, get_settings
from app.db import Database
from app.indexing.service import SearchIndex


@dataclass(frozen=True)
class AppContext:
    """One process's parts. `index` may not be loaded yet; its methods raise `Unavailable` until it is."""

    settings: Settings
    db: Database
    index: SearchIndex


def build_context(settings: Settings) -> AppContext:
    """Connects to the database and prepares (does not load) the index."""
    db = Database(settings.database_url)
    return AppContext(settings=settings, db=db, index=SearchIndex(settings, db))


@contextmanager
def open_context(settings: Settings | None = None) -> Iterator[AppContext]:
    """A context for one command; closed when the block ends."""
    context = build_context(settings or get_settings())
    try:
        yield context
    finally:
        context.index.close()
        context.db.dispose()
