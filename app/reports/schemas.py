"""Reports as clients order and get them."""

from __future__ import annotations

import uuid
from datetime import datetime

from app.kit.schemas import Body, View, with_example
from app.models.report import Report, ReportAudience, ReportFormat, ReportKind


class ReportCreate(Body):
    """What to make. Only the analysis and the list of problems come for the public, too."""

    model_config = with_example({"kind": "requirement_analysis", "audience": "internal"})

    kind: ReportKind
    audience: ReportAudience = ReportAudience.INTERNAL


class ReportFileView(View):
    """A file of a finished report; `size` in bytes."""

    format: ReportFormat
    filename: str
    size: int
    sha256: str


class ReportView(View):
    """A report. Its progress and its error are at `/jobs/{job_id}`; `files` is empty until it is finished."""

    id: uuid.UUID
    challenge_id: uuid.UUID
    job_id: uuid.UUID | None
    kind: ReportKind
    kind_label: str
    audience: ReportAudience
    audience_label: str
    as_of: datetime
    created_at: datetime
    finished_at: datetime | None
    files: list[ReportFileView]


def view_of(report: Report, *, is_new: bool = False) -> ReportView:
    """The report as staff read it; a new one has no files to look for."""
    return ReportView(
        id=report.id,
        challenge_id=report.challenge_id,
        job_id=report.job_id,
        kind=report.kind,
        kind_label=report.kind.label,
        audience=report.audience,
        audience_label=report.audience.label,
        as_of=report.as_of,
        created_at=report.created_at,
        finished_at=report.finished_at,
        files=[] if is_new else [ReportFileView.model_validate(file) for file in report.files],
    )
