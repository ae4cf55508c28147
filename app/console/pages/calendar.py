"""The working calendar that deadlines are counted by: which years are known, and a year from a table."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession
from app.console import uploads
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError, NotFound
from app.exchange import calendar_file
from app.kit.clock import in_shanghai, now
from app.kit.downloads import XLSX, file_answer
from app.kit.etag import check_version
from app.ledger import calendar
from app.responses.calendar_presenter import known_years, present_year

router = page_router(prefix="/desk/ledger/calendar")

FIRST_YEAR, LAST_YEAR = 2004, 2100
YearNumber = Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)]


@router.get("", response_class=HTMLResponse)
def show_calendar(
    request: Request, session: ReadSession, actor: Actor = needs("calendar:read")
) -> HTMLResponse:
    """Years that were entered day by day, those that the library knows, and those that nobody has said yet."""
    return _page(request, session)


@router.get("/{year}.xlsx")
def get_year(year: YearNumber, session: ReadSession, actor: Actor = needs("calendar:read")) -> Response:
    """The year as a table to look at, to correct or to fill in."""
    return file_answer(calendar_file.template(session, year), f"{year}年放假安排.xlsx", XLSX)


@router.post("", response_class=HTMLResponse)
def upload_year(
    request: Request,
    session: WriteSession,
    context: Context,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("calendar:write"),
) -> Response:
    """A whole year from a table, in the place of what was entered before."""
    typed = str(form.get("year", ""))
    if not typed.isdigit() or not FIRST_YEAR <= int(typed) <= LAST_YEAR:
        raise NotFound()
    limit = context.settings.max_upload_mb
    try:
        before = calendar.find_year(session, int(typed))
        if before is not None:
            # The page knew its version, or somebody has entered the year meanwhile.
            check_version(f'"{form.get(f"version.{typed}", "")}"', before.version)
        filename, content = uploads.file_of(form, max_mb=limit)
        entered = calendar_file.enter(
            session, actor, int(typed), filename=filename, content=content, max_mb=limit
        )
    except JiebangError as error:
        session.rollback()
        return _page(
            request, session, year=int(typed), problem=uploads.problem_of(error), status=error.status
        )
    said = _("%(year)s 年放假安排已保存，%(count)s 项期限随之调整") % {"year": typed, "count": entered.moved}
    return done("/desk/ledger/calendar", said)


@router.post("/{year}/drop", response_class=HTMLResponse)
def drop_year(
    year: YearNumber,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("calendar:write"),
) -> Response:
    """Back to the library, or to Monday to Friday where it does not know the year."""
    row = calendar.get_year(session, year, lock=True)
    check_version(f'"{form.get("version", "")}"', row.version)
    calendar.drop_year(session, actor, row)
    return done("/desk/ledger/calendar", _("已删除录入的年份"))


def _page(
    request: Request,
    session: Session,
    *,
    year: int | None = None,
    problem: uploads.Problem | None = None,
    status: int = 200,
) -> HTMLResponse:
    this_year = in_shanghai(now()).year
    return page(
        request,
        "calendar.html",
        status=status,
        known=known_years(session),
        entered=[present_year(row) for row in calendar.years_of(session)],
        year=year or this_year + 1,
        this_year=this_year,
        first=FIRST_YEAR,
        last=LAST_YEAR,
        problem=problem,
        help=calendar_file.HELP,
    )
