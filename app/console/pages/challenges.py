"""The challenges, and one of them: when it runs, how far it has come, and where a round is started."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.agreements import figures as agreement_figures
from app.agreements import repository as agreements
from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.challenges import repository, schedule
from app.challenges.stage_schemas import present_stage
from app.console import challenge_frame, forms
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, form_of, needs, page_router
from app.kit.clock import now
from app.kit.pagination import PageQuery, paginate
from app.kit.schemas import Line
from app.matches import repository as round_repository
from app.matches import rounds
from app.matches.schemas import RoundCreate
from app.models.challenge import Challenge, ChallengeKind, ChallengeStatus
from app.models.matching import MatchRound
from app.models.requirement import MATCHABLE_STATUSES, Field, RequirementStatus
from app.requirements import repository as requirements
from app.requirements.figures import count_by_status
from app.responses.coverage import Figure, measure

router = page_router(prefix="/desk/challenges")

PER_PAGE = 30
LONGEST_LIST = 50


@router.get("", response_class=HTMLResponse)
def list_challenges(
    request: Request,
    session: ReadSession,
    q: Annotated[Annotated[str, Line(200)], Query()] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    status: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("challenges:read"),
) -> HTMLResponse:
    filters = repository.Filters(
        q=q or None,
        kind=(ChallengeKind(kind),) if kind in set(ChallengeKind) else (),
        status=(ChallengeStatus(status),) if status in set(ChallengeStatus) else (),
    )
    rows, next_cursor, total = paginate(
        session,
        repository.narrow(repository.visible_to(actor), filters),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=Challenge.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return page(
        request,
        "challenges.html",
        block="results",
        challenges=rows,
        total=total,
        next_cursor=next_cursor,
        filters=filters,
        kinds=ChallengeKind,
        statuses=ChallengeStatus,
    )


@router.get("/{challenge_id}", response_class=HTMLResponse)
def show_challenge(
    request: Request,
    challenge_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("challenges:read"),
) -> HTMLResponse:
    """What it is held for and when; organizers and reviewers also see the coverage, the states and the rounds."""
    return _show(request, session, actor, repository.get(session, actor, challenge_id))


@router.post("/{challenge_id}/rounds", response_class=HTMLResponse)
def start_round(
    request: Request,
    challenge_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("rounds:write"),
) -> Response:
    """Starts a round as a job and goes to its page, which shows the progress."""
    challenge = repository.get(session, actor, challenge_id)
    body = forms.body_of(RoundCreate, form)
    found, _job = rounds.start_round(
        session, actor, challenge, top=body.top, teams=body.teams, alternates=body.alternates
    )
    return done(f"/desk/rounds/{found.id}", _("匹配已开始，完成后可以预览和调整"))


def _show(request: Request, session: Session, actor: Actor, challenge: Challenge) -> HTMLResponse:
    values: dict[str, Any] = {"coverage": None, "rounds": [], "funnel": [], "matchable": 0, "agreed": None}
    if "coverage:read" in actor.permissions:
        found = round_repository.visible_to(actor).where(MatchRound.challenge_id == challenge.id)
        newest = found.order_by(MatchRound.created_at.desc()).limit(LONGEST_LIST)
        entered = requirements.narrow(
            requirements.visible_to(actor), requirements.Filters(challenge_id=challenge.id), actor
        )
        funnel = count_by_status(session, entered)
        values = {
            "coverage": measure(session, actor=actor, at=now(), challenge_id=challenge.id),
            "rounds": list(session.scalars(newest)),
            "funnel": funnel,
            "agreed": _agreed(session, actor, challenge) if "agreements:read" in actor.permissions else None,
            "matchable": sum(count for status, count in funnel if status in MATCHABLE_STATUSES),
        }
    at = now()
    return challenge_frame.show(
        request,
        challenge,
        "challenge.html",
        "overview",
        bureau=repository.bureau_of(session, challenge),
        fields=[Field(code) for code in challenge.fields],
        stages=[present_stage(stage, at) for stage in schedule.stages_of(session, challenge)],
        Figure=Figure,
        statuses=RequirementStatus,
        defaults=RoundCreate(),
        **values,
    )


def _agreed(session: Session, actor: Actor, challenge: Challenge) -> agreement_figures.Totals:
    """What the agreements that the challenge counts add up to."""
    filters = agreements.Filters(challenge_id=challenge.id)
    by = agreement_figures.Grouping.CHALLENGE
    return agreement_figures.measure(session, actor=actor, filters=filters, by=by).total
