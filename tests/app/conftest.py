"""A service that sends letters, to a real mail server on the loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.limiter import RegistrationLimiter
from app.config import MailSecurity
from app.context import AppContext
from app.jobs.runner import run_inline
from app.main import create_app
from app.models import Job
from app.models.job import JobStatus
from app.worker import load_tasks
from tests.app.notifications.mailbox import MailServer

LINK = re.compile(r"https://jiebang\.example(/[a-z/]+)\?token=([\w-]+)")


@dataclass
class PostOffice:
    """A client of the service, and what the service has written to people."""

    client: TestClient
    context: AppContext
    server: MailServer

    def deliver(self) -> int:
        """Does the jobs that wait, and tells how many letters have arrived in all."""
        with self.context.db.read() as session:
            waiting = session.scalars(select(Job.id).where(Job.status == JobStatus.QUEUED)).all()
        for job_id in waiting:
            run_inline(self.context, job_id)
        return len(self.server.messages)

    def last_link(self) -> tuple[str, str]:
        """Path and token of the link in the last letter."""
        found = LINK.search(self.server.messages[-1].get_content())
        assert found is not None
        return found[1], found[2]


@pytest.fixture
def post_office(context: AppContext) -> Iterator[PostOffice]:
    load_tasks()
    with MailServer() as server:
        settings = context.settings.model_copy(
            update={
                "smtp_host": "127.0.0.1",
                "smtp_port": server.port,
                "smtp_security": MailSecurity.NONE,
                "smtp_from": "notice@jiebang.example",
                "smtp_timeout_seconds": 10,
                "public_url": "https://jiebang.example",
            }
        )
        mailing = replace(context, settings=settings)
        with TestClient(create_app(context=mailing), raise_server_exceptions=False) as client:
            client.app.state.registration_limiter = RegistrationLimiter(1000)  # type: ignore[attr-defined]
            yield PostOffice(client, mailing, server)
