"""Old deliveries and notifications go, what is young or still waits stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from app.context import AppContext
from app.db import Database
from app.kit.clock import now
from app.models import Delivery, Notification
from app.models.notification import Channel
from app.notifications import retention
from tests.app.notifications.conftest import Tell, deliver_all, deliveries


def count(db: Database) -> int:
    with db.read() as session:
        return session.scalar(select(func.count(Notification.id))) or 0


def test_ended_deliveries_go_after_their_time_and_the_inbox_stays(
    context: AppContext, db: Database, tell: Tell
) -> None:
    tell()
    deliver_all(context, Channel.EMAIL)
    tell()
    waiting = deliveries(db)[1].id
    assert retention.drop_old_deliveries(context) == 0
    with time_machine.travel(now() + timedelta(days=context.settings.delivery_days, hours=1)):
        assert retention.drop_old_deliveries(context) == 1
    assert [row.id for row in deliveries(db)] == [waiting]
    assert count(db) == 2


def test_old_notifications_go_with_their_deliveries_in_batches(
    context: AppContext, db: Database, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        tell()
    assert retention.drop_old_notifications(context) == 0
    with time_machine.travel(now() + timedelta(days=context.settings.notification_days, hours=1)):
        young = tell()
        assert retention.drop_old_notifications(context) == 5
    with db.read() as session:
        assert list(session.scalars(select(Notification.id))) == [young]
        assert list(session.scalars(select(Delivery.notification_id))) == [young]
