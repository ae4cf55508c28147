"""The slots of a session's days, as instants; days and hours are those of Asia/Shanghai."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.kit.clock import SHANGHAI
from app.models.meeting import MeetingSession
from matching.schedule import Slot


@dataclass(frozen=True)
class Timed:
    """A slot with its instants, aware UTC."""

    slot: Slot
    starts_at: datetime
    ends_at: datetime


def slots_of(found: MeetingSession) -> list[Timed]:
    """Every slot in the order of time: whole ones only, none across a break or the end of a day.

    After a break the grid begins anew.
    """
    timed = []
    for row in sorted(found.days, key=lambda row: str(row["day"])):
        day = date.fromisoformat(row["day"])
        for opens, closes in _stretches(row):
            starts = opens
            while starts + found.slot_minutes <= closes:
                ends = starts + found.slot_minutes
                slot = Slot(day.toordinal(), starts, ends)
                timed.append(Timed(slot, _instant(day, starts), _instant(day, ends)))
                starts = ends + found.pause_minutes
    return timed


def within(timed: Timed, windows: Iterable[Mapping[str, str]]) -> bool:
    """Whether the slot touches one of the windows {starts_at, ends_at}."""
    return any(
        timed.starts_at < datetime.fromisoformat(window["ends_at"])
        and timed.ends_at > datetime.fromisoformat(window["starts_at"])
        for window in windows
    )


def minutes(clock: str) -> int:
    """`09:30` as minutes of the day; `24:00` ends one."""
    hours, _, rest = clock.partition(":")
    return int(hours) * 60 + int(rest)


def _stretches(row: Mapping[str, Any]) -> list[tuple[int, int]]:
    found, opens = [], minutes(row["opens"])
    for pause in sorted(row.get("breaks", ()), key=lambda pause: str(pause["starts"])):
        found.append((opens, minutes(pause["starts"])))
        opens = max(opens, minutes(pause["ends"]))
    return [*found, (opens, minutes(row["closes"]))]


def _instant(day: date, minute: int) -> datetime:
    midnight = datetime.combine(day, time(), tzinfo=SHANGHAI)
    return (midnight + timedelta(minutes=minute)).astimezone(UTC)
