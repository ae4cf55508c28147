"""A real mail server and a real webhook receiver on the loopback, and a dispatcher that works on demand."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select

from app.config import MailSecurity, Settings
from app.context import AppContext
from app.db import Database
from app.models import Delivery, Membership, Notification, Organization, Requirement, Role, User, Webhook
from app.models.notification import Channel, Event
from app.notifications import service, signing
from app.notifications.dispatcher import Dispatcher
from app.notifications.outcome import Outcome
from app.notifications.service import Subject
from tests import factories
from tests.app.notifications.mailbox import MailServer


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def mail_context(context: AppContext, mail_server: MailServer) -> AppContext:
    """The context of a service whose mail goes to `mail_server`."""
    return with_settings(
        context,
        smtp_host="127.0.0.1",
        smtp_port=mail_server.port,
        smtp_security=MailSecurity.NONE,
        smtp_from="notice@jiebang.example",
        smtp_timeout_seconds=10,
    )


def with_settings(context: AppContext, **changes: Any) -> AppContext:
    return replace(context, settings=context.settings.model_copy(update=changes))


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """An HTTP server that notes every call and answers with `status`, or as `answer` says."""

    status: int = 204
    location: str = ""
    calls: list[Call] = field(default_factory=list)
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/jiebang?from=tests"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    own = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            own.calls.append(Call(self.path, dict(self.headers), body))
            if own.answer is not None:
                own.answer(self)
                return
            self.send_response(own.status)
            if own.location:
                self.send_header("Location", own.location)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    own.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield own
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_context(context: AppContext) -> AppContext:
    """The context of a service that may send webhooks to the loopback."""
    return with_settings(context, webhook_allow_private=True, webhook_timeout_seconds=10)


@pytest.fixture
def person(db: Database, seeker_organization: Organization) -> User:
    return factories.make_user(db, Role.SEEKER, seeker_organization)


@pytest.fixture
def requirement(db: Database, seeker_organization: Organization) -> Requirement:
    return factories.make_requirement(db, seeker_organization, title="锦绣家纺阻燃窗帘面料的耐洗性提升")


Tell = Callable[..., uuid.UUID]


@pytest.fixture
def tell(db: Database, person: User, requirement: Requirement) -> Tell:
    """Notes an event on the requirement for the person and gives the notification's id."""

    def tell(event: Event = Event.REQUIREMENT_APPROVED, **options: Any) -> uuid.UUID:
        subject = Subject("requirement", requirement.id, requirement_id=requirement.id)
        values: dict[str, Any] = {"recipients": [person.id], "subject": subject, **options}
        with db.write() as session:
            service.notify(session, event=event, **values)
            return session.scalars(select(Notification.id).order_by(Notification.id.desc())).first()  # type: ignore[return-value]

    return tell


@pytest.fixture
def make_webhook(db: Database, settings: Settings) -> Callable[..., tuple[Webhook, str]]:
    """A webhook of a user's first membership, and its secret."""

    def make(user: User, url: str, *, events: tuple[Event, ...] = ()) -> tuple[Webhook, str]:
        secret = signing.make_secret(settings)
        with db.write() as session:
            membership = session.scalars(select(Membership).where(Membership.user_id == user.id)).first()
            assert membership is not None
            webhook = Webhook(
                membership_id=membership.id,
                url=url,
                events=[event.value for event in events],
                secret_salt=secret.salt,
                secret_hash=secret.hash,
            )
            session.add(webhook)
            session.flush()
        return webhook, secret.text

    return make


def deliveries(db: Database, channel: Channel | None = None) -> list[Delivery]:
    """All deliveries (of one channel), oldest first."""
    statement = select(Delivery).order_by(Delivery.id)
    with db.read() as session:
        return list(
            session.scalars(statement if channel is None else statement.where(Delivery.channel == channel))
        )


def deliver_all(context: AppContext, channel: Channel, **options: Any) -> list[Outcome]:
    """Everything that is due now, once each."""
    dispatcher = Dispatcher(context, **options)
    outcomes = []
    while (outcome := dispatcher.deliver_next(channel)) is not None:
        outcomes.append(outcome)
    return outcomes
