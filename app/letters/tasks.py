"""Sends one letter. A crash between sending and noting repeats it under the same Message-ID."""

from __future__ import annotations

import uuid
from typing import Any

from app.errors import Unavailable
from app.jobs.context import JobContext
from app.jobs.registry import task
from app.kit.clock import now
from app.letters import service
from app.letters.texts import PATHS, words
from app.models.letter import Letter
from app.notifications import mail
from app.notifications.outcome import Ending
from app.notifications.parcel import MailParcel

TRY_AGAIN = frozenset({Ending.RETRY, Ending.UNREACHABLE})


@task(service.SEND)
def letters_send(job: JobContext) -> dict[str, Any]:
    """Hands the letter to the mail server, again later while that cannot be reached.

    The result says nothing of whether the address belongs to anybody.
    """
    letter_id = uuid.UUID(job.arguments["letter"])
    settings = job.app.settings
    with job.app.db.read() as session:
        letter = session.get(Letter, letter_id)
    if letter is None or letter.subject_id is None or letter.sent_at is not None:
        return {}
    if letter.kind in PATHS and letter.expires_at <= now():
        return {}
    url = ""
    if letter.kind in PATHS:
        token = service.token_of(settings, letter.salt)
        url = f"{settings.public_url.rstrip('/')}{PATHS[letter.kind]}?token={token}"
    text = words(letter.kind, letter.language, url=url, note=letter.note)
    outcome = mail.send(settings, MailParcel(letter.id, letter.email, letter.language, text, is_letter=True))
    if outcome.ending in TRY_AGAIN:
        raise Unavailable(reason=outcome.code)
    if outcome.ending is Ending.SENT:
        with job.step() as session:
            session.get_one(Letter, letter_id).sent_at = now()
    return {}
