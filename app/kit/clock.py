"""The one place that asks what time it is. Times are aware UTC inside and Asia/Shanghai where a person reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present instant, aware UTC."""
    return datetime.now(UTC)


def in_shanghai(instant: datetime) -> datetime:
    """The same instant on the clock that the competition's papers use."""
    return instant.astimezone(SHANGHAI)


def beijing_time(instant: datetime) -> str:
    """The instant to the second as papers write it: `2026-12-01 18:00:00`, in Asia/Shanghai."""
    return f"{in_shanghai(instant):%Y-%m-%d %H:%M:%S}"
