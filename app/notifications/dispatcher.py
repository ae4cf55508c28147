"""Sends what waits, channel by channel, until it is told to stop.

Sending happens outside every transaction: claim, send, write down. A crash before sending costs one lease; a
crash between sending and writing down repeats the delivery under the same id, which is what the receiver
knows it by.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.config import Settings
from app.models.notification import Channel
from app.notifications import claims, mail, post
from app.notifications import occasions as occasions  # Registers what lies below this concept.
from app.notifications.outcome import Ending, Outcome
from app.notifications.parcel import MailParcel, Parcel

if TYPE_CHECKING:
    from app.context import AppContext

log = logging.getLogger("jiebang.notifications")

THREADS: tuple[Channel, ...] = (Channel.EMAIL, Channel.WEBHOOK, Channel.WEBHOOK)
"""Webhooks get two, so that one slow receiver leaves room for the others."""

POLL_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
GRACE_SECONDS = 15.0
DATABASE_TROUBLE = (OperationalError, PoolTimeout)
PAUSES_BEFORE_SETTLING_AGAIN = (0.2, 1.0, 3.0)

Send = Callable[[Settings, Parcel], Outcome]


def send(settings: Settings, parcel: Parcel) -> Outcome:
    """One attempt over the parcel's channel."""
    if isinstance(parcel, MailParcel):
        return mail.send(settings, parcel)
    return post.post(settings, parcel)


class Dispatcher:
    """One thread per entry of `THREADS`; several dispatchers, in this process or others, share the work."""

    def __init__(
        self,
        app: AppContext,
        *,
        send: Send = send,
        lease: timedelta = claims.LEASE,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._app = app
        self._send = send
        self._lease = lease
        self._poll_seconds = poll_seconds
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def is_alive(self) -> bool:
        """Are all threads of a started dispatcher still there?"""
        return bool(self._threads) and all(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Begins to send."""
        for number, channel in enumerate(THREADS):
            thread = threading.Thread(
                target=self._work, args=(channel,), name=f"notify-{channel.value}-{number}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def request_stop(self) -> None:
        """Begins no further attempt; returns at once."""
        self._stopping.set()

    def stop(self, *, timeout_seconds: float = GRACE_SECONDS) -> bool:
        """Lets the attempts in hand end and begins no other; True when all threads have ended in time.

        An attempt that is cut off here may have reached its receiver and will be repeated, so the wait is
        worth it.
        """
        self.request_stop()
        deadline = time.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def deliver_next(self, channel: Channel) -> Outcome | None:
        """Takes the delivery that has been due longest through one attempt; None when none is due."""
        # Looking costs no lock, so an idle dispatcher never stands in a writer's way.
        with self._app.db.read() as session:
            if not claims.has_due(session, channel, lease=self._lease):
                return None
        language = self._app.settings.default_language
        with self._app.db.write() as session:
            claimed = claims.claim_next(session, channel, default_language=language, lease=self._lease)
        if claimed is None:
            return None
        outcome = claimed.parcel if isinstance(claimed.parcel, Outcome) else self._attempt(claimed.parcel)
        self._settle(claimed, outcome)
        if outcome.ending is not Ending.SENT:
            log.warning(
                "delivery not made",
                extra={"delivery": str(claimed.id), "channel": channel.value, "code": outcome.code},
            )
        return outcome

    def _attempt(self, parcel: Parcel) -> Outcome:
        try:
            return self._send(self._app.settings, parcel)
        except Exception as error:
            # A fault of ours must not stop the queue behind it; its text may quote what was to be sent.
            log.error("attempt failed", extra={"kind": type(error).__name__})
            return Outcome(Ending.RETRY, "internal_error")

    def _settle(self, claimed: claims.Claimed, outcome: Outcome) -> None:
        for pause in (*PAUSES_BEFORE_SETTLING_AGAIN, None):
            try:
                with self._app.db.write() as session:
                    is_ours = claims.settle(session, claimed, outcome)
            except DATABASE_TROUBLE as error:
                log.error("cannot store how a delivery ended", extra={"kind": type(error).__name__})
                if pause is None:
                    return
                self._stopping.wait(pause)
            else:
                if not is_ours:
                    log.warning("delivery was taken over", extra={"delivery": str(claimed.id)})
                return

    def _work(self, channel: Channel) -> None:
        wait = self._poll_seconds
        while not self._stopping.is_set():
            try:
                outcome = self.deliver_next(channel)
                is_blocked = outcome is not None and outcome.ending is Ending.UNREACHABLE
            except Exception as error:
                # Whatever happens to the database, this thread must be there afterwards.
                log.error("cannot deliver", extra={"kind": type(error).__name__})
                outcome, is_blocked = None, True
            wait = min(wait * 2, LONGEST_WAIT_SECONDS) if is_blocked else self._poll_seconds
            if outcome is None or is_blocked:
                self._stopping.wait(wait)
