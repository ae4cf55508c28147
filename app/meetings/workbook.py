"""The timetable of a session as a workbook: a grid by room, a list by participant, and what has no place yet."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter
from sqlalchemy.orm import Session

from app.exchange.rendering import CELL_LIMIT, as_text
from app.kit.clock import in_shanghai
from app.meetings import repository
from app.models.meeting import Meeting, MeetingSession

ROOM_SHEET, PARTY_SHEET, UNPLACED_SHEET = "按场地", "按参会方", "待安排"
PARTY_HEAD = (
    "参会方",
    "身份",
    "日期",
    "开始",
    "结束",
    "场地",
    "地点",
    "技术需求",
    "对接对象",
    "状态",
    "出席",
)
UNPLACED_HEAD = ("技术需求", "需求单位", "解决方", "人数", "设备")


def workbook_of(session: Session, found: MeetingSession) -> bytes:
    """The workbook, for staff. Times are those of Asia/Shanghai."""
    rows = repository.meetings_in(session, found.id)
    placed = [row for row in rows if row.starts_at is not None]
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = xlsxwriter.Workbook(buffer, options)
    bold = workbook.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1})
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top", "border": 1})
    for name, table, width in (
        (ROOM_SHEET, _by_room(found, placed), 28),
        (PARTY_SHEET, _by_party(placed), 18),
        (UNPLACED_SHEET, _unplaced([row for row in rows if row.starts_at is None]), 28),
    ):
        page = workbook.add_worksheet(name)
        page.freeze_panes(1, 0)
        page.set_column(0, max(0, len(table[0]) - 1), width)
        for line, cells in enumerate(table):
            for place, value in enumerate(cells):
                page.write_string(line, place, as_text(value)[:CELL_LIMIT], wrapped if line else bold)
    workbook.close()
    return buffer.getvalue()


def _by_room(found: MeetingSession, placed: Sequence[Meeting]) -> list[list[str]]:
    rooms = sorted(found.rooms, key=lambda room: (room.place, room.name))
    table = [
        ["日期", "时间", *(f"{room.name}（{room.place}）" if room.place else room.name for room in rooms)]
    ]
    inside = {(row.starts_at, row.room_id): row for row in placed}
    for starts_at, ends_at in sorted(
        {(row.starts_at, row.ends_at) for row in placed if row.starts_at and row.ends_at}
    ):
        line = [
            f"{in_shanghai(starts_at):%Y-%m-%d}",
            f"{in_shanghai(starts_at):%H:%M}–{in_shanghai(ends_at):%H:%M}",
        ]
        for room in rooms:
            row = inside.get((starts_at, room.id))
            line.append(_cell(row) if row is not None else "")
        table.append(line)
    return table


def _cell(row: Meeting) -> str:
    return f"{row.requirement.title}\n{row.requirement.organization.name}\n{row.solver.name}"


def _by_party(placed: Sequence[Meeting]) -> list[list[str]]:
    lines = []
    for row in placed:
        assert row.starts_at is not None and row.ends_at is not None
        starts, ends = in_shanghai(row.starts_at), in_shanghai(row.ends_at)
        room = (row.room.name, row.room.place) if row.room is not None else ("", "")
        unit, team = row.requirement.organization.name, row.solver.name
        when = [f"{starts:%Y-%m-%d}", f"{starts:%H:%M}", f"{ends:%H:%M}", *room, row.requirement.title]
        lines.append([unit, "需求方", *when, team, row.status.label, row.seeker_reply.label])
        lines.append([team, "解决方", *when, unit, row.status.label, row.team_reply.label])
    return [list(PARTY_HEAD), *sorted(lines)]


def _unplaced(rows: Sequence[Meeting]) -> list[list[str]]:
    lines = [
        [
            row.requirement.title,
            row.requirement.organization.name,
            row.solver.name,
            str(row.people),
            "、".join(row.equipment),
        ]
        for row in rows
    ]
    return [list(UNPLACED_HEAD), *lines]
