"""`/challenges`: list, file, read and edit. Stages have a router of their own; coverage, rounds and the list of
problems are other concepts.
"""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.challenges import repository, service
from app.challenges.schemas import ChallengeCreate, ChallengePatch, ChallengeView, present
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.kit.schemas import Line
from app.models.challenge import Challenge, ChallengeKind, ChallengeStatus
from app.routing import concept_router

router = concept_router("赛事", prefix="/challenges")

IfMatch = Annotated[str | None, Depends(if_match)]


def challenge_filters(
    q: Annotated[
        Annotated[str, Line(200)] | None, Query(description="名称、代码、说明中包含的词，空格分隔")
    ] = None,
    kind: Annotated[list[ChallengeKind] | None, Query(description="类型")] = None,
    status: Annotated[list[ChallengeStatus] | None, Query(description="状态")] = None,
    region: Annotated[Annotated[str, Line(200)] | None, Query(description="地区（包含）")] = None,
    code: Annotated[Annotated[str, Line(40)] | None, Query(description="赛事代码")] = None,
) -> repository.Filters:
    """The query parameters of the list."""
    return repository.Filters(
        q=q or None,
        kind=tuple(kind or ()),
        status=tuple(status or ()),
        region=region or None,
        code=code or None,
    )


@router.get("", response_model=Page[ChallengeView], summary="赛事列表")
def list_challenges(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    filters: Annotated[repository.Filters, Depends(challenge_filters)],
    actor: Actor = needs("challenges:read"),
) -> Page[ChallengeView]:
    """Drafts are for staff and reviewers.

    Sort by created_at, updated_at, code, name, opens_at or closes_at.
    """
    rows, next_cursor, total = paginate(
        session,
        repository.with_stages(repository.narrow(repository.visible_to(actor), filters)),
        page=page,
        key=Challenge.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return Page[ChallengeView](items=[present(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", response_model=ChallengeView, status_code=201, summary="新建赛事")
def create_challenge(
    body: ChallengeCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("challenges:write"),
) -> ChallengeView:
    """A draft unless `status` says open. `code` is unique."""
    challenge = service.create(session, actor, body.model_dump(exclude={"status"}), status=body.status)
    response.headers["Location"] = f"/api/v1/challenges/{challenge.id}"
    return _answer(session, challenge, response)


@router.get("/{challenge_id}", response_model=ChallengeView, summary="赛事详情")
def get_challenge(
    challenge_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("challenges:read"),
) -> ChallengeView:
    return _answer(session, service.get(session, actor, challenge_id), response)


@router.patch("/{challenge_id}", response_model=ChallengeView, summary="修改赛事")
def patch_challenge(
    challenge_id: uuid.UUID,
    body: ChallengePatch,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("challenges:write"),
) -> ChallengeView:
    """Only the fields that are sent change; `status` moves draft → open → closed. Needs `If-Match`."""
    challenge = repository.get(session, actor, challenge_id, lock=True)
    check_version(header, challenge.version)
    service.edit(session, actor, challenge, body.model_dump(exclude_unset=True))
    return _answer(session, challenge, response)


def _answer(session: Session, challenge: Challenge, response: Response) -> ChallengeView:
    session.refresh(challenge, ["stages"])
    set_etag(response, challenge.version)
    return present(challenge)
