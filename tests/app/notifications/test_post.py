"""Webhooks against a real receiver: what is sent and signed, and what no receiver can do to the service."""

from __future__ import annotations

import hashlib
import hmac
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.models import Requirement, User, Webhook
from app.models.notification import Channel, DeliveryStatus, Event
from app.models.requirement import Confidentiality
from app.notifications import post, signing
from app.notifications.outcome import Ending, Outcome
from app.notifications.parcel import WebhookParcel
from tests.app.notifications.conftest import Receiver, Tell, deliver_all, deliveries, with_settings


@pytest.fixture
def parcel(settings: Settings) -> Callable[[str], WebhookParcel]:
    def parcel(url: str) -> WebhookParcel:
        secret = signing.make_secret(settings)
        return WebhookParcel(uuid.UUID(int=9), url, secret.salt, secret.hash, "webhook_test", {"id": "9"})

    return parcel


def test_a_call_is_signed_and_says_nothing_of_the_problem(
    open_context: AppContext,
    receiver: Receiver,
    db: Database,
    person: User,
    requirement: Requirement,
    tell: Tell,
    make_webhook: Callable[..., tuple[Webhook, str]],
) -> None:
    with db.write() as session:
        session.get_one(Requirement, requirement.id).confidentiality = Confidentiality.RESTRICTED
    _, secret = make_webhook(person, receiver.url)
    before = int(time.time())
    notification_id = tell(Event.REQUIREMENT_RETURNED, parameters={"reason": "format"})
    assert deliver_all(open_context, Channel.WEBHOOK) == [Outcome(Ending.SENT, http_status=204)]

    [call], [row] = receiver.calls, deliveries(db, Channel.WEBHOOK)
    assert call.path == "/jiebang?from=tests"
    assert call.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert call.headers["Content-Type"] == "application/json"
    assert call.headers["Jiebang-Event"] == "requirement_returned"
    assert call.headers["Jiebang-Delivery"] == str(row.id)
    timestamp, _, signature = call.headers["Jiebang-Signature"].removeprefix("t=").partition(",v1=")
    assert before <= int(timestamp) <= time.time()
    signed = f"{timestamp}.{row.id}.".encode() + call.body
    assert hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() == signature
    body = call.json
    assert body.pop("occurred_at")
    assert body == {
        "id": str(row.id),
        "event": "requirement_returned",
        "notification_id": str(notification_id),
        "subject": {"kind": "requirement", "id": str(requirement.id)},
        "organization_id": None,
        "requirement_id": str(requirement.id),
        "challenge_id": None,
        "parameters": {"reason": "format"},
    }
    assert "窗帘" not in call.body.decode()


def test_a_refused_call_comes_again_under_the_same_id(
    open_context: AppContext,
    receiver: Receiver,
    db: Database,
    person: User,
    tell: Tell,
    make_webhook: Callable[..., tuple[Webhook, str]],
) -> None:
    make_webhook(person, receiver.url)
    tell()
    receiver.status = 503
    [outcome] = deliver_all(open_context, Channel.WEBHOOK)
    assert outcome == Outcome(Ending.RETRY, "refused", 503)
    [row] = deliveries(db, Channel.WEBHOOK)
    assert (row.status, row.attempts, row.code, row.http_status) == (
        DeliveryStatus.WAITING,
        1,
        "refused",
        503,
    )


def test_a_redirect_is_not_followed(
    open_context: AppContext, receiver: Receiver, parcel: Callable[[str], WebhookParcel]
) -> None:
    receiver.status, receiver.location = 307, receiver.url
    outcome = post.post(open_context.settings, parcel(receiver.url))
    assert outcome == Outcome(Ending.RETRY, "redirect", 307)
    assert len(receiver.calls) == 1


def test_a_receiver_that_is_gone_ends_the_matter(
    open_context: AppContext, receiver: Receiver, parcel: Callable[[str], WebhookParcel]
) -> None:
    receiver.status = 410
    assert post.post(open_context.settings, parcel(receiver.url)) == Outcome(Ending.PARK, "gone", 410)


