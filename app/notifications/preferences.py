"""What people want to be told over which channel, and in which language."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import FieldError, InvalidInput
from app.models.notification import Channel, Event, EventGroup, NotificationPreference
from app.notifications.catalogue import MANDATORY, group_of

CHUNK = 500


@dataclass(frozen=True)
class Wishes:
    """One person's preferences. `language` None leaves it to the service's default."""

    language: str | None = None
    switched_off: frozenset[str] = frozenset()

    def wants(self, event: Event, channel: Channel) -> bool:
        """Whether the event goes to the person over this channel."""
        return self.is_on(group_of(event), channel)

    def is_on(self, group: EventGroup, channel: Channel) -> bool:
        """The switch; what is mandatory is always on."""
        return channel in MANDATORY.get(group, ()) or _switch(group, channel) not in self.switched_off


EVERYTHING = Wishes()


def wishes_of(session: Session, user_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, Wishes]:
    """By person; who never chose is missing and gets `EVERYTHING`."""
    ids = list(user_ids)
    found: dict[uuid.UUID, Wishes] = {}
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        statement = select(NotificationPreference).where(NotificationPreference.user_id.in_(chunk))
        for row in session.scalars(statement):
            found[row.user_id] = Wishes(row.language, frozenset(row.switched_off))
    return found


def change(
    session: Session,
    user_id: uuid.UUID,
    *,
    switches: Iterable[tuple[EventGroup, Channel, bool]] = (),
    language: str | None = None,
) -> Wishes:
    """Sets switches and, when given, the language; what is left out stays.

    Raises `InvalidInput` (code `mandatory_channel`) for a switch that must stay on; nothing is changed then.
    """
    row = session.get(NotificationPreference, user_id, with_for_update=True)
    if row is None:
        row = NotificationPreference(user_id=user_id, language=None, switched_off=[])
        session.add(row)
    switched_off = set(row.switched_off)
    for position, (group, channel, is_on) in enumerate(switches):
        if is_on:
            switched_off.discard(_switch(group, channel))
        elif channel in MANDATORY.get(group, ()):
            raise _mandatory(position)
        else:
            switched_off.add(_switch(group, channel))
    row.switched_off = sorted(switched_off)
    row.language = language or row.language
    session.flush()
    return Wishes(row.language, frozenset(row.switched_off))


def _switch(group: EventGroup, channel: Channel) -> str:
    return f"{group.value}:{channel.value}"


def _mandatory(position: int) -> InvalidInput:
    return InvalidInput(
        fields=(
            FieldError(
                f"switches.{position}.is_on",
                "mandatory_channel",
                "账户安全通知不能关闭",
                "Notifications on account security cannot be switched off",
            ),
        )
    )
