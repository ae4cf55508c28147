"""May this process be trusted with requests? Liveness is the route's own answer; readiness is judged here."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text

from app import migrations
from app.context import AppContext
from app.indexing.status import IndexState, IndexStatus
from app.notifications.claims import backlog

log = logging.getLogger("jiebang.health")

MAX_LAG_SECONDS = 60.0
MAX_WAIT_SECONDS = 900.0
"""A receiver may be down for a while; longer than this, it is worth a look."""

CACHE_SECONDS = 1.0

RESEARCH_NOTICE_ZH = "向量模型 {model} 仅许可研究用途，商用前请更换模型（JIEBANG_MODEL）"
RESEARCH_NOTICE_EN = "Model {model} is licensed for research only; choose another before commercial use"


@dataclass(frozen=True)
class Check:
    """One thing looked at; `zh` and `en` say what is wrong, or what to know, and are empty otherwise."""

    name: str
    is_ok: bool
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Readiness:
    """All checks of one moment; ready when each is in order."""

    checks: tuple[Check, ...]
    index: IndexStatus | None = None

    @property
    def is_ready(self) -> bool:
        return all(check.is_ok for check in self.checks)


class ReadinessProbe:
    """Looks at database, migrations and index, at most once a second however many ask."""

    def __init__(
        self,
        context: AppContext,
        *,
        cache_seconds: float = CACHE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = context
        self._head = migrations.head()
        self._cache_seconds = cache_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._last: tuple[float, Readiness] | None = None

    def look(self) -> Readiness:
        """The state now, or as it was within the last `cache_seconds`."""
        with self._lock:
            at = self._clock()
            if self._last is None or at - self._last[0] >= self._cache_seconds:
                self._last = at, self._judge()
            return self._last[1]

    def _judge(self) -> Readiness:
        database = self._database()
        if not database.is_ok:
            return Readiness((database,))
        migrated = self._migrations()
        if not migrated.is_ok:
            return Readiness((database, migrated))
        try:
            status = self._context.index.status()
        except Exception as error:
            log.error("cannot read the state of the index", extra={"kind": type(error).__name__})
            unknown = Check("index", False, "无法读取索引状态", "The state of the index cannot be read")
            return Readiness((database, migrated, unknown))
        return Readiness((database, migrated, _model(status), _index(status), self._deliveries()), status)

    def _database(self) -> Check:
        try:
            with self._context.db.read() as session:
                session.execute(text("SELECT 1"))
        except Exception as error:
            log.error("database not reachable", extra={"kind": type(error).__name__})
            return Check("database", False, "数据库无法连接", "The database cannot be reached")
        return Check("database", True)

    def _migrations(self) -> Check:
        if migrations.current(self._context.db) == self._head:
            return Check("migrations", True)
        return Check(
            "migrations",
            False,
            "数据库结构不是最新，请运行 jiebang migrate",
            "The database is not at head; run `jiebang migrate`",
        )

    def _deliveries(self) -> Check:
        """Notifications that wait long make nobody's request fail, so they are told and no more."""
        try:
            with self._context.db.read() as session:
                waiting = backlog(session)
        except Exception as error:
            log.error("cannot read the deliveries", extra={"kind": type(error).__name__})
            return Check("notifications", True, "无法读取通知发送情况", "The deliveries cannot be read")
        if waiting.wait_seconds() <= MAX_WAIT_SECONDS:
            return Check("notifications", True)
        minutes = int(waiting.wait_seconds() // 60)
        return Check(
            "notifications",
            True,
            f"有 {waiting.waiting} 条通知尚未送出，最早的已等待 {minutes} 分钟，请检查邮件服务器与后台任务进程",
            f"{waiting.waiting} notifications wait, the oldest for {minutes} min; check mail server and worker",
        )


def _model(status: IndexStatus) -> Check:
    if status.problem == "model_unavailable":
        return Check(
            "model",
            False,
            "向量模型不可用，请运行 jiebang model fetch 或检查 JIEBANG_MODEL",
            "The embedding model is not available; run `jiebang model fetch` or check JIEBANG_MODEL",
        )
    if status.is_research_only:
        model = status.model_id
        return Check(
            "model", True, RESEARCH_NOTICE_ZH.format(model=model), RESEARCH_NOTICE_EN.format(model=model)
        )
    return Check("model", True)


def _index(status: IndexStatus) -> Check:
    if status.state is IndexState.REBUILDING:
        return Check("index", False, "索引正在重建", "The index is being rebuilt")
    if not status.is_ready:
        return Check("index", False, "索引尚未载入", "The index is not loaded yet")
    if status.lag_seconds > MAX_LAG_SECONDS:
        return Check(
            "index",
            False,
            f"索引落后 {status.lag_seconds:.0f} 秒（{status.lag_rows} 条），请检查后台任务进程",
            f"The index lags {status.lag_seconds:.0f} s ({status.lag_rows} rows); check the worker",
        )
    if status.problem:
        return Check(
            "index",
            True,
            f"索引更新遇到问题，正在重试（{status.problem}）",
            f"Updating the index met a problem and is retried ({status.problem})",
        )
    return Check("index", True)
