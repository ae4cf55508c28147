"""`/judgments`: what people think of pairs; `/rankers`: versions learned from it, trained and put to use."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response
from sqlalchemy.orm import Session

from app.achievements import repository as achievements
from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession, needs
from app.errors import FieldError, InvalidInput
from app.indexing.rankers import live_version
from app.kit.etag import set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.learning import repository, service
from app.learning.presenter import present_judgment, present_ranker
from app.learning.schemas import (
    JudgmentCreate,
    JudgmentView,
    LiveRankerView,
    RankersView,
    RankerView,
    TrainingCreate,
    TrainingView,
)
from app.learning.service import Opinion
from app.models.learning import Judgment, JudgmentSource, RankerVersion, ranker_name
from app.requirements import repository as requirements
from app.routing import concept_router
from app.solvers import repository as solvers

router = concept_router("反馈学习")


def judgment_filters(
    source: Annotated[list[JudgmentSource] | None, Query(description="来源")] = None,
    requirement_id: uuid.UUID | None = None,
    solver_id: uuid.UUID | None = None,
) -> repository.Filters:
    """The query parameters of the list."""
    return repository.Filters(source=tuple(source or ()), requirement_id=requirement_id, solver_id=solver_id)


@router.get("/judgments", response_model=Page[JudgmentView], summary="评判列表")
def list_judgments(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(judgment_filters)],
    actor: Actor = needs("judgments:read"),
) -> Page[JudgmentView]:
    """Given by people, and collected from replies, pins, bans, results and agreements; reviewers get those that
    they gave themselves. Sort by judged_at or created_at."""
    rows, next_cursor, total = paginate(
        session,
        repository.with_parties(repository.narrow(repository.judgments_visible_to(actor), filters)),
        page=page,
        key=Judgment.id,
        sortable={"judged_at": Judgment.judged_at, "created_at": Judgment.created_at},
        default="-judged_at",
    )
    items = [present_judgment(row) for row in rows]
    return Page[JudgmentView](items=items, next_cursor=next_cursor, total=total)


@router.post("/judgments", response_model=JudgmentView, status_code=201, summary="评判一对需求与解决方")
def create_judgment(
    body: JudgmentCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("judgments:write"),
) -> JudgmentView:
    """Recorded with the place at which a round had shown the pair; 200 when it replaces one's earlier judgment."""
    requirement = requirements.get(session, actor, body.requirement_id)
    achievement = achievements.get(session, actor, body.achievement_id) if body.achievement_id else None
    solver_id = body.solver_id or (achievement.solver_id if achievement is not None else None)
    if solver_id is None:
        zh, en = "请指明解决方或其成果", "name the team or one of its achievements"
        raise InvalidInput(fields=(FieldError("solver_id", "missing", zh, en),))
    row, is_new = service.give(
        session,
        actor,
        requirement,
        solvers.get(session, actor, solver_id),
        achievement=achievement,
        opinion=Opinion(body.source, body.grade, body.reason),
    )
    service.record(session, actor, row)
    response.status_code = 201 if is_new else 200
    set_etag(response, row.version)
    return present_judgment(repository.loaded(session, row))


@router.get("/rankers", response_model=RankersView, summary="排序版本列表")
def list_rankers(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("rankers:read"),
) -> RankersView:
    """Learned versions with what they were learned from and how they did, newest first; and which one is live."""
    rows, next_cursor, total = paginate(
        session,
        repository.versions_visible_to(actor),
        page=page,
        key=RankerVersion.id,
        sortable={"number": RankerVersion.number, "created_at": RankerVersion.created_at},
        default="-number",
    )
    items = [present_ranker(row) for row in rows]
    return RankersView(items=items, next_cursor=next_cursor, total=total, live=_live(session))


@router.post("/rankers", response_model=TrainingView, status_code=202, summary="训练一个排序版本")
def train_ranker(
    body: TrainingCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("rankers:write"),
) -> TrainingView:
    """A job that collects feedback, fits a version and compares it with the live one on held-back requirements."""
    job = service.start_training(session, actor, promote=body.promote)
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return TrainingView(job_id=job.id)


@router.post("/rankers/shipped/use", response_model=LiveRankerView, summary="恢复出厂权重")
def use_shipped_ranker(session: WriteSession, actor: Actor = needs("rankers:write")) -> LiveRankerView:
    """Back to the weights that come with the program; every process follows within a second."""
    service.use_shipped(session, actor)
    return LiveRankerView(live=_live(session))


@router.get("/rankers/{ranker_id}", response_model=RankerView, summary="排序版本")
def get_ranker(
    ranker_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("rankers:read"),
) -> RankerView:
    found = repository.get_version(session, actor, ranker_id)
    set_etag(response, found.version)
    return present_ranker(found)


@router.post("/rankers/{ranker_id}/use", response_model=RankerView, summary="启用排序版本")
def use_ranker(
    ranker_id: uuid.UUID,
    session: WriteSession,
    context: Context,
    actor: Actor = needs("rankers:write"),
) -> RankerView:
    """Makes the version live in the place of the one that was; also the way back to an earlier one.

    409 `ranker_not_better` for a candidate that the rule does not allow, `ranker_outdated` for one that was
    learned under another model or recipe.
    """
    found = repository.get_version(session, actor, ranker_id)
    return present_ranker(service.use(session, actor, found, recipe=context.index.recipe))


def _live(session: Session) -> str:
    version = live_version(session)
    return ranker_name(version.number if version is not None else 0)
