"""E-mail against a real SMTP server: what is written, how the way is secured, what refusals come to."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from app.config import MailSecurity, Settings
from app.context import AppContext
from app.db import Database
from app.models import Requirement, User
from app.models.notification import Channel, DeliveryStatus
from app.models.requirement import Confidentiality
from app.notifications import mail, preferences
from app.notifications.outcome import Ending
from app.notifications.parcel import MailParcel
from app.notifications.rendering import Words
from tests.app.notifications.conftest import Tell, deliver_all, deliveries, with_settings
from tests.app.notifications.mailbox import MailServer

PARCEL = MailParcel(uuid.UUID(int=5), "wang@example.com", "zh", Words("技术需求已发布", "技术需求已发布。"))


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def secured(server_tls: ssl.SSLContext) -> Iterator[MailServer]:
    with MailServer(tls=server_tls, login=("jiebang", "open sesame")) as server:
        yield server


def settings_for(settings: Settings, server: MailServer, **changes: Any) -> Settings:
    base = {
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port,
        "smtp_security": MailSecurity.NONE,
        "smtp_from": "notice@jiebang.example",
    }
    return Settings(_env_file=None, **{**settings.model_dump(), **base, **changes})


def test_a_mail_arrives_with_its_words_and_its_own_message_id(
    mail_context: AppContext, mail_server: MailServer, db: Database, person: User, tell: Tell
) -> None:
    tell()
    assert [outcome.ending for outcome in deliver_all(mail_context, Channel.EMAIL)] == [Ending.SENT]
    [message], [row] = mail_server.messages, deliveries(db)
    assert message["Subject"] == "技术需求“锦绣家纺阻燃窗帘面料的耐洗性提升”审核通过"
    assert message["To"] == person.email
    assert message["From"].addresses[0].addr_spec == "notice@jiebang.example"
    assert message["Message-ID"] == f"<{row.id}@jiebang.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().startswith(
        "技术需求“锦绣家纺阻燃窗帘面料的耐洗性提升”已通过审核，将列入赛题清单。"
    )
    assert mail_server.envelopes == [("notice@jiebang.example", [person.email])]
    assert (row.status, row.attempts, row.claim) == (DeliveryStatus.SENT, 1, None)


def test_a_mail_is_in_the_language_that_its_reader_prefers(
    mail_context: AppContext, mail_server: MailServer, db: Database, person: User, tell: Tell
) -> None:
    with db.write() as session:
        preferences.change(session, person.id, language="en")
    tell()
    deliver_all(mail_context, Channel.EMAIL)
    [message] = mail_server.messages
    assert message["Subject"].startswith("Requirement “锦绣") and message["Content-Language"] == "en"


def test_a_mail_never_names_a_problem_that_has_become_restricted_meanwhile(
    mail_context: AppContext, mail_server: MailServer, db: Database, requirement: Requirement, tell: Tell
) -> None:
    tell()
    with db.write() as session:
        session.get_one(Requirement, requirement.id).confidentiality = Confidentiality.RESTRICTED
    deliver_all(mail_context, Channel.EMAIL)
    [message] = mail_server.messages
    assert message["Subject"] == "技术需求审核通过"
    assert "窗帘" not in message.get_content()


def test_a_mail_goes_over_starttls_with_a_login(
    settings: Settings, secured: MailServer, ca_file: Path
) -> None:
    ours = settings_for(
        settings,
        secured,
        smtp_security=MailSecurity.STARTTLS,
        smtp_ca_file=ca_file,
        smtp_username="jiebang",
        smtp_password="open sesame",
    )
    assert mail.send(ours, PARCEL).ending is Ending.SENT
    assert secured.was_encrypted == [True]


def test_a_mail_goes_over_tls_from_the_start(
    settings: Settings, server_tls: ssl.SSLContext, ca_file: Path
) -> None:
    with MailServer(tls=server_tls, is_tls_from_the_start=True) as server:
        ours = settings_for(settings, server, smtp_security=MailSecurity.TLS, smtp_ca_file=ca_file)
        assert mail.send(ours, PARCEL).ending is Ending.SENT
        assert len(server.messages) == 1


def test_a_server_with_a_strange_certificate_gets_nothing(settings: Settings, secured: MailServer) -> None:
    ours = settings_for(settings, secured, smtp_security=MailSecurity.STARTTLS)
    outcome = mail.send(ours, PARCEL)
    assert (outcome.ending, outcome.code) == (Ending.UNREACHABLE, "smtp_tls_failed")
    assert secured.messages == []


def test_a_server_without_starttls_gets_nothing(settings: Settings, mail_server: MailServer) -> None:
    ours = settings_for(settings, mail_server, smtp_security=MailSecurity.STARTTLS)
    outcome = mail.send(ours, PARCEL)
    assert (outcome.ending, outcome.code) == (Ending.UNREACHABLE, "smtp_not_supported")
    assert mail_server.messages == []


def test_a_wrong_login_blocks_the_way_and_no_delivery(
    settings: Settings, secured: MailServer, ca_file: Path
) -> None:
    ours = settings_for(
        settings,
        secured,
        smtp_security=MailSecurity.STARTTLS,
        smtp_ca_file=ca_file,
        smtp_username="jiebang",
        smtp_password="wrong",
    )
    outcome = mail.send(ours, PARCEL)
    assert (outcome.ending, outcome.code) == (Ending.UNREACHABLE, "smtp_login_refused")


@pytest.mark.parametrize(
    ("answers", "ending", "code"),
    [
        ({"refuse_recipient": "550 no such user"}, Ending.PARK, "smtp_550"),
        ({"refuse_recipient": "450 try later"}, Ending.RETRY, "smtp_450"),
        ({"refuse_data": "554 refused"}, Ending.PARK, "smtp_554"),
        ({"refuse_data": "451 try later"}, Ending.RETRY, "smtp_451"),
    ],
)
def test_a_refusal_for_good_is_parked_and_one_for_now_is_tried_again(
    settings: Settings, mail_server: MailServer, answers: dict[str, str], ending: Ending, code: str
) -> None:
    for name, answer in answers.items():
        setattr(mail_server, name, answer)
    outcome = mail.send(settings_for(settings, mail_server), PARCEL)
    assert (outcome.ending, outcome.code) == (ending, code)


def test_an_absent_server_costs_the_delivery_no_attempt(
    context: AppContext, db: Database, tell: Tell
) -> None:
    with MailServer() as gone:
        port = gone.port
    away = with_settings(
        context,
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security=MailSecurity.NONE,
        smtp_from="notice@jiebang.example",
    )
    tell()
    [outcome] = deliver_all(away, Channel.EMAIL)
    [row] = deliveries(db)
    assert (outcome.ending, outcome.code) == (Ending.UNREACHABLE, "smtp_unreachable")
    assert (row.status, row.attempts, row.code) == (DeliveryStatus.WAITING, 0, "smtp_unreachable")
    assert row.due_at > row.created_at


def test_without_a_mail_server_mail_is_skipped_and_not_piled_up(
    context: AppContext, db: Database, tell: Tell
) -> None:
    tell()
    deliver_all(context, Channel.EMAIL)
    assert [(row.status, row.code) for row in deliveries(db)] == [
        (DeliveryStatus.SKIPPED, "smtp_not_configured")
    ]


def test_a_headline_cannot_bring_headers_along(settings: Settings, mail_server: MailServer) -> None:
    nasty = replace(PARCEL, words=Words("标题\r\nBcc: evil@example.com", "正文"))
    assert mail.send(settings_for(settings, mail_server), nasty).ending is Ending.SENT
    [message] = mail_server.messages
    assert message["Bcc"] is None and message["Subject"] == "标题 Bcc: evil@example.com"


def test_an_address_with_a_line_break_is_parked(settings: Settings, mail_server: MailServer) -> None:
    nasty = replace(PARCEL, address="a@example.com\nBcc: evil@example.com")
    outcome = mail.send(settings_for(settings, mail_server), nasty)
    assert (outcome.ending, outcome.code) == (Ending.PARK, "invalid_address")
    assert mail_server.messages == []


def test_settings_name_the_sender_and_keep_the_password_off_the_open_wire(settings: Settings) -> None:
    base = {**settings.model_dump(), "smtp_host": "mail.example.com"}
    with pytest.raises(ValueError, match="JIEBANG_SMTP_FROM"):
        Settings(_env_file=None, **base)
    open_wire = {"smtp_from": "a@example.com", "smtp_username": "a", "smtp_security": MailSecurity.NONE}
    with pytest.raises(ValueError, match="TLS"):
        Settings(_env_file=None, **{**base, **open_wire, "env": "production"})
