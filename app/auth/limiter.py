"""Counts logins per address in a moving minute, and registrations in a moving hour."""

from __future__ import annotations

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter


class LoginLimiter:
    """At most `per_minute` tries from one address in any 60 seconds, counted in this process."""

    def __init__(self, per_minute: int) -> None:
        self._limit = RateLimitItemPerMinute(per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, address: str) -> bool:
        """Counts a try; False when it is one too many."""
        return bool(self._limiter.hit(self._limit, "login", address))


class RegistrationLimiter:
    """At most `per_hour` registrations from one address in any 60 minutes, counted in this process."""

    def __init__(self, per_hour: int) -> None:
        self._limit = RateLimitItemPerHour(per_hour)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, address: str) -> bool:
        """Counts a registration; False when it is one too many."""
        return bool(self._limiter.hit(self._limit, "registration", address))
