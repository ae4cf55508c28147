"""The work behind the requests: jobs, notifications, cleaning up; inside `serve` or as a process of its own.

It alone imports the task modules. Keeping the search index current is the index's own thread.
"""

from __future__ import annotations

import importlib
import logging
import signal
import threading
from types import FrameType
from typing import Final

from app.context import AppContext
from app.jobs.runner import GRACE_SECONDS, JobRunner
from app.notifications.dispatcher import Dispatcher
from app.operation.housekeeping import Housekeeping

TASK_MODULES: Final[tuple[str, ...]] = (
    "app.adaptation.tasks",
    "app.analysis.tasks",
    "app.batches.tasks",
    "app.exchange.tasks",
    "app.indexing.tasks",
    "app.letters.tasks",
    "app.learning.tasks",
    "app.matches.tasks",
    "app.reports.tasks",
    "app.meetings.tasks",
)
"""Every module that registers tasks."""

log = logging.getLogger("jiebang.worker")


def load_tasks() -> None:
    """Imports the task modules, so that jobs find their functions by name."""
    for module in TASK_MODULES:
        importlib.import_module(module)


class Worker:
    """A process's share of the background work. `start` returns at once, `stop` lets current steps finish."""

    def __init__(self, context: AppContext) -> None:
        self._runner = JobRunner(context)
        self._dispatcher = Dispatcher(context)
        self._housekeeping = Housekeeping(context)

    @property
    def is_alive(self) -> bool:
        """Are all threads there?"""
        return self._runner.is_alive and self._dispatcher.is_alive and self._housekeeping.is_alive

    def start(self) -> None:
        load_tasks()
        self._runner.start()
        self._dispatcher.start()
        self._housekeeping.start()

    def stop(self, *, timeout_seconds: float = GRACE_SECONDS) -> bool:
        """True when everything has ended in time; a job that has not goes on from its checkpoint later."""
        self._dispatcher.request_stop()
        has_ended = self._runner.stop(timeout_seconds=timeout_seconds)
        has_ended = self._dispatcher.stop() and has_ended
        return self._housekeeping.stop(timeout_seconds=1.0) and has_ended


def run(context: AppContext) -> None:
    """The `jiebang worker` process: works until SIGTERM or SIGINT and then ends in good order."""
    has_ended = threading.Event()

    def end(number: int, _frame: FrameType | None) -> None:
        has_ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    worker = Worker(context)
    context.index.start(drain=True)
    worker.start()
    log.info("worker started", extra={"worker": context.settings.worker_id})
    has_ended.wait()
    log.info("worker is ending")
    if not worker.stop():
        log.warning("a step outlived the grace period; its job goes on elsewhere")
