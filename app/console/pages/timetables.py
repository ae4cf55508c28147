"""The timetable of a session: who meets whom, computed with progress, looked at as a grid, published, taken away."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console import forms
from app.console.language import current
from app.console.language import gettext as _
from app.console.rendering import is_part, page
from app.console.routing import done, form_of, needs, page_router, reload_page
from app.errors import JiebangError
from app.jobs import service as jobs
from app.kit.clock import in_shanghai
from app.kit.downloads import XLSX, file_answer
from app.meetings import calendars, planning, repository, service
from app.meetings.icalendar import MEDIA_TYPE
from app.meetings.presenter import present_session
from app.meetings.schemas import CancelBody, ComputeBody, GatherBody, PairsBody, PublishBody
from app.meetings.times import slots_of
from app.meetings.workbook import workbook_of
from app.models.job import Job
from app.models.matching import MatchRound, RoundStatus
from app.models.meeting import Meeting, MeetingSession, MeetingSource, MeetingStatus, SessionStatus
from app.models.requirement import PUBLIC_STATUSES, Requirement
from app.models.solver import SolverProfile
from app.requirements import repository as requirements
from app.solvers import repository as solvers

router = page_router(prefix="/desk/meeting-sessions")

MOST_CHOICES = 300
RUNNING = frozenset({SessionStatus.DRAFT, SessionStatus.PUBLISHED})


@router.get("/{session_id}", response_class=HTMLResponse)
def show_timetable(
    request: Request, session_id: uuid.UUID, session: ReadSession, actor: Actor = needs("meetings:manage")
) -> HTMLResponse:
    """The grid, day by day; while a timetable is computed, its progress."""
    found = repository.get_session(session, session_id)
    around = frame(session, actor, found, "timetable")
    if around["found"].is_computing:
        job = session.get(Job, found.job_id)
        return page(request, "timetable_running.html", block="progress", **around, job=job)
    if is_part(request):
        # The page that has watched the progress becomes the timetable.
        return reload_page()
    rows = repository.meetings_in(session, found.id)
    failed = session.get(Job, found.job_id) if found.job_id and not found.result else None
    return page(
        request,
        "timetable.html",
        **around,
        days=_grid(found, rows),
        unplaced=[row for row in rows if row.starts_at is None],
        job=failed,
        named={str(row.id): row for row in rows},
        planned=sum(row.status is MeetingStatus.PLANNED for row in rows),
        placed=sum(row.status is MeetingStatus.PLANNED and row.starts_at is not None for row in rows),
    )


@router.get("/{session_id}/meetings", response_class=HTMLResponse)
def show_pairs(
    request: Request,
    session_id: uuid.UUID,
    session: ReadSession,
    q: Annotated[str, Query(max_length=200)] = "",
    actor: Actor = needs("meetings:manage"),
) -> HTMLResponse:
    """Who meets whom, from where the pairs came, and how more are added."""
    return _pairs(request, session, actor, session_id, q)


@router.post("/{session_id}/gather", response_class=HTMLResponse)
def gather_pairs(
    request: Request,
    session_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    """From a round, accepted invitations or chosen proposals; pairs that cannot meet are named."""
    read = forms.read(GatherBody, form)
    found = repository.lock_session(session, session_id)
    if read.body is None:
        return _pairs(request, session, actor, session_id, "", gathering=read, status=422)
    body = read.body
    try:
        source = MeetingSource(body.source)
        made = planning.add_pairs(
            session,
            actor,
            found,
            planning.pairs_from(session, found, source, body.round_id),
            source=source,
            people=body.people,
            equipment=body.equipment,
            is_strict=False,
        )
    except JiebangError as error:
        session.rollback()
        refused: forms.Read[Any] = forms.refused(read.values, error)
        return _pairs(request, session, actor, session_id, "", gathering=refused, status=error.status)
    sentence = _("加入 %(made)s 场会面，%(passed)s 个组合已在其中或不能会面") % {
        "made": len(made.made),
        "passed": len(made.passed),
    }
    return done(f"/desk/meeting-sessions/{session_id}/meetings", sentence)


@router.post("/{session_id}/pairs", response_class=HTMLResponse)
def add_pair(
    request: Request,
    session_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    """One pair by hand."""
    read = forms.read(PairsBody, form)
    pair = {name: str(form.get(name, "")) for name in ("requirement_id", "solver_id")}
    raw = {**forms.raw_of(PairsBody, form), "pairs": [pair]}
    values = {**read.values, **pair}
    body = forms.checked(PairsBody, values, raw).body
    found = repository.lock_session(session, session_id)
    if body is None:
        wrong = forms.checked(PairsBody, values, raw)
        errors = {name.removeprefix("pairs.0."): words for name, words in wrong.errors.items()}
        kept: forms.Read[Any] = forms.Read(values, errors=errors)
        return _pairs(request, session, actor, session_id, "", by_hand=kept, status=422)
    pairs = [(row.requirement_id, row.solver_id) for row in body.pairs]
    try:
        planning.add_pairs(session, actor, found, pairs, people=body.people, equipment=body.equipment)
    except JiebangError as error:
        session.rollback()
        refused: forms.Read[Any] = forms.refused(values, error)
        return _pairs(request, session, actor, session_id, "", by_hand=refused, status=error.status)
    return done(f"/desk/meeting-sessions/{session_id}/meetings", _("已加入会面"))


@router.post("/{session_id}/timetable", response_class=HTMLResponse)
def compute_timetable(
    session_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    found = repository.lock_session(session, session_id)
    service.compute(session, actor, found, partial=forms.body_of(ComputeBody, form).partial)
    return done(f"/desk/meeting-sessions/{session_id}", _("正在计算日程"))


@router.post("/{session_id}/stop", response_class=HTMLResponse)
def stop_computing(
    session_id: uuid.UUID, session: WriteSession, actor: Actor = needs("meetings:manage")
) -> Response:
    found = repository.lock_session(session, session_id)
    if found.job_id is not None:
        jobs.cancel_job(session, found.job_id, actor=actor)
    return done(f"/desk/meeting-sessions/{session_id}", _("正在取消"))


@router.post("/{session_id}/publish", response_class=HTMLResponse)
def publish_timetable(
    session_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    """Tells the parties of every planned meeting with a place, and nobody else."""
    found = repository.lock_session(session, session_id)
    body = forms.body_of(PublishBody, form)
    count = service.publish(session, actor, found, without_unplaced=body.without_unplaced)
    return done(
        f"/desk/meeting-sessions/{session_id}",
        _("已发布 %(count)s 场会面，双方会收到通知") % {"count": count},
    )


@router.post("/{session_id}/close", response_class=HTMLResponse)
def close_session(
    session_id: uuid.UUID, session: WriteSession, actor: Actor = needs("meetings:manage")
) -> Response:
    service.close_session(session, actor, repository.lock_session(session, session_id))
    return done(f"/desk/meeting-sessions/{session_id}", _("场次已结束；会面结果仍可登记"))


@router.post("/{session_id}/cancel", response_class=HTMLResponse)
def cancel_session(
    session_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("meetings:manage"),
) -> Response:
    found = repository.lock_session(session, session_id)
    service.cancel_session(session, actor, found, reason=forms.body_of(CancelBody, form).reason)
    return done(f"/desk/meeting-sessions/{session_id}", _("场次已取消，已得知安排的双方会收到通知"))


@router.get("/{session_id}/timetable.xlsx", response_class=Response)
def download_workbook(
    session_id: uuid.UUID, session: ReadSession, actor: Actor = needs("meetings:manage")
) -> Response:
    found = repository.get_session(session, session_id)
    return file_answer(workbook_of(session, found), f"{found.name}日程.xlsx", XLSX)


@router.get("/{session_id}/calendar.ics", response_class=Response)
def download_calendar(
    session_id: uuid.UUID, session: ReadSession, actor: Actor = needs("meetings:manage")
) -> Response:
    """What was told of the session, for calendar programs."""
    found = repository.get_session(session, session_id)
    content = calendars.calendar_of(session, actor, session_id=found.id)
    return file_answer(content, f"{found.name}.ics", MEDIA_TYPE)


def frame(session: Session, actor: Actor, found: MeetingSession, tab: str) -> dict[str, Any]:
    """What stands around every view of a session."""
    return {
        "tab": tab,
        "found": present_session(session, found, current()),
        "challenge": found.challenge,
        "is_running": found.status in RUNNING,
    }


def _grid(found: MeetingSession, rows: list[Meeting]) -> list[dict[str, Any]]:
    """Day by day: the rooms, and for every slot what is in each of them (None: nothing)."""
    inside = {(row.starts_at, row.room_id): row for row in rows if row.starts_at is not None}
    times = {(timed.starts_at, timed.ends_at) for timed in slots_of(found)}
    # A meeting that was told before the hours changed is still shown at its time.
    times |= {(row.starts_at, row.ends_at) for row in rows if row.starts_at and row.ends_at}
    by_day: dict[date, list[tuple[datetime, datetime]]] = {}
    for starts, ends in sorted(times):
        by_day.setdefault(in_shanghai(starts).date(), []).append((starts, ends))
    rooms = sorted(found.rooms, key=lambda room: (room.place, room.name))
    return [
        {
            "day": day,
            "rooms": rooms,
            "slots": [
                {
                    "starts_at": starts,
                    "ends_at": ends,
                    "cells": [(room, inside.get((starts, room.id))) for room in rooms],
                }
                for starts, ends in slots
            ],
        }
        for day, slots in by_day.items()
    ]


def _pairs(
    request: Request,
    session: Session,
    actor: Actor,
    session_id: uuid.UUID,
    q: str,
    *,
    gathering: forms.Read[Any] | None = None,
    by_hand: forms.Read[Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    found = repository.get_session(session, session_id)
    published = select(MatchRound).where(
        MatchRound.challenge_id == found.challenge_id, MatchRound.status == RoundStatus.PUBLISHED
    )
    return page(
        request,
        "meeting_pairs.html",
        status=status,
        **frame(session, actor, found, "meetings"),
        rows=repository.meetings_in(session, found.id),
        rounds=list(session.scalars(published.order_by(MatchRound.published_at.desc()))),
        problems=_problems(session, actor, found),
        teams=_teams(session, actor, found, q),
        q=q,
        gathering=gathering or forms.Read({"source": "invitation", "people": "6"}),
        by_hand=by_hand or forms.Read({"people": "6"}),
    )


def _problems(session: Session, actor: Actor, found: MeetingSession) -> list[Requirement]:
    filters = requirements.Filters(challenge_id=found.challenge_id, status=tuple(sorted(PUBLIC_STATUSES)))
    statement = requirements.narrow(requirements.visible_to(actor), filters, actor)
    return list(session.scalars(statement.order_by(Requirement.title).limit(MOST_CHOICES)).unique())


def _teams(session: Session, actor: Actor, found: MeetingSession, q: str) -> list[SolverProfile]:
    """Teams by words; without words, those that the challenge's rounds and invitations have brought together."""
    statement = solvers.narrow(solvers.visible_to(actor), solvers.Filters(q=q or None, is_active=True))
    if not q:
        statement = statement.where(SolverProfile.id.in_(repository.teams_near(found.challenge_id)))
    return list(session.scalars(statement.order_by(SolverProfile.name).limit(MOST_CHOICES)))
