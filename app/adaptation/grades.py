"""Compares two models on the pairs that people have graded, by meaning alone: words are the same for both."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from sqlalchemy import select

from app.db import Database
from app.indexing import documents
from app.models.indexing import IndexCollection
from app.models.learning import Judgment, JudgmentSource
from matching import Document, Vectors
from matching.evaluate import ndcg
from matching.intervals import Interval, difference_interval
from matching.text import normalise, passage

LEAST_REQUIREMENTS = 30
"""With graded achievements; with fewer the grades say nothing."""

Encode = Callable[[Sequence[str]], Vectors]


def compare_on_grades(db: Database, before: Encode, after: Encode) -> Interval | None:
    """The mean difference in nDCG@10, after - before, over requirements with graded achievements of different
    grades; None when they are too few."""
    grades = _read_grades(db)
    telling = {key: own for key, own in grades.items() if len(set(own.values())) > 1}
    if len(telling) < LEAST_REQUIREMENTS:
        return None
    asked = _texts(db, IndexCollection.REQUIREMENTS, list(telling))
    offered = _texts(
        db, IndexCollection.ACHIEVEMENTS, sorted({one for own in telling.values() for one in own})
    )
    values = [_ndcgs(encode, asked, offered, telling) for encode in (before, after)]
    return difference_interval(values[1], values[0])


def _read_grades(db: Database) -> dict[uuid.UUID, dict[uuid.UUID, int]]:
    found: dict[uuid.UUID, dict[uuid.UUID, int]] = defaultdict(dict)
    statement = select(Judgment.requirement_id, Judgment.achievement_id, Judgment.grade).where(
        Judgment.source == JudgmentSource.GRADED, Judgment.trust > 0
    )
    with db.read() as session:
        for requirement, achievement, grade in session.execute(statement.order_by(Judgment.judged_at)):
            if achievement is not None:
                found[requirement][achievement] = round(grade)
    return found


def _texts(db: Database, collection: IndexCollection, keys: list[uuid.UUID]) -> dict[uuid.UUID, Document]:
    with db.read() as session:
        return {
            key: documents.build(collection, row) for key, row in documents.load(session, collection, keys)
        }


def _ndcgs(
    encode: Encode,
    asked: dict[uuid.UUID, Document],
    offered: dict[uuid.UUID, Document],
    grades: dict[uuid.UUID, dict[uuid.UUID, int]],
) -> list[float | None]:
    keys = list(offered)
    vectors = encode([passage(offered[key]) for key in keys])
    middle = vectors.mean(axis=0)
    place = {key: row for row, key in enumerate(keys)}
    centred = _unit(vectors - middle)
    full = _unit(encode([passage(one) for one in asked.values()]) - middle)
    titles = _unit(encode([normalise(one.title) for one in asked.values()]) - middle)
    found: list[float | None] = []
    for direction, key in zip(full + titles, asked, strict=True):
        own = {str(one): grade for one, grade in grades[key].items() if one in place}
        near = {one: float(centred[place[uuid.UUID(one)]] @ direction) for one in own}
        found.append(ndcg(sorted(near, key=lambda one: (-near[one], one)), own))
    return found


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-6), dtype=np.float32)
