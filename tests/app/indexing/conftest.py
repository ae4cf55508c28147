"""A small world to index: one problem, two teams, three achievements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.indexing.outbox import note
from app.indexing.service import SearchIndex
from app.models import Achievement, Organization, Requirement, SolverProfile
from app.models.indexing import IndexCollection
from matching.encode import HashingEncoder
from tests import factories


@dataclass
class World:
    """The rows, detached."""

    requirement: Requirement
    solvers: list[SolverProfile]
    achievements: list[Achievement]


@pytest.fixture
def world(db: Database, seeker_organization: Organization) -> World:
    requirement = factories.make_requirement(db, seeker_organization)
    textile = factories.make_solver(db, keywords=["阻燃", "后整理"])
    machine = factories.make_solver(db, "华东精密传动研究所", profile="齿轮与减速器设计")
    achievements = [
        factories.make_achievement(db, textile, "耐久阻燃涤纶织物整理技术"),
        factories.make_achievement(db, textile, "遮光涂层面料的制备方法"),
        factories.make_achievement(db, machine, "低噪声行星减速器"),
    ]
    with db.write() as session:
        note(session, IndexCollection.SOLVERS, [textile.id, machine.id])
        note(session, IndexCollection.ACHIEVEMENTS, [row.id for row in achievements])
    return World(requirement, [textile, machine], achievements)


class CountingEncoder(HashingEncoder):
    """Counts the texts that it embeds."""

    def __init__(self, dimension: int = 64, name: str = "") -> None:
        super().__init__(dimension=dimension)
        self.texts: list[str] = []
        self._name = name

    @property
    def model_id(self) -> str:
        return self._name or super().model_id

    def encode(self, texts):  # type: ignore[no-untyped-def]
        self.texts += texts
        return super().encode(texts)


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def index(settings: Settings, db: Database, encoder: CountingEncoder) -> Iterator[SearchIndex]:
    """A loaded index that only moves when a test moves it."""
    found = SearchIndex(settings, db, encoder=lambda: encoder)
    found.load()
    yield found
    found.close()


@pytest.fixture
def another_index(settings: Settings, db: Database, encoder: CountingEncoder) -> Iterator[SearchIndex]:
    """The index of a second process over the same database and data directory."""
    found = SearchIndex(settings, db, encoder=lambda: encoder)
    yield found
    found.close()


def is_faithful(index: SearchIndex) -> bool:
    """Whether table and engine both equal the database."""
    return all(part.is_equal for pair in index.verify() for part in pair)


def titles(index: SearchIndex, collection: IndexCollection, query: str) -> list[str]:
    """Keys that a search finds, best first."""
    return [hit.key for hit in index.search(collection.value, query).hits]


__all__ = ["AppContext", "CountingEncoder", "World", "is_faithful", "titles"]
