"""The timetable as a document: every meeting stands in it once per room and twice per side, as the database has it."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import docx
import openpyxl
import pytest

from app.auth.actor import SYSTEM
from app.db import Database
from app.kit.clock import SHANGHAI
from app.models import Challenge, Requirement
from app.models.report import ReportFormat
from app.reports import meeting_timetable
from app.reports.made import Made, Order
from tests.app.meetings.conftest import HALF_PAST_NINE, NINE, Event, Team

AS_OF = datetime(2024, 6, 1, 9, 0, tzinfo=SHANGHAI)


def make(db: Database, challenge: Challenge) -> Made:
    with db.read() as session:
        order = Order(session.get_one(Challenge, challenge.id), SYSTEM, False, "通海市科学技术局", AS_OF)
        return meeting_timetable.make(session, order, lambda done, total: None)


@pytest.fixture
def arranged(event: Event, curtain: Requirement, gear: Requirement, first: Team, second: Team) -> Event:
    event.put(event.arrange(curtain, first), NINE, "大")
    event.put(event.arrange(gear, second), HALF_PAST_NINE, "小")
    event.arrange(curtain, second)
    return event


def test_every_meeting_stands_in_it_by_room_by_side_or_among_those_to_be_placed(
    db: Database, challenge: Challenge, arranged: Event
) -> None:
    made = make(db, challenge)
    by_room, by_party, unplaced = (list(sheet.rows) for sheet in made.sheets)
    rows = arranged.meetings()
    assert len(by_room) == sum(row["starts_at"] is not None for row in rows) == 2
    assert len(by_party) == 2 * len(by_room)
    assert len(unplaced) == sum(row["starts_at"] is None for row in rows) == 1
    assert by_room[0][1:5] == ("2024-06-10", "09:00", "09:30", "大")
    texts = "\n".join(getattr(block, "text", "") for block in made.document.blocks)
    assert "已安排的会面 2 场（其中 2 场尚未发布" in texts
    assert "另有 1 场待安排" in texts


def test_it_comes_as_word_pdf_and_workbook_and_equal_data_make_equal_files(
    db: Database, challenge: Challenge, arranged: Event, curtain: Requirement
) -> None:
    made = make(db, challenge)
    files = {format: made.as_file(format) for format in made.formats}
    assert files[ReportFormat.PDF].startswith(b"%PDF")
    words = docx.Document(BytesIO(files[ReportFormat.DOCX]))
    cells = [cell.text for table in words.tables for row in table.rows for cell in row.cells]
    assert any(curtain.title in text for text in cells)
    sheets = openpyxl.load_workbook(BytesIO(files[ReportFormat.XLSX])).sheetnames
    assert sheets[:3] == ["按场地", "按参会方", "待安排"]
    assert make(db, challenge).as_file(ReportFormat.DOCX) == files[ReportFormat.DOCX]


def test_a_cancelled_session_is_not_in_it_and_a_challenge_without_any_says_so(
    db: Database, challenge: Challenge, arranged: Event
) -> None:
    arranged.organizer.post(arranged.url("/cancel"), json={"reason": "停办。"})
    made = make(db, challenge)
    assert [list(sheet.rows) for sheet in made.sheets] == [[], [], []]
    assert "还没有对接会或现场赛的场次" in "".join(
        getattr(block, "text", "") for block in made.document.blocks
    )
