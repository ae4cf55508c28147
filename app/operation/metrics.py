"""Prometheus metrics: requests as they pass; jobs, index, answer ledger and deliveries as they stand at a scrape."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import func, select

from app.auth.actor import SYSTEM
from app.context import AppContext
from app.indexing.status import IndexStatus
from app.kit.clock import now
from app.models.job import Job, JobStatus
from app.notifications.claims import backlog
from app.responses.coverage import Coverage, measure

log = logging.getLogger("jiebang.metrics")

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CACHE_SECONDS = 5.0


class HttpMetrics:
    """Counts and times requests by route template, never by path."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "jiebang_http_request_seconds",
            "Duration of requests",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=registry,
        )
        self._in_progress = Gauge(
            "jiebang_http_requests_in_progress", "Requests being answered", registry=registry
        )
        self._refused = Counter(
            "jiebang_http_requests_refused", "Requests refused unread", ("reason",), registry=registry
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        known = method if method in _METHODS else "other"
        self._seconds.labels(known, route, str(status)).observe(seconds)

    @contextmanager
    def in_progress(self) -> Iterator[None]:
        with self._in_progress.track_inprogress():
            yield

    def refused(self, reason: str) -> None:
        self._refused.labels(reason).inc()


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class StateCollector:
    """Gauges that are read from the database at a scrape, at most every `cache_seconds`.

    A part that cannot be read is left out, and `jiebang_state_readable{part}` says 0 then.
    """

    def __init__(
        self,
        context: AppContext,
        *,
        cache_seconds: float = CACHE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = context
        self._cache_seconds = cache_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._metrics: list[Metric] = []
        self._read_at: float | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing: naming the metrics at registration would need the database."""
        return ()

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            at = self._clock()
            if self._read_at is None or at - self._read_at >= self._cache_seconds:
                self._metrics, self._read_at = list(self._read()), at
            return list(self._metrics)

    def _read(self) -> Iterator[Metric]:
        readable = GaugeMetricFamily(
            "jiebang_state_readable", "1 when this part could be read at the last scrape", labels=("part",)
        )
        for part, read in (
            ("jobs", self._jobs),
            ("index", lambda: _index_metrics(self._context.index.status())),
            ("coverage", self._coverage),
            ("notifications", self._notifications),
        ):
            try:
                metrics = list(read())
            except Exception as error:
                log.error("state not readable for metrics", extra={"part": part}, exc_info=error)
                readable.add_metric((part,), 0)
                continue
            readable.add_metric((part,), 1)
            yield from metrics
        yield readable

    def _jobs(self) -> Iterator[Metric]:
        with self._context.db.read() as session:
            rows = session.execute(
                select(Job.status, func.count().label("number")).group_by(Job.status)
            ).all()
            oldest = session.scalar(select(func.min(Job.created_at)).where(Job.status == JobStatus.QUEUED))
        counts = {row.status: row.number for row in rows}
        by_status = GaugeMetricFamily("jiebang_jobs", "Jobs by status", labels=("status",))
        for status in JobStatus:
            by_status.add_metric((status.value,), counts.get(status, 0))
        yield by_status
        age = (now() - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("jiebang_job_queue_seconds", "Age of the oldest queued job", value=age)

    def _coverage(self) -> Iterator[Metric]:
        with self._context.db.read() as session:
            found: Coverage = measure(session, actor=SYSTEM, at=now())
        figures = GaugeMetricFamily(
            "jiebang_ledger_requirements", "Requirements by figure of the answer ledger", labels=("figure",)
        )
        for figure, count in found.counts.items():
            figures.add_metric((figure.value,), count)
        yield figures
        yield GaugeMetricFamily("jiebang_ledger_coverage", "Answered / submitted", value=found.coverage)

    def _notifications(self) -> Iterator[Metric]:
        with self._context.db.read() as session:
            found = backlog(session)
        for name, meaning, value in (
            ("jiebang_deliveries_waiting", "Deliveries of notifications on their way", float(found.waiting)),
            ("jiebang_deliveries_wait_seconds", "How long the oldest of them waits", found.wait_seconds()),
            ("jiebang_deliveries_parked", "Deliveries that were given up", float(found.parked)),
        ):
            yield GaugeMetricFamily(name, meaning, value=value)


def _index_metrics(status: IndexStatus) -> Iterator[Metric]:
    for name, meaning, value in (
        ("jiebang_index_ready", "1 when searches are answered", float(status.is_ready)),
        ("jiebang_index_lag_rows", "Changed rows that no search sees yet", status.lag_rows),
        ("jiebang_index_lag_seconds", "Age of the oldest such row", status.lag_seconds),
        ("jiebang_index_parked_rows", "Rows given up by the drain", status.parked),
    ):
        yield GaugeMetricFamily(name, meaning, value=value)
    documents = GaugeMetricFamily("jiebang_index_documents", "Documents held", labels=("collection",))
    for collection, count in status.documents.items():
        documents.add_metric((collection,), count)
    yield documents
