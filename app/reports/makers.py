"""Which function makes which kind of report, and which kinds there are for the public."""

from __future__ import annotations

from app.models.report import ReportKind
from app.reports import (
    agreement_papers,
    analysing,
    ledger_extract,
    letters,
    match_book,
    meeting_timetable,
    problem_book,
)
from app.reports.made import Maker

MAKERS: dict[ReportKind, Maker] = {
    ReportKind.REQUIREMENT_ANALYSIS: analysing.make,
    ReportKind.PROBLEM_LIST: problem_book.make,
    ReportKind.MATCH_BOOK: match_book.make,
    ReportKind.MEETING_TIMETABLE: meeting_timetable.make,
    ReportKind.ANSWER_LETTERS: letters.make,
    ReportKind.AGREEMENTS: agreement_papers.make,
    ReportKind.LEDGER: ledger_extract.make,
}

FOR_THE_PUBLIC = frozenset({ReportKind.REQUIREMENT_ANALYSIS, ReportKind.PROBLEM_LIST})
"""Kinds that can be made of what any visitor sees; the others are for staff alone."""
