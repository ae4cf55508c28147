"""Work that time asks for, not people: throws away what has expired, and settles what has come due."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import CursorResult, Delete, delete

from app.challenges import stage_clock
from app.context import AppContext
from app.interests import service as interests
from app.invitations import deadlines
from app.kit.clock import now
from app.ledger import deadlines as obligations
from app.letters import service as letters
from app.models.access import BrowserSession, RefreshToken
from app.models.exchange import Export
from app.models.idempotency import IdempotencyRecord
from app.monitoring import clock as monitoring
from app.notifications.retention import drop_old_deliveries, drop_old_notifications
from app.proposals import deadlines as proposal_deadlines
from app.registrations import service as registrations
from app.subscriptions import alerts

log = logging.getLogger("jiebang.housekeeping")

KEEP_IDEMPOTENCY_KEYS = timedelta(hours=24)
LONGEST_PAUSE_SECONDS = 60.0


@dataclass(frozen=True)
class Chore:
    """Something to do every so often; `do` tells how many things it dealt with."""

    name: str
    every: timedelta
    do: Callable[[AppContext], int]


def forget_idempotency_keys(context: AppContext) -> int:
    """Drops remembered answers after a day: nobody retries a request later than that."""
    return _delete(
        context,
        delete(IdempotencyRecord).where(IdempotencyRecord.created_at < now() - KEEP_IDEMPOTENCY_KEYS),
    )


def drop_expired_tokens(context: AppContext) -> int:
    """Drops refresh tokens that could no longer be used anyway."""
    return _delete(context, delete(RefreshToken).where(RefreshToken.expires_at < now()))


def drop_expired_sessions(context: AppContext) -> int:
    """Drops browsers' sign-ins that have passed their date; ended ones stay until then, as a trace."""
    return _delete(context, delete(BrowserSession).where(BrowserSession.expires_at < now()))


def drop_expired_exports(context: AppContext) -> int:
    """Drops files that were made for download and have passed their date."""
    return _delete(context, delete(Export).where(Export.expires_at < now()))


def settle_invitations(context: AppContext) -> int:
    """Reminds teams that have not replied, and ends invitations whose time has passed."""
    return deadlines.settle(context.db)


def turn_stages(context: AppContext) -> int:
    """Notes which stages of challenges have begun or closed, and tells those whom it concerns."""
    return stage_clock.settle(context.db)


def settle_proposals(context: AppContext) -> int:
    """Closes calls for proposals at their instant, and reminds invited teams that have handed nothing in."""
    return proposal_deadlines.settle(context.db)


def settle_obligations(context: AppContext) -> int:
    """Notes overdue answers, takes them further up, lets clocks go on, and sends the daily digest."""
    return obligations.settle(context.db)


def answer_interests(context: AppContext) -> int:
    """Answers interests of teams that were invited otherwise, or whose requirement invites nobody any more."""
    return interests.settle(context.db)


def draft_monitoring_reports(context: AppContext) -> int:
    """Drafts the reports of a month or quarter on the first working day after it."""
    return monitoring.settle(context.db)


def announce_requirements(context: AppContext) -> int:
    """Tells subscribers of what was published since."""
    return alerts.announce(context)


CHORES: tuple[Chore, ...] = (
    Chore("forget_idempotency_keys", timedelta(hours=1), forget_idempotency_keys),
    Chore("drop_expired_tokens", timedelta(hours=6), drop_expired_tokens),
    Chore("drop_expired_sessions", timedelta(hours=6), drop_expired_sessions),
    Chore("drop_expired_exports", timedelta(hours=1), drop_expired_exports),
    Chore("settle_invitations", timedelta(seconds=30), settle_invitations),
    Chore("turn_stages", timedelta(seconds=30), turn_stages),
    Chore("settle_proposals", timedelta(seconds=30), settle_proposals),
    Chore("settle_obligations", timedelta(seconds=30), settle_obligations),
    Chore("answer_interests", timedelta(seconds=30), answer_interests),
    Chore("announce_requirements", timedelta(seconds=30), announce_requirements),
    Chore("draft_monitoring_reports", timedelta(minutes=5), draft_monitoring_reports),
    Chore("send_digests", timedelta(minutes=5), alerts.send_digests),
    Chore("drop_unconfirmed", timedelta(hours=6), registrations.drop_unconfirmed),
    Chore("drop_old_letters", timedelta(hours=6), letters.drop_old),
    Chore("drop_old_deliveries", timedelta(hours=24), drop_old_deliveries),
    Chore("drop_old_notifications", timedelta(hours=24), drop_old_notifications),
)


class Housekeeping:
    """Does each chore when its time has come; several processes may do so at once without harm."""

    def __init__(self, context: AppContext, *, chores: tuple[Chore, ...] = CHORES) -> None:
        self._context = context
        self._due = dict.fromkeys(chores, 0.0)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._keep_house, name="housekeeping", daemon=True)
        self._thread.start()

    def stop(self, *, timeout_seconds: float) -> bool:
        """True when the chore in hand has ended in time; begins no other."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_seconds)
        return not self.is_alive

    def do_due(self, at: float) -> list[str]:
        """Does what is due at monotonic second `at` and names it; a failed chore waits for its next turn."""
        names = []
        for chore, due in self._due.items():
            if at < due or self._stopping.is_set():
                continue
            self._due[chore] = at + chore.every.total_seconds()
            try:
                count = chore.do(self._context)
            except Exception as error:
                log.error("chore failed", extra={"chore": chore.name, "kind": type(error).__name__})
                continue
            names.append(chore.name)
            if count:
                log.info("chore done", extra={"chore": chore.name, "count": count})
        return names

    def _keep_house(self) -> None:
        while not self._stopping.is_set():
            self.do_due(time.monotonic())
            next_due = min(self._due.values(), default=time.monotonic() + LONGEST_PAUSE_SECONDS)
            self._stopping.wait(min(max(0.0, next_due - time.monotonic()), LONGEST_PAUSE_SECONDS))


def _delete(context: AppContext, statement: Delete) -> int:
    with context.db.write() as session:
        result = session.execute(statement.execution_options(synchronize_session=False))
        assert isinstance(result, CursorResult)
        return result.rowcount
