"""Throws away deliveries and notifications that have passed their date."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import CursorResult, Delete, delete, select

from app.context import AppContext
from app.kit.clock import now
from app.models.notification import Delivery, DeliveryStatus, Notification

BATCH = 2_000


def drop_old_deliveries(context: AppContext) -> int:
    """Drops deliveries that ended longer than `delivery_days` ago; the notification stays in the inbox."""
    before = now() - timedelta(days=context.settings.delivery_days)
    old = select(Delivery.id).where(Delivery.status != DeliveryStatus.WAITING, Delivery.finished_at < before)
    return _in_batches(context, delete(Delivery).where(Delivery.id.in_(old.limit(BATCH))))


def drop_old_notifications(context: AppContext) -> int:
    """Drops notifications older than `notification_days`, read or not, with their deliveries."""
    before = now() - timedelta(days=context.settings.notification_days)
    old = select(Notification.id).where(Notification.created_at < before)
    return _in_batches(context, delete(Notification).where(Notification.id.in_(old.limit(BATCH))))


def _in_batches(context: AppContext, statement: Delete) -> int:
    # A purge of months in one transaction would keep every other writer waiting.
    total = 0
    while True:
        with context.db.write() as session:
            result = session.execute(statement.execution_options(synchronize_session=False))
            assert isinstance(result, CursorResult)
        total += result.rowcount
        if result.rowcount < BATCH:
            return total
