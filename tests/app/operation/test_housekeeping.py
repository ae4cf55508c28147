"""What expires goes, what is still good stays, and a chore that fails does not stop the others."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import select

from app.context import AppContext
from app.kit.clock import now
from app.models.access import RefreshToken
from app.models.exchange import Export, ImportKind
from app.models.idempotency import IdempotencyRecord
from app.operation.housekeeping import CHORES, Chore, Housekeeping
from tests import factories

HOUR = timedelta(hours=1)


def test_only_what_has_expired_is_thrown_away(context: AppContext) -> None:
    user = factories.make_user(context.db, factories.Role.SEEKER)
    old, fresh = now() - 25 * HOUR, now()
    with context.db.write() as session:
        for name, at in (("old", old), ("fresh", fresh)):
            session.add(IdempotencyRecord(actor_id=user.id, key=name, fingerprint="f", created_at=at))
            session.add(
                RefreshToken(user_id=user.id, family=uuid.uuid4(), token_hash=name, expires_at=at + HOUR)
            )
            session.add(
                Export(kind=ImportKind.REQUIREMENTS, format=name, created_by_id=user.id, expires_at=at + HOUR)
            )
        session.add(Export(kind=ImportKind.REQUIREMENTS, format="for ever", created_by_id=user.id))
    assert {chore.name for chore in CHORES} <= set(Housekeeping(context).do_due(at=0.0))
    with context.db.read() as session:
        assert list(session.scalars(select(IdempotencyRecord.key))) == ["fresh"]
        assert list(session.scalars(select(RefreshToken.token_hash))) == ["fresh"]
        assert set(session.scalars(select(Export.format))) == {"fresh", "for ever"}


def test_a_chore_is_done_at_its_interval(context: AppContext) -> None:
    housekeeping = Housekeeping(context, chores=(Chore("sweep", HOUR, lambda context: 0),))
    assert housekeeping.do_due(at=100.0) == ["sweep"]
    assert housekeeping.do_due(at=100.0 + 3599) == []
    assert housekeeping.do_due(at=100.0 + 3600) == ["sweep"]


def test_a_chore_that_fails_waits_for_its_next_turn_and_stops_nobody(context: AppContext) -> None:
    def fail(context: AppContext) -> int:
        raise OSError("disk is gone")

    chores = (Chore("fails", HOUR, fail), Chore("works", HOUR, lambda context: 1))
    housekeeping = Housekeeping(context, chores=chores)
    assert housekeeping.do_due(at=0.0) == ["works"]
    assert housekeeping.do_due(at=1.0) == []


def test_the_thread_ends_when_asked(context: AppContext) -> None:
    housekeeping = Housekeeping(context, chores=())
    housekeeping.start()
    assert housekeeping.is_alive
    assert housekeeping.stop(timeout_seconds=30)
    assert not housekeeping.is_alive
