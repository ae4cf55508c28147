"""Notifications, preferences and webhooks as clients send them and get them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from app.kit.schemas import Body, Instant, Line, Ref, View, with_example
from app.models.notification import Channel, DeliveryStatus, Event, EventGroup


class SubjectView(View):
    """What the event is about."""

    kind: str
    id: uuid.UUID


class NotificationView(View):
    """One message of the inbox, in the reader's language. `parameters` are codes, numbers and ISO 8601
    instants."""

    id: uuid.UUID
    event: Event
    event_label: str
    group: EventGroup
    headline: str
    text: str
    subject: SubjectView
    organization_id: uuid.UUID | None
    requirement_id: uuid.UUID | None
    challenge_id: uuid.UUID | None
    parameters: dict[str, Any]
    created_at: datetime
    read_at: datetime | None


class ReadAllBody(Body):
    """`until`: what came in later stays unread."""

    model_config = with_example({"until": "2026-11-24T12:00:00+08:00"})

    until: Instant | None = None


class ReadAllView(View):
    """How many messages were marked as read."""

    count: int


class GroupPreferenceView(View):
    """The switches of one group of events; `mandatory` ones are always on."""

    group: EventGroup
    label: str
    inbox: bool
    email: bool
    webhook: bool
    mandatory: list[Channel]


class PreferencesView(View):
    """`language` is that of messages to this person."""

    language: Literal["zh", "en"]
    groups: list[GroupPreferenceView]


class SwitchBody(Body):
    group: EventGroup
    channel: Channel
    is_on: bool


class PreferencesPatch(Body):
    """The switches to set; what is left out stays."""

    model_config = with_example(
        {"language": "en", "switches": [{"group": "challenges", "channel": "email", "is_on": False}]}
    )

    language: Literal["zh", "en"] | None = None
    switches: Annotated[list[SwitchBody], Field(max_length=60)] = Field(default_factory=list)


Events = Annotated[list[Event], Field(max_length=60)]


class WebhookCreate(Body):
    """`events` empty: all. Without `membership_id` the webhook hears what the caller's first membership is
    told."""

    model_config = with_example(
        {"url": "https://erp.example.com/jiebang", "events": ["requirement_returned", "response_recorded"]}
    )

    url: Annotated[str, Line(500, 1)]
    name: Annotated[str, Line(100)] = ""
    events: Events = Field(default_factory=list)
    membership_id: Ref | None = None


class WebhookPatch(Body):
    """The fields to change; what is left out stays."""

    model_config = with_example({"is_active": False})

    url: Annotated[str, Line(500, 1)] = ""
    name: Annotated[str, Line(100)] = ""
    events: Events = Field(default_factory=list)
    is_active: bool = True


class WebhookView(View):
    id: uuid.UUID
    name: str
    url: str
    events: list[Event]
    is_active: bool
    membership_id: uuid.UUID
    created_at: datetime
    updated_at: datetime
    version: int


class NewWebhookView(WebhookView):
    """`secret` is shown in this answer and never again."""

    secret: str


class SecretView(View):
    """`secret` is shown in this answer and never again."""

    secret: str


class DeliveryView(View):
    """One delivery to a webhook. `code` tells how the last attempt failed; `http_status` what the receiver
    said."""

    id: uuid.UUID
    event: Event
    notification_id: uuid.UUID
    status: DeliveryStatus
    status_label: str
    attempts: int
    code: str
    http_status: int | None
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
