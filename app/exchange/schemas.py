"""Imports, their rows and exports as clients get them, and what an export is asked with."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.kit.schemas import Body, Line, Ref, View, with_example
from app.models.exchange import Export, Import, ImportKind, ImportMode, ImportRow, RowOutcome
from app.models.requirement import Field as TechnicalField
from app.models.requirement import RequirementStatus
from app.models.solver import AchievementKind, SolverKind


class NoticeView(View):
    """Something to know about the file as a whole, such as columns that were not imported."""

    code: str
    message: str


class ImportView(View):
    """One uploaded file and what became of its rows.

    `is_applied` is false after a dry run, and when all rows were to be stored or none and one was rejected:
    the counts then say what would have happened. `job_id` leads to the progress and the error of the file.
    """

    id: uuid.UUID
    job_id: uuid.UUID | None
    kind: ImportKind | None
    mode: ImportMode
    is_dry_run: bool
    is_applied: bool
    filename: str
    read: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    notices: list[NoticeView]
    created_at: datetime
    finished_at: datetime | None


class MessageView(View):
    """What is wrong with a cell (`level` error) or worth knowing (notice), in words for the clerk."""

    field: str
    header: str
    code: str
    level: Literal["error", "notice"]
    message: str


class ImportRowView(View):
    """One row; `number` is its line in the file."""

    number: int
    outcome: RowOutcome
    outcome_label: str
    external_id: str | None
    object_id: uuid.UUID | None
    messages: list[MessageView]


class ExportFilters(Body):
    """As the filters of the list that is exported; a filter that the list does not have is refused."""

    q: Annotated[str, Line(200, 1)] | None = None
    status: list[RequirementStatus] | None = Field(None, max_length=20)
    field: list[TechnicalField] | None = Field(None, max_length=20)
    region: Annotated[str, Line(200, 1)] | None = None
    organization_id: Ref | None = None
    challenge_id: Ref | None = None
    solver_id: Ref | None = None
    kind: list[str] | None = Field(None, max_length=20)


ALLOWED_FILTERS: dict[ImportKind, frozenset[str]] = {
    ImportKind.REQUIREMENTS: frozenset({"q", "status", "field", "region", "organization_id", "challenge_id"}),
    ImportKind.SOLVERS: frozenset({"q", "kind", "field", "region", "organization_id"}),
    ImportKind.ACHIEVEMENTS: frozenset({"q", "kind", "field", "solver_id"}),
}
KINDS_OF: dict[ImportKind, type[SolverKind] | type[AchievementKind]] = {
    ImportKind.SOLVERS: SolverKind,
    ImportKind.ACHIEVEMENTS: AchievementKind,
}


class ExportCreate(Body):
    """Which list, in which format, narrowed how."""

    model_config = with_example(
        {"kind": "requirements", "format": "xlsx", "filters": {"status": ["published"]}}
    )

    kind: ImportKind
    format: Literal["xlsx", "csv", "jsonl"] = "xlsx"
    filters: ExportFilters = Field(default_factory=ExportFilters)

    @model_validator(mode="after")
    def _filters_fit_the_list(self) -> ExportCreate:
        given = self.filters.model_dump(exclude_none=True)
        if set(given) - ALLOWED_FILTERS[self.kind]:
            raise PydanticCustomError("unknown_filter", "this list has no such filter")
        options = KINDS_OF.get(self.kind)
        if options is not None and not set(given.get("kind", ())) <= {member.value for member in options}:
            raise PydanticCustomError("enum", "must be one of {allowed}", {"allowed": "、".join(options)})
        return self

    def stored_filters(self) -> dict[str, Any]:
        """The filters as JSON."""
        return self.filters.model_dump(mode="json", exclude_none=True)


class ExportView(View):
    """A file of a list; `is_ready` when it can be downloaded, until `expires_at`."""

    id: uuid.UUID
    job_id: uuid.UUID | None
    kind: ImportKind
    format: str
    rows: int
    is_ready: bool
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None


def view_of_import(record: Import) -> ImportView:
    """The import for a reader who may see it."""
    return ImportView.model_validate(record)


def view_of_row(row: ImportRow) -> ImportRowView:
    """One row with its messages."""
    return ImportRowView(
        number=row.number,
        outcome=row.outcome,
        outcome_label=row.outcome.label,
        external_id=row.external_id,
        object_id=row.object_id,
        messages=[MessageView.model_validate(message) for message in row.messages],
    )


def view_of_export(record: Export) -> ExportView:
    """The export without its content."""
    return ExportView(
        id=record.id,
        job_id=record.job_id,
        kind=record.kind,
        format=record.format,
        rows=record.rows,
        is_ready=record.finished_at is not None,
        created_at=record.created_at,
        finished_at=record.finished_at,
        expires_at=record.expires_at,
    )
