"""A mailing whose process is killed with SIGKILL in the middle: everybody gets the message, nobody gets it twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

from app.context import AppContext
from app.db import Database
from app.models import Organization, Role
from app.models.notification import Channel, DeliveryStatus
from app.notifications.service import RoleHolders
from tests import factories
from tests.app.notifications.conftest import Tell, deliver_all, deliveries
from tests.app.notifications.mailbox import MailServer

RECIPIENTS = 5
TAKEN_BEFORE = 2


def test_a_mailing_killed_in_the_middle_reaches_everybody_once(
    mail_context: AppContext, mail_server: MailServer, db: Database, tell: Tell, bureau: Organization
) -> None:
    people = {factories.make_user(db, Role.ORGANIZER, bureau).email for _ in range(RECIPIENTS)}
    tell(recipients=[RoleHolders(Role.ORGANIZER)])
    # The server has read the third message and not said yet that it has it when the process dies.
    mail_server.silent_from = TAKEN_BEFORE
    command = [
        sys.executable,
        "-m",
        "tests.app.notifications.sending",
        db.url,
        str(mail_server.port),
        "nowhere",
    ]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": "."})
    try:
        assert mail_server.is_silent.wait(60)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert len(mail_server.messages) == TAKEN_BEFORE
    mail_server.silent_from = None
    deliver_all(mail_context, Channel.EMAIL, lease=timedelta(0))
    reached = [address for _, addresses in mail_server.envelopes for address in addresses]
    assert sorted(reached) == sorted(people)
    assert len({message["Message-ID"] for message in mail_server.messages}) == RECIPIENTS
    assert {row.status for row in deliveries(db)} == {DeliveryStatus.SENT}
