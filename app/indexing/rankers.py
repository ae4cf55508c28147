"""Which learned version of the ranking this process uses: the live one, as long as it fits the engine's recipe."""

from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Database
from app.models.learning import RankerStatus, RankerVersion, ranker_name
from matching.calibrate import Curves
from matching.learn import Ranker, shipped

log = logging.getLogger(__name__)


def ranker_of(version: RankerVersion) -> Ranker:
    """The version as the engine takes it."""
    a2, a3, a4 = version.curves["intercepts"]
    b2, b3, b4 = version.curves["slopes"]
    return Ranker(ranker_name(version.number), Curves((a2, a3, a4), (b2, b3, b4)), dict(version.multipliers))


def live_version(session: Session) -> RankerVersion | None:
    """The version that is live; None while the shipped weights are."""
    return session.scalar(select(RankerVersion).where(RankerVersion.status == RankerStatus.LIVE))


def numbered(session: Session, number: int, recipe: str) -> Ranker:
    """The version of this number if it fits `recipe`, else the shipped one, which 0 stands for."""
    version = session.scalar(select(RankerVersion).where(RankerVersion.number == number)) if number else None
    return ranker_of(version) if version is not None and version.recipe == recipe else shipped()


class FollowedRanker:
    """The version that a process answers with; `follow` brings it up to date and costs one small query."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._seen: tuple[int, str] = (0, "")
        self.current = shipped()

    def follow(self, recipe: str) -> None:
        """Takes over the live version; one that was learned under another recipe leaves the shipped weights."""
        with self._db.read() as session:
            version = live_version(session)
        number = version.number if version is not None else 0
        if self._seen == (number, recipe):
            return
        self._seen = (number, recipe)
        if version is not None and version.recipe != recipe:
            log.warning(
                "the live ranking was learned with another model or recipe, the shipped weights serve",
                extra={"ranker": ranker_name(number)},
            )
            version = None
        self.current = ranker_of(version) if version is not None else shipped()
