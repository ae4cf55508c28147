"""What every kind of report comes to: a document for reading and, for most, sheets for calculating."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.documents.docx import docx_of
from app.documents.model import Document, Sheet
from app.documents.pdf import pdf_of
from app.documents.workbook import workbook_of
from app.models.challenge import Challenge
from app.models.report import ReportFormat

Tell = Callable[[int, int], None]
"""Hears how far the gathering is: done, total."""


@dataclass(frozen=True)
class Order:
    """What is wanted: of which challenge, for whom, in whose name (`issuer`), and the instant of the data."""

    challenge: Challenge
    actor: Actor
    is_public: bool
    issuer: str
    as_of: datetime


@dataclass(frozen=True)
class Made:
    """A report before it is a file."""

    document: Document
    sheets: Sequence[Sheet] = ()

    @property
    def formats(self) -> tuple[ReportFormat, ...]:
        """The formats it can be had in."""
        both = (ReportFormat.DOCX, ReportFormat.PDF)
        return (*both, ReportFormat.XLSX) if self.sheets else both

    def as_file(self, format: ReportFormat) -> bytes:
        """The report in one format."""
        if format is ReportFormat.DOCX:
            return docx_of(self.document)
        if format is ReportFormat.PDF:
            return pdf_of(self.document)
        document = self.document
        return workbook_of(self.sheets, title=document.title, issuer=document.issuer, as_of=document.as_of)


Maker = Callable[[Session, Order, Tell], Made]
