"""Turns rows of this concept into what clients get."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.models.notification import Channel, Delivery, EventGroup, Notification
from app.notifications.catalogue import MANDATORY, group_of
from app.notifications.preferences import Wishes
from app.notifications.rendering import render
from app.notifications.schemas import (
    DeliveryView,
    GroupPreferenceView,
    NotificationView,
    PreferencesView,
    SubjectView,
)
from app.notifications.titles import titles


def present(session: Session, rows: Sequence[Notification], language: str) -> list[NotificationView]:
    """Messages in `zh` or `en`."""
    named = titles(session, rows)
    return [_present(row, language, named[row.id]) for row in rows]


def _present(row: Notification, language: str, title: str) -> NotificationView:
    words = render(row, language, title)
    return NotificationView(
        id=row.id,
        event=row.event,
        event_label=row.event.label,
        group=group_of(row.event),
        headline=words.headline,
        text=words.sentence,
        subject=SubjectView(kind=row.subject_kind, id=row.subject_id),
        organization_id=row.organization_id,
        requirement_id=row.requirement_id,
        challenge_id=row.challenge_id,
        parameters=row.parameters,
        created_at=row.created_at,
        read_at=row.read_at,
    )


def present_preferences(wishes: Wishes, *, default_language: str) -> PreferencesView:
    """Every group with its switches, in the order of the enumeration."""
    groups = [
        GroupPreferenceView(
            group=group,
            label=group.label,
            inbox=wishes.is_on(group, Channel.INBOX),
            email=wishes.is_on(group, Channel.EMAIL),
            webhook=wishes.is_on(group, Channel.WEBHOOK),
            mandatory=[channel for channel in Channel if channel in MANDATORY.get(group, ())],
        )
        for group in EventGroup
    ]
    return PreferencesView(language=wishes.language or default_language, groups=groups)


def present_delivery(row: Delivery) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        event=row.notification.event,
        notification_id=row.notification_id,
        status=row.status,
        status_label=row.status.label,
        attempts=row.attempts,
        code=row.code,
        http_status=row.http_status,
        created_at=row.created_at,
        due_at=row.due_at,
        finished_at=row.finished_at,
    )
