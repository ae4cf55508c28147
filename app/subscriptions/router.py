"""`/subscriptions`: a solver's saved searches: list, save, edit, pause, delete, run now."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Response

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession, needs
from app.kit.etag import check_version, if_match, set_etag
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.models.subscription import Subscription, SubscriptionHit
from app.routing import concept_router
from app.subscriptions import repository, service
from app.subscriptions.schemas import (
    FitsView,
    HitView,
    SubscriptionCreate,
    SubscriptionPatch,
    SubscriptionView,
    present,
    present_fit,
    present_hit,
)

router = concept_router("需求订阅", prefix="/subscriptions")

IfMatch = Annotated[str | None, Depends(if_match)]


@router.get("", response_model=Page[SubscriptionView], summary="我的订阅")
def list_subscriptions(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("subscriptions:read"),
) -> Page[SubscriptionView]:
    """The person's own. Sort by created_at or name."""
    rows, next_cursor, total = paginate(
        session,
        repository.visible_to(actor),
        page=page,
        key=Subscription.id,
        sortable=repository.SORTABLE,
        default="-created_at",
    )
    return Page[SubscriptionView](items=[present(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", response_model=SubscriptionView, status_code=201, summary="保存订阅")
def create_subscription(
    body: SubscriptionCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("subscriptions:write"),
) -> SubscriptionView:
    """Tells of each fitting requirement that is published from now on, once: at once, or at 08:00 Beijing time.

    With words it fits when it holds 40% of their weight or is at least 0.45 near in sense. Requirements that are
    shown to nobody (定向) are never told; anonymous ones without whose they are.
    """
    subscription = service.create(session, actor, body.model_dump())
    response.headers["Location"] = f"/api/v1/subscriptions/{subscription.id}"
    return _answer(subscription, response)


@router.get("/{subscription_id}", response_model=SubscriptionView, summary="订阅详情")
def get_subscription(
    subscription_id: uuid.UUID,
    session: ReadSession,
    response: Response,
    actor: Actor = needs("subscriptions:read"),
) -> SubscriptionView:
    return _answer(repository.get(session, actor, subscription_id), response)


@router.patch("/{subscription_id}", response_model=SubscriptionView, summary="修改或暂停订阅")
def patch_subscription(
    subscription_id: uuid.UUID,
    body: SubscriptionPatch,
    session: WriteSession,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("subscriptions:write"),
) -> SubscriptionView:
    """Only the fields that are sent change. Needs `If-Match` with the ETag that was read."""
    subscription = repository.get(session, actor, subscription_id, lock=True)
    check_version(header, subscription.version)
    service.edit(session, actor, subscription, body.model_dump(exclude_unset=True))
    return _answer(subscription, response)


@router.delete("/{subscription_id}", status_code=204, summary="删除订阅")
def delete_subscription(
    subscription_id: uuid.UUID, session: WriteSession, actor: Actor = needs("subscriptions:write")
) -> None:
    service.remove(session, actor, repository.get(session, actor, subscription_id, lock=True))


@router.get("/{subscription_id}/requirements", response_model=FitsView, summary="立即检索")
def run_subscription(
    subscription_id: uuid.UUID,
    session: ReadSession,
    context: Context,
    limit: Annotated[int, Query(ge=1, le=service.DEEPEST, description="最多条数")] = 20,
    actor: Actor = needs("subscriptions:read"),
) -> FitsView:
    """Everything published that fits now, by the same rule as the alerts, best first."""
    subscription = repository.get(session, actor, subscription_id)
    found = service.fitting(context, session, actor, subscription, limit=limit)
    return FitsView(items=[present_fit(actor, fit) for fit in found], total=len(found))


@router.get("/{subscription_id}/hits", response_model=Page[HitView], summary="订阅命中记录")
def list_hits(
    subscription_id: uuid.UUID,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("subscriptions:read"),
) -> Page[HitView]:
    """What it has told of or will tell of in the next digest, as far as it is still published."""
    subscription = repository.get(session, actor, subscription_id)
    rows, next_cursor, total = paginate(
        session,
        repository.hits_of(subscription),
        page=page,
        key=SubscriptionHit.id,
        sortable=repository.HITS_SORTABLE,
        default="-created_at",
    )
    items = [present_hit(actor, row) for row in rows]
    return Page[HitView](items=items, next_cursor=next_cursor, total=total)


def _answer(subscription: Subscription, response: Response) -> SubscriptionView:
    set_etag(response, subscription.version)
    return present(subscription)
