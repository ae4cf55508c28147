"""`/notifications`, `/me/notification-preferences` and `/webhooks`: everything here is the caller's own."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Query, Request, Response
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, WriteSession, needs
from app.kit.etag import check_version, if_match, set_etag
from app.kit.language import preferred
from app.kit.pagination import Page, PageQuery, page_query, paginate
from app.models.notification import Delivery, DeliveryStatus, Event, Notification, Webhook
from app.notifications import occasions as occasions  # Registers what lies below this concept.
from app.notifications import preferences, repository, service, webhooks
from app.notifications.preferences import EVERYTHING
from app.notifications.presenter import present, present_delivery, present_preferences
from app.notifications.schemas import (
    DeliveryView,
    NewWebhookView,
    NotificationView,
    PreferencesPatch,
    PreferencesView,
    ReadAllBody,
    ReadAllView,
    SecretView,
    WebhookCreate,
    WebhookPatch,
    WebhookView,
)
from app.routing import concept_router, tells_a_secret

router = concept_router("通知")

IfMatch = Annotated[str | None, Depends(if_match)]


def _language(request: Request, session: Session, context: Context, actor: Actor) -> str:
    """What the request asks for, else what the person prefers, else the service's default."""
    wishes = preferences.wishes_of(session, [actor.user_id] if actor.user_id else [])
    own = next((item.language for item in wishes.values()), None)
    return preferred(request.headers.get("accept-language"), own or context.settings.default_language)


@router.get("/notifications", response_model=Page[NotificationView], summary="我的消息")
def list_notifications(
    request: Request,
    context: Context,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    unread: Annotated[bool | None, Query(description="true 只看未读，false 只看已读")] = None,
    event: Annotated[list[Event] | None, Query(max_length=60, description="按事件筛选，可重复")] = None,
    actor: Actor = needs("notifications:read"),
) -> Page[NotificationView]:
    """The caller's inbox, newest first. `?unread=true&limit=1` gives the number of unread ones in `total`."""
    statement = repository.narrow(repository.visible_to(actor), unread=unread, events=tuple(event or ()))
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=page,
        key=Notification.id,
        sortable=repository.NOTIFICATION_SORTABLE,
        default="-created_at",
    )
    items = present(session, rows, _language(request, session, context, actor))
    return Page[NotificationView](items=items, next_cursor=next_cursor, total=total)


@router.post("/notifications/read-all", response_model=ReadAllView, summary="全部标为已读")
def mark_all_read(
    session: WriteSession, body: ReadAllBody | None = None, actor: Actor = needs("notifications:write")
) -> ReadAllView:
    """Pass `until` (when the list was read), so that what came in since stays unread."""
    until = body.until if body else None
    return ReadAllView(count=service.mark_all_read(session, actor, until=until))


@router.post("/notifications/{notification_id}/read", response_model=NotificationView, summary="标为已读")
def mark_read(
    notification_id: uuid.UUID,
    request: Request,
    context: Context,
    session: WriteSession,
    actor: Actor = needs("notifications:write"),
) -> NotificationView:
    """Reading twice changes nothing."""
    notification = service.mark_read(session, actor, notification_id)
    return present(session, [notification], _language(request, session, context, actor))[0]


@router.get("/me/notification-preferences", response_model=PreferencesView, summary="我的通知设置")
def get_preferences(
    session: ReadSession, context: Context, actor: Actor = needs("notifications:read")
) -> PreferencesView:
    assert actor.user_id is not None
    wishes = preferences.wishes_of(session, [actor.user_id]).get(actor.user_id, EVERYTHING)
    return present_preferences(wishes, default_language=context.settings.default_language)


@router.patch("/me/notification-preferences", response_model=PreferencesView, summary="修改通知设置")
def patch_preferences(
    body: PreferencesPatch,
    session: WriteSession,
    context: Context,
    actor: Actor = needs("notifications:write"),
) -> PreferencesView:
    """Only the switches that are sent change. What concerns the account's security stays on."""
    assert actor.user_id is not None
    wishes = preferences.change(
        session,
        actor.user_id,
        switches=[(switch.group, switch.channel, switch.is_on) for switch in body.switches],
        language=body.language,
    )
    return present_preferences(wishes, default_language=context.settings.default_language)


@router.get("/webhooks", response_model=Page[WebhookView], summary="推送地址列表")
def list_webhooks(
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    actor: Actor = needs("webhooks:read"),
) -> Page[WebhookView]:
    """The caller's own. Sort by created_at or name."""
    rows, next_cursor, total = paginate(
        session,
        repository.webhooks_of(actor),
        page=page,
        key=Webhook.id,
        sortable=repository.WEBHOOK_SORTABLE,
        default="-created_at",
    )
    items = [WebhookView.model_validate(row) for row in rows]
    return Page[WebhookView](items=items, next_cursor=next_cursor, total=total)


