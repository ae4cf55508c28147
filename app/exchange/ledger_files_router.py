"""`/responses/file` and `/calendar/{year}/file`: bulk answers and a year's calendar as spreadsheets."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, File, Path, Query, Response, UploadFile

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession, needs
from app.exchange import answer_file, calendar_file
from app.exchange.guards import read_limited
from app.kit.downloads import XLSX, documented, file_answer
from app.kit.etag import check_version, if_match, set_etag
from app.ledger import calendar
from app.responses.calendar_presenter import present_year
from app.responses.obligation_schemas import CalendarYearView
from app.responses.presenter import present_outcomes
from app.responses.schemas import AnswersView
from app.routing import Language, concept_router

router = concept_router("反馈台账")

FILE_ANSWER = documented(XLSX)
IfMatch = Annotated[str | None, Depends(if_match)]
YearNumber = Annotated[int, Path(ge=2004, le=2100)]
Uploaded = Annotated[UploadFile, File(description=".xlsx、.xls、.csv")]


@router.get(
    "/responses/template.xlsx", summary="下载批量答复表", response_class=Response, responses=FILE_ANSWER
)
def get_answers_template(
    session: ReadSession,
    challenge_id: Annotated[uuid.UUID | None, Query(description="只列这项赛事的需求")] = None,
    actor: Actor = needs("responses:write"),
) -> Response:
    """What is owed now, one row each, with an empty column for the answer."""
    content = answer_file.template(session, actor, challenge_id=challenge_id)
    return file_answer(content, f"{answer_file.TITLE}.xlsx", XLSX)


@router.post("/responses/file", response_model=AnswersView, summary="上传表格批量答复")
def upload_answers(
    session: WriteSession,
    context: Context,
    language: Language,
    file: Uploaded,
    actor: Actor = needs("responses:write"),
) -> AnswersView:
    """Rows without words are passed over. One bad row (named in `errors` as `rows.N`), and none is answered."""
    limit = context.settings.max_upload_mb
    content = read_limited(file.file, max_mb=limit)
    found = answer_file.give(session, actor, filename=file.filename or "", content=content, max_mb=limit)
    return present_outcomes(found, language)


@router.get(
    "/calendar/{year}/file.xlsx",
    summary="下载一年的放假安排表",
    response_class=Response,
    responses=FILE_ANSWER,
)
def get_calendar_template(
    year: YearNumber, session: ReadSession, actor: Actor = needs("calendar:read")
) -> Response:
    """What was entered, else what the library knows, else an empty table to fill in."""
    return file_answer(calendar_file.template(session, year), f"{year}年放假安排.xlsx", XLSX)


@router.put("/calendar/{year}/file", response_model=CalendarYearView, summary="上传一年的放假安排表")
def upload_calendar(
    year: YearNumber,
    session: WriteSession,
    context: Context,
    response: Response,
    header: IfMatch,
    file: Uploaded,
    actor: Actor = needs("calendar:write"),
) -> CalendarYearView:
    """As `PUT /calendar/{year}`, from a table; a bad row is named in `errors` as `rows.N`, and nothing is stored."""
    before = calendar.find_year(session, year)
    if before is not None:
        check_version(header, before.version)
    limit = context.settings.max_upload_mb
    content = read_limited(file.file, max_mb=limit)
    entered = calendar_file.enter(
        session, actor, year, filename=file.filename or "", content=content, max_mb=limit
    )
    set_etag(response, entered.row.version)
    return present_year(entered.row, moved=entered.moved)
