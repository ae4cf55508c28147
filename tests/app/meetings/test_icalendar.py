"""Calendars follow RFC 5545: what a reader unfolds and unescapes is what was written."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from app.meetings.icalendar import Entry, escape, fold, render

AT = datetime(2024, 6, 10, 1, 0, tzinfo=UTC)


def entry(**fields: object) -> Entry:
    return Entry(**{  # type: ignore[arg-type]
        "uid": "m1@jiebang", "sequence": 2, "starts_at": AT, "ends_at": AT.replace(minute=30), "changed_at": AT,
        "summary": "对接会", **fields,
    })  # fmt: skip


def unfolded(content: bytes) -> list[str]:
    """The content lines, as a reader sees them."""
    text = content.decode()
    assert text.endswith("\r\n")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def unescaped(value: str) -> str:
    found, letters = [], iter(value)
    for letter in letters:
        following = next(letters) if letter == "\\" else ""
        found.append({"n": "\n", "N": "\n"}.get(following, following) if letter == "\\" else letter)
    return "".join(found)


def test_an_event_is_written_in_local_time_with_its_zone() -> None:
    lines = unfolded(render("对接会", [entry()]))
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert "VERSION:2.0" in lines
    assert [line for line in lines if line.startswith("PRODID:")]
    zone = lines[lines.index("BEGIN:VTIMEZONE") : lines.index("END:VTIMEZONE")]
    assert "TZID:Asia/Shanghai" in zone
    assert "TZOFFSETTO:+0800" in zone
    event = lines[lines.index("BEGIN:VEVENT") :]
    for line in (
        "UID:m1@jiebang", "SEQUENCE:2", "DTSTART;TZID=Asia/Shanghai:20240610T090000",
        "DTEND;TZID=Asia/Shanghai:20240610T093000", "DTSTAMP:20240610T010000Z", "STATUS:CONFIRMED",
    ):  # fmt: skip
        assert line in event


def test_a_cancelled_event_stays_and_says_so() -> None:
    assert "STATUS:CANCELLED" in unfolded(render("x", [entry(is_cancelled=True)]))


@pytest.mark.parametrize(
    "text", ["a;b,c\\d\ne", "一、二；三，四", "\\n", "x\r\ny", "tail\\", "BEGIN:VEVENT\r\nX:1"]
)
def test_a_text_comes_back_as_it_was_and_breaks_no_line(text: str) -> None:
    lines = unfolded(render("x", [entry(description=text)]))
    told = [line for line in lines if line.startswith("DESCRIPTION:")]
    assert unescaped(told[0].removeprefix("DESCRIPTION:")) == text.replace("\r\n", "\n")
    assert lines.count("BEGIN:VEVENT") == 1


def test_control_characters_are_left_out() -> None:
    assert escape("a\x00b\x07c\x7fd") == "abcd"


@pytest.mark.parametrize("seed", range(20))
def test_no_line_has_more_than_75_octets_and_no_character_is_cut(seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(rng.choice("ab 技术需求€😀é;,") for _ in range(rng.randrange(400)))
    folded = fold(f"SUMMARY:{text}").encode()
    pieces = folded.split(b"\r\n")
    assert max(len(piece) for piece in pieces) <= 75
    for piece in pieces:
        piece.decode()
    assert b"".join([pieces[0], *(piece[1:] for piece in pieces[1:])]).decode() == f"SUMMARY:{text}"
    assert all(piece.startswith(b" ") for piece in pieces[1:])