@router.post("/webhooks", response_model=NewWebhookView, status_code=201, summary="新建推送地址")
@tells_a_secret
def create_webhook(
    body: WebhookCreate,
    session: WriteSession,
    context: Context,
    response: Response,
    actor: Actor = needs("webhooks:write"),
) -> NewWebhookView:
    """Every call is signed: `Jiebang-Signature: t=<unix>,v1=<HMAC-SHA256 of "t.delivery id.body" in hex>`.

    The body holds ids and codes; read what they stand for over the API. Answer 2xx within the time limit;
    anything else is tried again for about a day, under the same `Jiebang-Delivery`.
    """
    webhook, secret = webhooks.create(
        session,
        actor,
        context.settings,
        url=body.url,
        name=body.name,
        events=body.events,
        membership_id=body.membership_id,
    )
    response.headers["Location"] = f"/api/v1/webhooks/{webhook.id}"
    set_etag(response, webhook.version)
    return NewWebhookView(secret=secret, **WebhookView.model_validate(webhook).model_dump())


@router.get("/webhooks/{webhook_id}", response_model=WebhookView, summary="推送地址详情")
def get_webhook(
    webhook_id: uuid.UUID, session: ReadSession, response: Response, actor: Actor = needs("webhooks:read")
) -> WebhookView:
    return _answer(repository.get_webhook(session, actor, webhook_id), response)


@router.patch("/webhooks/{webhook_id}", response_model=WebhookView, summary="修改推送地址")
def patch_webhook(
    webhook_id: uuid.UUID,
    body: WebhookPatch,
    session: WriteSession,
    context: Context,
    response: Response,
    header: IfMatch,
    actor: Actor = needs("webhooks:write"),
) -> WebhookView:
    """Only the fields that are sent change. Needs `If-Match` with the ETag that was read."""
    webhook = repository.get_webhook(session, actor, webhook_id, lock=True)
    check_version(header, webhook.version)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    return _answer(webhooks.edit(session, actor, context.settings, webhook, changes), response)


@router.delete("/webhooks/{webhook_id}", status_code=204, summary="删除推送地址")
def delete_webhook(
    webhook_id: uuid.UUID,
    session: WriteSession,
    header: IfMatch = None,
    actor: Actor = needs("webhooks:write"),
) -> None:
    """Removes the webhook with the record of its deliveries."""
    webhook = repository.get_webhook(session, actor, webhook_id, lock=True)
    if header is not None:
        check_version(header, webhook.version)
    webhooks.remove(session, actor, webhook)


@router.post("/webhooks/{webhook_id}/secret", response_model=SecretView, summary="更换签名密钥")
@tells_a_secret
def renew_secret(
    webhook_id: uuid.UUID,
    session: WriteSession,
    context: Context,
    actor: Actor = needs("webhooks:write"),
) -> SecretView:
    """The old secret ends at once: what waits is signed with the new one."""
    webhook = repository.get_webhook(session, actor, webhook_id, lock=True)
    return SecretView(secret=webhooks.renew_secret(session, actor, context.settings, webhook))


@router.post(
    "/webhooks/{webhook_id}/test", response_model=DeliveryView, status_code=202, summary="发送测试推送"
)
def test_webhook(
    webhook_id: uuid.UUID, session: WriteSession, actor: Actor = needs("webhooks:write")
) -> DeliveryView:
    """Sends the event `webhook_test` soon; what became of it is among the deliveries."""
    webhook = repository.get_webhook(session, actor, webhook_id, lock=True)
    return present_delivery(webhooks.test(session, webhook))


@router.get("/webhooks/{webhook_id}/deliveries", response_model=Page[DeliveryView], summary="推送记录")
def list_deliveries(
    webhook_id: uuid.UUID,
    session: ReadSession,
    page: Annotated[PageQuery, Depends(page_query)],
    status: Annotated[list[DeliveryStatus] | None, Query(max_length=4, description="按状态筛选")] = None,
    actor: Actor = needs("webhooks:read"),
) -> Page[DeliveryView]:
    """Newest first."""
    statement = repository.deliveries_of(repository.get_webhook(session, actor, webhook_id))
    if status:
        statement = statement.where(Delivery.status.in_(status))
    rows, next_cursor, total = paginate(
        session,
        statement,
        page=page,
        key=Delivery.id,
        sortable=repository.DELIVERY_SORTABLE,
        default="-created_at",
    )
    items = [present_delivery(row) for row in rows]
    return Page[DeliveryView](items=items, next_cursor=next_cursor, total=total)


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
    response_model=DeliveryView,
    status_code=202,
    summary="重新推送",
)
def replay_delivery(
    webhook_id: uuid.UUID,
    delivery_id: uuid.UUID,
    session: WriteSession,
    actor: Actor = needs("webhooks:write"),
) -> DeliveryView:
    """Sends it again under the same `Jiebang-Delivery`, whether it had arrived or was given up."""
    webhook = repository.get_webhook(session, actor, webhook_id)
    delivery = repository.get_delivery(session, webhook, delivery_id)
    return present_delivery(webhooks.replay(session, webhook, delivery))


def _answer(webhook: Webhook, response: Response) -> WebhookView:
    set_etag(response, webhook.version)
    return WebhookView.model_validate(webhook)
