"""Takes jobs from the queue, a few at a time, until it is told to stop; runs one in the calling process."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from app.errors import NotFound
from app.jobs import claims
from app.jobs.attempt import HEARTBEAT, attempt
from app.jobs.context import JobContext, Progress
from app.models.job import Job, JobStatus

if TYPE_CHECKING:
    from app.context import AppContext

log = logging.getLogger("jiebang.jobs")

CONCURRENCY = 2
POLL_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
GRACE_SECONDS = 20.0


class JobRunner:
    """At most `concurrency` jobs at a time, each in a thread of its own, until `stop()`.

    Several runners, in this process or in others, share one queue: a job has one owner at a time.
    """

    def __init__(
        self,
        app: AppContext,
        *,
        concurrency: int = CONCURRENCY,
        lease: timedelta = claims.LEASE,
        heartbeat: timedelta = HEARTBEAT,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._app = app
        self._worker = _worker_name(app)
        self._concurrency = concurrency
        self._lease = lease
        self._heartbeat = heartbeat
        self._poll_seconds = poll_seconds
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def is_alive(self) -> bool:
        """Are all threads of a started runner still there?"""
        return bool(self._threads) and all(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Begins to take jobs. A step that outlives the grace period of `stop` ends with the process."""
        for number in range(self._concurrency):
            thread = threading.Thread(target=self._work, name=f"jobs-{number + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def request_stop(self) -> None:
        """Begins no further step; returns at once, so a signal handler may call it."""
        self._stopping.set()

    def wait(self) -> None:
        """Returns when the runner has been asked to stop and all its threads have ended."""
        for thread in self._threads:
            thread.join()

    def stop(self, *, timeout_seconds: float = GRACE_SECONDS) -> bool:
        """Lets each job finish its current step and gives it back; True when all threads have ended."""
        self.request_stop()
        deadline = time.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def run_next(self) -> bool:
        """Takes the oldest due job and runs it to its end in this thread; False when none is due."""
        # Looking costs no lock, so an idle runner never stands in a writer's way.
        with self._app.db.read() as session:
            if not claims.has_due(session, lease=self._lease):
                return False
        with self._app.db.write() as session:
            claimed = claims.claim_next(session, worker=self._worker, lease=self._lease)
        if claimed is None:
            return False
        attempt(JobContext(self._app, claimed, is_stopping=self._stopping.is_set), heartbeat=self._heartbeat)
        return True

    def _work(self) -> None:
        wait = self._poll_seconds
        while not self._stopping.is_set():
            try:
                has_worked = self.run_next()
                wait = self._poll_seconds
            except Exception as error:
                # Whatever happens to the database or the disk, this thread must be there afterwards.
                log.error("cannot take jobs", extra={"kind": type(error).__name__})
                has_worked, wait = False, min(wait * 2, LONGEST_WAIT_SECONDS)
            if not has_worked:
                self._stopping.wait(wait)


def run_inline(
    app: AppContext,
    job_id: uuid.UUID,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    *,
    follow_seconds: float = POLL_SECONDS,
) -> Job:
    """Runs the job in this process, or follows it when a worker was faster, and returns it as it ended.

    `on_progress` hears of every step. Raises `NotFound`; how the task itself ended is in the job's status.
    Interrupted by the keyboard, it cancels the job.
    """
    while True:
        with app.db.write() as session:
            claimed = claims.claim_one(session, job_id, worker=_worker_name(app))
        if claimed is not None:
            attempt(JobContext(app, claimed, on_progress=on_progress), is_patient=False)
        with app.db.read() as session:
            job = session.get(Job, job_id)
            if job is None:
                raise NotFound()
            session.expunge(job)
        if job.status not in (JobStatus.QUEUED, JobStatus.RUNNING):
            return job
        on_progress(Progress(job.done, job.total, job.stage))
        time.sleep(follow_seconds)


def _worker_name(app: AppContext) -> str:
    # Two processes may carry the same id by mistake; the suffix keeps them apart on the jobs they own.
    return f"{app.settings.worker_id}-{uuid.uuid4().hex[:8]}"
