"""The dated stages of a challenge: set as a whole, extended one by one, and what the clock has brought."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.challenges import repository, schedule
from app.challenges.schedule import StagePlan
from app.challenges.stage_schemas import ExtensionBody, ScheduleBody, present_stage_in_full
from app.console import challenge_frame, forms
from app.console.language import gettext as _
from app.console.routing import done, form_of, needs, page_router
from app.errors import JiebangError
from app.kit.clock import now
from app.kit.etag import check_version
from app.models.challenge import Challenge, ChallengeStatus
from app.models.stage import ChallengeStage, StageKind

router = page_router(prefix="/desk/challenges/{challenge_id}/schedule")

PARTS = ("opens_at", "closes_at")


@router.get("", response_class=HTMLResponse)
def show_schedule(
    request: Request,
    challenge_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("challenges:read"),
) -> HTMLResponse:
    """For everyone who sees the challenge: when its stages run, and every extension with its reason."""
    return _show(request, session, actor, repository.get(session, actor, challenge_id))


@router.post("", response_class=HTMLResponse)
def save_schedule(
    request: Request,
    challenge_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("challenges:write"),
) -> Response:
    """The whole schedule; a stage whose fields stay empty is not dated."""
    challenge = repository.get(session, actor, challenge_id, lock=True)
    read, kinds = _read(schedule.stages_of(session, challenge), form)
    if read.body is None:
        errors = _by_stage(read.errors, kinds)
        return _show(
            request, session, actor, challenge, plan=forms.Read(read.values, errors=errors), status=422
        )
    try:
        check_version(f'"{form.get("version", "")}"', challenge.version)
        plans = [StagePlan(item.kind, item.opens_at, item.closes_at) for item in read.body.stages]
        schedule.plan(session, actor, challenge, plans)
    except JiebangError as error:
        session.rollback()
        errors = _by_stage(forms.refused(read.values, error).errors, kinds)
        again = repository.get(session, actor, challenge_id)
        plan: forms.Read[Any] = forms.Read(read.values, errors=errors)
        return _show(request, session, actor, again, plan=plan, status=error.status)
    return done(f"/desk/challenges/{challenge_id}/schedule", _("阶段安排已保存"))


@router.post("/{kind}/extend", response_class=HTMLResponse)
def extend_stage(
    request: Request,
    challenge_id: uuid.UUID,
    kind: StageKind,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("challenges:write"),
) -> Response:
    challenge = repository.get(session, actor, challenge_id, lock=True)
    read = forms.read(ExtensionBody, form)
    refused: forms.Read[Any] = read
    status = 422
    if read.body is not None:
        try:
            schedule.extend(session, actor, challenge, kind, read.body.closes_at, read.body.reason)
        except JiebangError as error:
            session.rollback()
            challenge = repository.get(session, actor, challenge_id)
            refused, status = forms.refused(read.values, error), error.status
        else:
            return done(f"/desk/challenges/{challenge_id}/schedule", _("已延期，相关各方会收到通知"))
    return _show(request, session, actor, challenge, extending=kind, extension=refused, status=status)


def _show(
    request: Request,
    session: Session,
    actor: Actor,
    challenge: Challenge,
    *,
    plan: forms.Read[Any] | None = None,
    extending: StageKind | None = None,
    extension: forms.Read[Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    at = now()
    stages = schedule.stages_of(session, challenge)
    may_change = "challenges:write" in actor.permissions and challenge.status is not ChallengeStatus.CLOSED
    return challenge_frame.show(
        request,
        challenge,
        "challenge_schedule.html",
        "schedule",
        status=status,
        at=at,
        stages=[present_stage_in_full(stage, at, is_staff=actor.is_staff) for stage in stages],
        fixed={stage.kind for stage in stages if schedule.is_fixed(challenge, stage, at)},
        kinds=StageKind,
        turns=schedule.turns_of(session, challenge) if actor.is_staff else [],
        may_change=may_change,
        plan=plan or forms.Read(_typed(stages)),
        extending=extending,
        extension=extension or forms.Read({}),
    )


def _typed(stages: list[ChallengeStage]) -> dict[str, str]:
    """Stored instants as a browser's fields hold them."""
    return {f"{part}.{stage.kind}": forms.local(getattr(stage, part)) for stage in stages for part in PARTS}


def _read(stages: list[ChallengeStage], form: FormData) -> tuple[forms.Read[ScheduleBody], list[StageKind]]:
    """The schedule that was typed, and the stage of each of its rows; what has no fields stays as it is."""
    stored = {stage.kind: stage for stage in stages}
    values: dict[str, str] = {}
    rows: dict[StageKind, dict[str, str]] = {}
    for kind in StageKind:
        if f"opens_at.{kind}" not in form:
            if (stage := stored.get(kind)) is not None:
                rows[kind] = {part: getattr(stage, part).isoformat() for part in PARTS}
            continue
        given = {part: str(form.get(f"{part}.{kind}") or "").strip() for part in PARTS}
        values |= {f"{part}.{kind}": text for part, text in given.items()}
        if any(given.values()):
            rows[kind] = {part: forms.moment(text) for part, text in given.items() if text}
    raw = [{"kind": kind.value, **row} for kind, row in rows.items()]
    return forms.checked(ScheduleBody, values, {"stages": raw}), list(rows)


def _by_stage(errors: Mapping[str, str], kinds: list[StageKind]) -> dict[str, str]:
    """What is wrong, named as the fields are: `stages.0.closes_at` is that of the first stage that was typed."""
    named = {}
    for name, words in errors.items():
        parts = name.split(".")
        is_row = len(parts) == 3 and parts[1].isdigit() and int(parts[1]) < len(kinds)
        named[f"{parts[2]}.{kinds[int(parts[1])]}" if is_row else ""] = words
    return named