def test_the_loopback_is_out_of_reach_unless_the_setting_allows_it(
    context: AppContext, receiver: Receiver, parcel: Callable[[str], WebhookParcel]
) -> None:
    for url in (receiver.url.replace("http:", "https:"), f"https://localhost:{receiver.port}/"):
        outcome = post.post(context.settings, parcel(url))
        assert (outcome.ending, outcome.code) == (Ending.RETRY, "address_not_allowed")
    assert post.post(context.settings, parcel(receiver.url)).code == "https_required"
    assert receiver.calls == []


def test_a_name_that_changes_its_mind_is_asked_only_once(
    open_context: AppContext,
    receiver: Receiver,
    parcel: Callable[[str], WebhookParcel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host != "rebinding.example":
            return real(host, port, *args, **options)
        asked.append(host)
        text = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    url = f"http://rebinding.example:{receiver.port}/"
    assert post.post(open_context.settings, parcel(url)).ending is Ending.SENT
    assert asked == ["rebinding.example"]
    assert receiver.calls[0].headers["Host"] == f"rebinding.example:{receiver.port}"


def test_a_receiver_that_drips_bytes_is_cut_off(
    open_context: AppContext, receiver: Receiver, parcel: Callable[[str], WebhookParcel]
) -> None:
    is_over = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        try:
            while not is_over.wait(0.02):
                handler.wfile.write(b"HTTP/1.1 200 OK\r\n"[:1])
                handler.wfile.flush()
        except OSError:
            return

    receiver.answer = drip
    impatient = with_settings(open_context, webhook_timeout_seconds=0.3)
    try:
        outcome = post.post(impatient.settings, parcel(receiver.url))
    finally:
        is_over.set()
    assert (outcome.ending, outcome.code) == (Ending.RETRY, "timeout")


def test_a_receiver_that_speaks_no_http_is_a_failed_connection(
    open_context: AppContext, receiver: Receiver, parcel: Callable[[str], WebhookParcel]
) -> None:
    receiver.answer = lambda handler: handler.wfile.write(b"nonsense\r\n\r\n")  # type: ignore[assignment,return-value]
    outcome = post.post(open_context.settings, parcel(receiver.url))
    assert (outcome.ending, outcome.code) == (Ending.RETRY, "connection_failed")


def test_an_absent_receiver_is_a_failed_connection(
    open_context: AppContext, parcel: Callable[[str], WebhookParcel]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    outcome = post.post(open_context.settings, parcel(f"http://127.0.0.1:{port}/"))
    assert (outcome.ending, outcome.code) == (Ending.RETRY, "connection_failed")


@contextmanager
def https_receiver(authority: trustme.CA, name: str) -> Iterator[tuple[int, list[str]]]:
    hosts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            hosts.append(self.headers["Host"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(tls)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port, hosts
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("name", "is_trusted", "code"),
    [
        ("erp.example.com", True, ""),
        ("other.example.com", True, "tls_failed"),
        ("erp.example.com", False, "tls_failed"),
    ],
)
def test_the_certificate_must_be_the_named_hosts_although_an_address_is_called(
    open_context: AppContext,
    parcel: Callable[[str], WebhookParcel],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    is_trusted: bool,
    code: str,
) -> None:
    authority = trustme.CA()
    trusted = authority if is_trusted else trustme.CA()
    trusted.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    ours = with_settings(open_context, webhook_ca_file=tmp_path / "ca.pem").settings
    real = socket.getaddrinfo

    def lookup(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        return real("127.0.0.1" if host == "erp.example.com" else host, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with https_receiver(authority, name) as (port, hosts):
        outcome = post.post(ours, parcel(f"https://erp.example.com:{port}/"))
    assert outcome.code == code
    assert hosts == ([f"erp.example.com:{port}"] if not code else [])


def test_a_changed_service_key_is_noticed_and_nothing_is_sent_with_a_wrong_signature(
    open_context: AppContext, receiver: Receiver, parcel: Callable[[str], WebhookParcel]
) -> None:
    sent = parcel(receiver.url)
    other = Settings(_env_file=None, **{**open_context.settings.model_dump(), "secret_key": "k" * 40})
    assert post.post(other, sent) == Outcome(Ending.PARK, "secret_key_changed")
    assert receiver.calls == []
