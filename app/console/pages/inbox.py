"""A person's messages."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession
from app.console.language import current
from app.console.language import gettext as _
from app.console.rendering import page
from app.console.routing import done, needs, page_router
from app.kit.pagination import PageQuery, paginate
from app.models.notification import Notification
from app.notifications import repository, service
from app.notifications.presenter import present

router = page_router(prefix="/desk/inbox")

PER_PAGE = 30


@router.get("", response_class=HTMLResponse)
def list_messages(
    request: Request,
    session: ReadSession,
    unread: Annotated[bool, Query()] = False,
    cursor: Annotated[str | None, Query(max_length=2_400)] = None,
    actor: Actor = needs("notifications:read"),
) -> HTMLResponse:
    rows, next_cursor, total = paginate(
        session,
        repository.narrow(repository.visible_to(actor), unread=True if unread else None, events=()),
        page=PageQuery(limit=PER_PAGE, cursor=cursor),
        key=Notification.id,
        sortable=repository.NOTIFICATION_SORTABLE,
        default="-created_at",
    )
    return page(
        request,
        "inbox.html",
        items=present(session, rows, current()),
        total=total,
        next_cursor=next_cursor,
        unread=unread,
    )


@router.post("/read-all", response_class=HTMLResponse)
def mark_all_read(session: WriteSession, actor: Actor = needs("notifications:write")) -> Response:
    service.mark_all_read(session, actor, until=None)
    return done("/desk/inbox", _("已全部标为已读"))
