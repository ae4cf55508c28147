"""The workbench of a match round: what it assigns and why, pins and bans, another run, comparison, publication."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse
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
from app.jobs import service as jobs
from app.kit.pagination import PageQuery, paginate
from app.matches import assignment_presenter, comparison, pair_rules, presenter, repository, rounds, service
from app.matches.assignment_schemas import PairRuleBody, RerunBody
from app.matches.schemas import RoundView, WithdrawBody
from app.models.matching import MatchRound, PairVerdict, RoundResult, RoundStatus, RoundTeam
from app.requirements import repository as requirements

router = page_router(prefix="/desk/rounds")

PER_PAGE = 20
MATRIX_TEAMS = 15
"""Columns of the matrix: what fits on a screen."""


@router.get("/{round_id}", response_class=HTMLResponse)
def show_round(
    request: Request,
    round_id: uuid.UUID,
    session: ReadSession,
    served: Annotated[str, Query(max_length=3)] = "",
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("rounds:read"),
) -> HTMLResponse:
    """By requirement, in the order of the list of problems; while it is computed, its progress."""
    found = repository.get(session, actor, round_id)
    around = frame(session, actor, found, "requirements")
    if around["round"].status is RoundStatus.RUNNING:
        return page(request, "round_running.html", block="progress", round=around["round"])
    if is_part(request):
        # The page that has watched the progress becomes the workbench.
        return reload_page()
    is_served = {"yes": True, "no": False}.get(served)
    rows, next_cursor, total = results_page(session, found, cursor, is_served)
    items = assignment_presenter.by_requirement(session, found, rows, language=current())
    rules = {
        (rule.requirement_id, rule.solver_id): rule for rule in session.scalars(pair_rules.rules_of(found))
    }
    return page(
        request,
        "round.html",
        **around,
        items=items,
        total=total,
        next_cursor=next_cursor,
        served=served,
        rules=rules,
        Verdict=PairVerdict,
    )


@router.get("/{round_id}/teams", response_class=HTMLResponse)
def show_teams(
    request: Request,
    round_id: uuid.UUID,
    session: ReadSession,
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("rounds:read"),
) -> HTMLResponse:
    """By team: what each got, and the places it had."""
    found = repository.get(session, actor, round_id)
    rows, next_cursor, total = paginate(
        session,
        repository.teams_of(found.id),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=RoundTeam.id,
        sortable={"assigned": RoundTeam.assigned},
        default="-assigned",
    )
    items = assignment_presenter.by_team(session, found, rows)
    return page(
        request,
        "round_teams.html",
        **frame(session, actor, found, "teams"),
        items=items,
        total=total,
        next_cursor=next_cursor,
    )


@router.get("/{round_id}/matrix", response_class=HTMLResponse)
def show_matrix(
    request: Request,
    round_id: uuid.UUID,
    session: ReadSession,
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("rounds:read"),
) -> HTMLResponse:
    """Requirements by teams: the grade of every candidate pair, and who was assigned to whom."""
    found = repository.get(session, actor, round_id)
    rows, next_cursor, total = results_page(session, found, cursor)
    cells, teams = _matrix(session, found, rows)
    return page(
        request,
        "round_matrix.html",
        **frame(session, actor, found, "matrix"),
        rows=rows,
        teams=teams,
        cells=cells,
        total=total,
        next_cursor=next_cursor,
    )


@router.get("/{round_id}/requirements/{requirement_id}", response_class=HTMLResponse)
def show_candidates(
    request: Request,
    round_id: uuid.UUID,
    requirement_id: uuid.UUID,
    session: ReadSession,
    actor: Actor = needs("rounds:read"),
) -> HTMLResponse:
    """All candidates that the round holds for a requirement, with the phrases that meet."""
    found = repository.get(session, actor, round_id)
    requirement = requirements.get(session, actor, requirement_id)
    kept = service.kept_in(session, actor, found, requirement, limit=50)
    shown = presenter.kept(actor, requirement, kept, language=current())
    return page(request, "candidates.html", block="part", item=requirement, found=shown)


@router.get("/{round_id}/compare", response_class=HTMLResponse)
def compare_rounds(
    request: Request,
    round_id: uuid.UUID,
    session: ReadSession,
    other_id: Annotated[uuid.UUID, Query(alias="with")],
    actor: Actor = needs("rounds:read"),
) -> HTMLResponse:
    """What another round of the challenge assigns otherwise, with names instead of ids."""
    found, other = (repository.get(session, actor, key) for key in (round_id, other_id))
    differing = comparison.differences(session, found, other)
    shown = assignment_presenter.comparison(found, other, differing, limit=200, after=None)
    names = comparison.names_in(session, differing)
    return page(
        request,
        "round_compare.html",
        **frame(session, actor, found, "compare"),
        other=_view(session, other),
        found=shown,
        names=names,
    )


@router.post("/{round_id}/pairs/{requirement_id}/{solver_id}", response_class=HTMLResponse)
def set_rule(
    round_id: uuid.UUID,
    requirement_id: uuid.UUID,
    solver_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("rounds:write"),
) -> Response:
    """Pins or forbids a pair, or lifts what was said of it; the next run obeys."""
    found = repository.get(session, actor, round_id, lock=True)
    pair = (requirement_id, solver_id)
    if form.get("verdict") == "lift":
        pair_rules.lift_rule(session, actor, found, pair)
        return done(f"/desk/rounds/{round_id}", _("已取消。重新运行后生效"))
    body = forms.body_of(PairRuleBody, form)
    pair_rules.set_rule(session, actor, found, pair, verdict=body.verdict, reason=body.reason)
    return done(f"/desk/rounds/{round_id}", _("已记录。重新运行后生效"))


@router.post("/{round_id}/rerun", response_class=HTMLResponse)
def rerun_round(
    round_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("rounds:write"),
) -> Response:
    found = repository.get(session, actor, round_id, lock=True)
    body = forms.body_of(RerunBody, form)
    must_stay = form.get("must_stay") == "yes"
    repeated, _job = rounds.rerun(
        session, actor, found, keep=None, keeping_value=body.keeping_value, must_stay=must_stay
    )
    return done(f"/desk/rounds/{repeated.id}", _("正在重新运行，原来的轮次保留不变"))


@router.post("/{round_id}/cancel", response_class=HTMLResponse)
def cancel_round(
    round_id: uuid.UUID, session: WriteSession, actor: Actor = needs("rounds:write")
) -> Response:
    found = repository.get(session, actor, round_id, lock=True)
    if found.job_id is not None:
        jobs.cancel_job(session, found.job_id, actor=actor)
    return done(f"/desk/rounds/{round_id}", _("正在取消"))


@router.post("/{round_id}/publish", response_class=HTMLResponse)
def publish_round(
    round_id: uuid.UUID, session: WriteSession, actor: Actor = needs("rounds:write")
) -> Response:
    """Answers every requirement of the round."""
    found = repository.get(session, actor, round_id, lock=True)
    told = rounds.publish_round(session, actor, found)
    sentence = _("已发布：%(with)s 个需求得到候选，%(without)s 个得到检索说明，%(over)s 个未涉及") % {
        "with": len(told.with_candidates),
        "without": len(told.without_adequate),
        "over": len(told.passed_over),
    }
    return done(f"/desk/rounds/{round_id}", sentence)


@router.post("/{round_id}/withdraw", response_class=HTMLResponse)
def withdraw_round(
    round_id: uuid.UUID,
    session: WriteSession,
    form: Annotated[FormData, Depends(form_of)],
    actor: Actor = needs("rounds:write"),
) -> Response:
    found = repository.get(session, actor, round_id, lock=True)
    rounds.withdraw_round(session, actor, found, reason=forms.body_of(WithdrawBody, form).reason)
    return done(f"/desk/rounds/{round_id}", _("已撤回，收到过候选的需求方会看到原因"))


def _view(session: Session, found: MatchRound) -> RoundView:
    job = next(iter(repository.jobs_of(session, [found]).values()), None)
    assigned = repository.assigned_count(session, found.id)
    return presenter.round_view(found, job, repository.counts(session, found.id), assigned=assigned)


def results_page(
    session: Session, found: MatchRound, cursor: str | None, is_served: bool | None = None
) -> tuple[list[RoundResult], str | None, int]:
    """A page of what the round gave to requirements, in the order of the list of problems."""
    return paginate(
        session,
        repository.results_of(found.id, is_served=is_served),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=RoundResult.id,
        sortable={"number": RoundResult.number},
        default="number",
    )


def frame(session: Session, actor: Actor, found: MatchRound, tab: str) -> dict[str, Any]:
    """What stands around every view of a round."""
    return {
        "tab": tab,
        "round": _view(session, found),
        "is_open": found.status is RoundStatus.DRAFT,
        "others": _others(session, actor, found),
    }


def _others(session: Session, actor: Actor, found: MatchRound) -> list[MatchRound]:
    """Rounds of the same challenge that it can be compared with, the newest first."""
    if found.challenge_id is None:
        return []
    statement = repository.visible_to(actor).where(
        MatchRound.challenge_id == found.challenge_id, MatchRound.id != found.id
    )
    rows = session.scalars(statement.order_by(MatchRound.created_at.desc()).limit(20))
    return [row for row in rows if row.figures]


def _matrix(
    session: Session, found: MatchRound, rows: list[RoundResult]
) -> tuple[dict[tuple[uuid.UUID, uuid.UUID], Any], list[Any]]:
    """Candidate by (requirement, team), and the teams that most of these requirements are near to."""
    candidates = repository.candidates_for(session, found.id, [row.requirement_id for row in rows])
    cells = {(item.requirement_id, item.solver_id): item for item in candidates}
    weight: dict[uuid.UUID, float] = {}
    teams = {}
    for item in candidates:
        teams[item.solver_id] = item.solver
        bonus = 10.0 if item.place is not None else 0.0
        weight[item.solver_id] = weight.get(item.solver_id, 0.0) + item.probability + bonus
    shown = sorted(teams, key=lambda key: (-weight[key], str(key)))[:MATRIX_TEAMS]
    return cells, [teams[key] for key in shown]
