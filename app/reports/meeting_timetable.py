"""The meeting timetable (对接会日程): per session who meets where and when, by room and by participant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.documents.model import INTERNAL, Block, Cell, Document, Heading, PageBreak, Paragraph, Sheet, Table
from app.kit.clock import in_shanghai
from app.meetings import repository
from app.models.meeting import Meeting, MeetingRoom, MeetingSession, MeetingStatus, SessionStatus
from app.reports.made import Made, Order, Tell

ROOMS_ABREAST = 4
"""So many rooms stand side by side on a page; further ones follow in a table of their own."""
WEEKDAYS = "一二三四五六日"
ROOM_HEADERS = (
    "场次", "日期", "开始", "结束", "场地", "地点", "技术需求", "需求单位", "解决方", "状态",
    "需求方出席", "解决方出席",
)  # fmt: skip
PARTY_HEADERS = ("参会方", "身份", "场次", "日期", "开始", "结束", "场地", "技术需求", "对接对象", "出席")
UNPLACED_HEADERS = ("场次", "技术需求", "需求单位", "解决方", "人数", "设备")


@dataclass(frozen=True)
class Event:
    """A session with its meetings: those with a place in the order of time, and those without."""

    found: MeetingSession
    placed: tuple[Meeting, ...]
    unplaced: tuple[Meeting, ...]


def make(session: Session, order: Order, tell: Tell) -> Made:
    """Every session of the challenge that is not cancelled; what was not told yet says so."""
    statement = repository.sessions().where(
        MeetingSession.challenge_id == order.challenge.id, MeetingSession.status != SessionStatus.CANCELLED
    )
    rows = list(session.scalars(statement.order_by(MeetingSession.created_at, MeetingSession.id)))
    events = []
    for done, row in enumerate(rows, start=1):
        events.append(_event(session, row))
        tell(done, len(rows))
    document = Document(
        title="对接会日程",
        subtitle=order.challenge.name,
        issuer=order.issuer,
        as_of=order.as_of,
        blocks=list(_blocks(order, events)),
        marking=INTERNAL,
        has_cover=False,
        is_numbered=False,
        is_landscape=True,
    )
    return Made(document, _sheets(events))


def _event(session: Session, found: MeetingSession) -> Event:
    rows = repository.meetings_in(session, found.id)
    placed = sorted(
        (row for row in rows if row.starts_at is not None), key=lambda row: (row.starts_at, row.id)
    )
    return Event(found, tuple(placed), tuple(row for row in rows if row.starts_at is None))


def _blocks(order: Order, events: Sequence[Event]) -> Iterator[Block]:
    yield Heading("说明")
    if not events:
        yield Paragraph(f"{order.challenge.name}还没有对接会或现场赛的场次。")
        return
    placed, unplaced = sum(len(one.placed) for one in events), sum(len(one.unplaced) for one in events)
    waiting = sum(row.status is MeetingStatus.PLANNED for one in events for row in one.placed)
    yield Paragraph(
        f"本日程收入场次 {len(events)} 个、已安排的会面 {placed} 场"
        + (f"（其中 {waiting} 场尚未发布，仅供内部核对）" if waiting else "")
        + (f"，另有 {unplaced} 场待安排" if unplaced else "")
        + "。时间均为北京时间。"
    )
    for place, one in enumerate(events):
        if place:
            yield PageBreak()
        yield from _session(one)


def _session(one: Event) -> Iterator[Block]:
    found = one.found
    yield Heading(found.name)
    facts = [f"{found.kind.label}　{found.status.label}", f"地点：{found.address or '待定'}"]
    facts += [f"{_day(date.fromisoformat(row['day']))} {_hours(row)}" for row in found.days]
    yield Paragraph("\n".join(facts), "plain")
    if not one.placed:
        yield Paragraph("还没有安排时间与场地的会面。")
    for day in sorted({_local(row).date() for row in one.placed}):
        rows = [row for row in one.placed if _local(row).date() == day]
        yield Heading(f"{_day(day)}　按场地", 2)
        yield from _grids(found, rows)
    if one.placed:
        yield Heading("按参会方", 2)
        yield Table(
            "", PARTY_HEADERS[:2] + PARTY_HEADERS[3:], _party_rows(one), (3, 1, 1.7, 0.9, 0.9, 1.6, 4, 3, 1.2)
        )
    if one.unplaced:
        yield Heading("待安排", 2)
        yield Table(
            "", UNPLACED_HEADERS[1:], [line[1:] for line in _unplaced(one)], (4, 3, 3, 1, 2), frozenset({3})
        )


def _grids(found: MeetingSession, rows: Sequence[Meeting]) -> Iterator[Block]:
    used = {row.room_id for row in rows}
    rooms = [room for room in _rooms(found) if room.id in used]
    times = sorted({(row.starts_at, row.ends_at) for row in rows if row.starts_at and row.ends_at})
    inside = {(row.starts_at, row.room_id): row for row in rows}
    for start in range(0, len(rooms), ROOMS_ABREAST):
        abreast = rooms[start : start + ROOMS_ABREAST]
        yield Table(
            "",
            ("时间", *(f"{room.name}（{room.place}）" if room.place else room.name for room in abreast)),
            [
                (
                    f"{in_shanghai(starts):%H:%M}–{in_shanghai(ends):%H:%M}",
                    *(_cell(inside.get((starts, room.id))) for room in abreast),
                )
                for starts, ends in times
            ],
            (1.3, *(4.0 for _ in abreast)),
        )


def _cell(row: Meeting | None) -> str:
    if row is None:
        return ""
    return f"{row.requirement.title}\n{row.requirement.organization.name} × {row.solver.name}"


def _party_rows(one: Event) -> list[tuple[str, ...]]:
    return [(line[0], line[1], *line[3:]) for line in _parties(one)]


def _parties(one: Event) -> list[tuple[str, ...]]:
    """A line per meeting and side, by name and time."""
    lines = []
    for row in one.placed:
        when = (one.found.name, *_when(row), _room(row), row.requirement.title)
        unit, team = row.requirement.organization.name, row.solver.name
        lines.append((unit, "需求方", *when, team, row.seeker_reply.label))
        lines.append((team, "解决方", *when, unit, row.team_reply.label))
    return sorted(lines)


def _unplaced(one: Event) -> list[tuple[str, ...]]:
    return [
        (
            one.found.name,
            row.requirement.title,
            row.requirement.organization.name,
            row.solver.name,
            str(row.people),
            "、".join(row.equipment),
        )
        for row in one.unplaced
    ]


def _sheets(events: Sequence[Event]) -> list[Sheet]:
    by_room: list[tuple[Cell, ...]] = [
        (
            one.found.name,
            *_when(row),
            _room(row),
            row.room.place if row.room is not None else "",
            row.requirement.title,
            row.requirement.organization.name,
            row.solver.name,
            row.status.label,
            row.seeker_reply.label,
            row.team_reply.label,
        )
        for one in events
        for row in one.placed
    ]
    by_party: list[tuple[Cell, ...]] = [line for one in events for line in _parties(one)]
    unplaced: list[tuple[Cell, ...]] = [line for one in events for line in _unplaced(one)]
    return [
        Sheet("按场地", ROOM_HEADERS, by_room, (24, 12, 8, 8, 16, 16, 40, 28, 28, 10, 12, 12)),
        Sheet("按参会方", PARTY_HEADERS, by_party, (28, 9, 24, 12, 8, 8, 16, 40, 28, 12)),
        Sheet("待安排", UNPLACED_HEADERS, unplaced, (24, 40, 28, 28, 7, 20)),
    ]


def _when(row: Meeting) -> tuple[str, str, str]:
    assert row.ends_at is not None
    starts = _local(row)
    return f"{starts:%Y-%m-%d}", f"{starts:%H:%M}", f"{in_shanghai(row.ends_at):%H:%M}"


def _local(row: Meeting) -> datetime:
    assert row.starts_at is not None
    return in_shanghai(row.starts_at)


def _room(row: Meeting) -> str:
    return row.room.name if row.room is not None else ""


def _rooms(found: MeetingSession) -> list[MeetingRoom]:
    return sorted(found.rooms, key=lambda room: (room.place, room.name))


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日（星期{WEEKDAYS[day.weekday()]}）"


def _hours(row: dict[str, object]) -> str:
    return f"{row['opens']}–{row['closes']}"
