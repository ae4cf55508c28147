"""Neither lost nor doubled: killed, rival and failing dispatchers, retries, parking, rows in the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text, update

from app.context import AppContext
from app.db import Database
from app.kit.clock import now
from app.models import Delivery, Membership, Organization, User, Webhook
from app.models.notification import Channel, DeliveryStatus, Event
from app.notifications import claims
from app.notifications.dispatcher import Dispatcher
from app.notifications.outcome import SENT, Ending, Outcome
from app.notifications.service import Person
from tests.app.notifications.conftest import Receiver, Tell, deliver_all, deliveries
from tests.app.notifications.mailbox import MailServer

AT_ONCE = timedelta(0)
"""A lease after which every other worker is held for dead."""


def kill_in_the_middle(db: Database, server: MailServer, place: str) -> None:
    """A dispatcher in a process of its own, killed with SIGKILL before or after it has sent its mail."""
    command = [sys.executable, "-m", "tests.app.notifications.sending", db.url, str(server.port), place]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert process.stdin and process.stdout
    try:
        assert process.stdout.readline() == "holding\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_a_mail_whose_worker_is_killed_before_sending_is_sent_once_by_the_next(
    mail_context: AppContext, mail_server: MailServer, db: Database, tell: Tell
) -> None:
    tell()
    kill_in_the_middle(db, mail_server, "before")
    assert mail_server.messages == []
    assert deliver_all(mail_context, Channel.EMAIL) == [], "the claim holds as long as its lease"
    assert deliver_all(mail_context, Channel.EMAIL, lease=AT_ONCE) == [SENT]
    assert len(mail_server.messages) == 1
    assert [row.status for row in deliveries(db)] == [DeliveryStatus.SENT]


def test_a_mail_whose_worker_is_killed_after_sending_comes_again_under_the_same_message_id(
    mail_context: AppContext, mail_server: MailServer, db: Database, tell: Tell
) -> None:
    tell()
    kill_in_the_middle(db, mail_server, "after")
    assert deliver_all(mail_context, Channel.EMAIL, lease=AT_ONCE) == [SENT]
    ids = [message["Message-ID"] for message in mail_server.messages]
    assert len(ids) == 2 and len(set(ids)) == 1


def test_rival_dispatchers_send_every_mail_once(
    mail_context: AppContext, mail_server: MailServer, db: Database, tell: Tell
) -> None:
    for _ in range(12):
        tell()
    threads = [threading.Thread(target=deliver_all, args=(mail_context, Channel.EMAIL)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [message["Message-ID"] for message in mail_server.messages]
    assert len(ids) == len(set(ids)) == 12
    assert {(row.status, row.attempts) for row in deliveries(db)} == {(DeliveryStatus.SENT, 1)}


def test_a_worker_that_lost_its_claim_writes_nothing(db: Database, tell: Tell) -> None:
    tell()
    with db.write() as session:
        sleeper = claims.claim_next(session, Channel.EMAIL, default_language="zh")
    with db.write() as session:
        rival = claims.claim_next(session, Channel.EMAIL, default_language="zh", lease=AT_ONCE)
    assert sleeper and rival
    with db.write() as session:
        assert not claims.settle(session, sleeper, Outcome(Ending.PARK, "late"))
        assert claims.settle(session, rival, SENT)
        assert not claims.settle(session, sleeper, Outcome(Ending.PARK, "late"))
    assert [(row.status, row.code) for row in deliveries(db)] == [(DeliveryStatus.SENT, "")]


def test_the_same_address_cannot_get_a_notification_twice(db: Database, tell: Tell) -> None:
    tell()
    with pytest.raises(Exception, match=r"(?i)unique"), db.write() as session:
        session.execute(
            text(
                "INSERT INTO deliveries (id, notification_id, channel, address, status, attempts, due_at,"
                " waiting_since, code, created_at)"
                " SELECT :id, notification_id, channel, address, status, attempts, due_at, waiting_since,"
                " code, created_at FROM deliveries"
            ),
            {"id": "0193a5b0000070008000000000000000"},
        )


def test_attempts_grow_rarer_and_end_in_parking(context: AppContext, db: Database, tell: Tell) -> None:
    tell()
    start = now()
    attempts = 0
    with time_machine.travel(start, tick=False) as clock:
        while deliveries(db)[0].status is DeliveryStatus.WAITING:
            [row] = deliveries(db)
            clock.move_to(row.due_at)
            outcomes = deliver_all(context, Channel.EMAIL, send=lambda *_: Outcome(Ending.RETRY, "smtp_451"))
            assert len(outcomes) == 1
            attempts += 1
        elapsed = now() - start
    [row] = deliveries(db)
    assert (row.status, row.attempts, row.code) == (DeliveryStatus.PARKED, claims.MAX_ATTEMPTS, "smtp_451")
    assert attempts == claims.MAX_ATTEMPTS
    assert timedelta(hours=12) < elapsed < claims.GIVE_UP_AFTER


def test_pauses_double_up_to_the_longest() -> None:
    assert [claims.pause_after(n) for n in (1, 2, 3)] == [timedelta(minutes=n) for n in (1, 2, 4)]
    assert claims.pause_after(50) == claims.LONGEST_PAUSE


def test_what_could_not_be_sent_for_days_is_given_up(context: AppContext, db: Database, tell: Tell) -> None:
    tell()
    with time_machine.travel(now() + claims.GIVE_UP_AFTER + timedelta(minutes=1)):
        [outcome] = deliver_all(context, Channel.EMAIL)
    assert outcome.code == "too_old"
    assert deliveries(db)[0].status is DeliveryStatus.PARKED


def test_a_fault_of_ours_stops_neither_the_queue_nor_the_delivery(
    context: AppContext, db: Database, tell: Tell
) -> None:
    def fail(*_: object) -> Outcome:
        raise RuntimeError("机密")

    tell()
    tell()
    assert [outcome.code for outcome in deliver_all(context, Channel.EMAIL, send=fail)] == [
        "internal_error"
    ] * 2
    assert {row.status for row in deliveries(db)} == {DeliveryStatus.WAITING}


def test_a_row_that_cannot_be_read_is_parked_out_of_the_way(
    mail_context: AppContext, mail_server: MailServer, db: Database, tell: Tell
) -> None:
    first = tell()
    tell()
    with db.write() as session:
        key = first.hex if db.is_sqlite else str(first)
        session.execute(text("UPDATE notifications SET event = 'forgotten' WHERE id = :id"), {"id": key})
    codes = [outcome.code for outcome in deliver_all(mail_context, Channel.EMAIL)]
    assert codes == ["unreadable", ""]
    assert len(mail_server.messages) == 1


def test_whoever_left_the_unit_or_was_switched_off_gets_nothing_more(
    mail_context: AppContext,
    mail_server: MailServer,
    db: Database,
    person: User,
    seeker_organization: Organization,
    tell: Tell,
) -> None:
    tell(recipients=[Person(person.id, seeker_organization.id)])
    with db.write() as session:
        session.execute(
            update(Membership).where(Membership.user_id == person.id).values(organization_id=None)
        )
    tell()
    with db.write() as session:
        session.get_one(User, person.id).is_active = False
    assert [outcome.code for outcome in deliver_all(mail_context, Channel.EMAIL)] == [
        "no_longer_recipient"
    ] * 2
    assert mail_server.messages == []


def test_a_dead_receiver_is_left_alone_while_the_others_are_served(
    open_context: AppContext,
    receiver: Receiver,
    db: Database,
    person: User,
    tell: Tell,
    make_webhook: Callable[..., tuple[Webhook, str]],
) -> None:
    receiver.status = 500
    dead, _ = make_webhook(person, receiver.url)
    for _ in range(3):
        tell()
    assert len(deliver_all(open_context, Channel.WEBHOOK)) == 1
    alive, _ = make_webhook(person, receiver.url.replace("jiebang", "alive"), events=(Event.STAGE_CHANGED,))
    tell(Event.STAGE_CHANGED, parameters={"stage": "proposals", "closes_at": now()})
    receiver.status = 204
    assert deliver_all(open_context, Channel.WEBHOOK) == [Outcome(Ending.SENT, http_status=204)]
    sent = [row for row in deliveries(db, Channel.WEBHOOK) if row.status is DeliveryStatus.SENT]
    assert [row.webhook_id for row in sent] == [alive.id]
    with time_machine.travel(now() + timedelta(minutes=2)):
        assert len(deliver_all(open_context, Channel.WEBHOOK)) == 4
    assert {row.status for row in deliveries(db, Channel.WEBHOOK)} == {DeliveryStatus.SENT}
    assert dead.id != alive.id


def test_a_started_dispatcher_sends_by_itself_and_stops_on_request(
    mail_context: AppContext, db: Database, tell: Tell
) -> None:
    has_sent = threading.Event()

    def send(*_: object) -> Outcome:
        has_sent.set()
        return SENT

    tell()
    dispatcher = Dispatcher(mail_context, send=send, poll_seconds=0.01)
    assert not dispatcher.is_alive
    dispatcher.start()
    assert has_sent.wait(30)
    assert dispatcher.is_alive
    assert dispatcher.stop(timeout_seconds=30)
    assert [row.status for row in deliveries(db)] == [DeliveryStatus.SENT]


def test_the_backlog_counts_what_waits_and_what_was_given_up(db: Database, tell: Tell) -> None:
    tell()
    tell()
    with db.write() as session:
        claimed = claims.claim_next(session, Channel.EMAIL, default_language="zh")
        assert claimed and claims.settle(session, claimed, Outcome(Ending.PARK, "smtp_550"))
    with db.read() as session:
        found = claims.backlog(session)
        assert (found.waiting, found.parked) == (1, 1)
        assert found.oldest == session.get_one(Delivery, deliveries(db)[1].id).waiting_since
