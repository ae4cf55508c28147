"""Hands out what reports are made of: stored files, and papers that are made as they are asked for."""

from __future__ import annotations

from fastapi import Response

from app.kit.downloads import DOCX, PDF, XLSX, file_answer
from app.models.report import ReportFile, ReportFormat
from app.reports.made import Made
from app.reports.service import NoSuchFormat

MEDIA_TYPES = {ReportFormat.DOCX: DOCX, ReportFormat.PDF: PDF, ReportFormat.XLSX: XLSX}


def stored(file: ReportFile) -> Response:
    """A file of a report for download."""
    return file_answer(file.content, file.filename, MEDIA_TYPES[file.format])


def paper(made: Made, name: str, format: ReportFormat) -> Response:
    """A letter or certificate for download as `name`. Raises `NoSuchFormat`."""
    if format not in made.formats:
        raise NoSuchFormat()
    return file_answer(made.as_file(format), f"{name}.{format.value}", MEDIA_TYPES[format])
