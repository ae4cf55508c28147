"""Months and quarters: days and instants in Asia/Shanghai, neighbours, and their part of a year's target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from app.kit.clock import SHANGHAI
from app.models.monitoring import PeriodKind

MONTHS = 12
LENGTH = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3}


@dataclass(frozen=True, order=True)
class Period:
    """A month (`number` 1 to 12) or a quarter (1 to 4) of a year. Raises `ValueError` for another number."""

    year: int
    number: int
    kind: PeriodKind

    def __post_init__(self) -> None:
        if not 1 <= self.number <= MONTHS // LENGTH[self.kind] or not 2 <= self.year <= 9998:
            raise ValueError(f"no {self.kind.value} {self.number} of {self.year}")

    @property
    def months(self) -> range:
        """Its months, 1 to 12."""
        length = LENGTH[self.kind]
        return range((self.number - 1) * length + 1, self.number * length + 1)

    @property
    def first_day(self) -> date:
        return date(self.year, self.months[0], 1)

    @property
    def last_day(self) -> date:
        return self.following.first_day - timedelta(days=1)

    @property
    def starts(self) -> datetime:
        """Its first instant, aware."""
        return datetime.combine(self.first_day, time.min, tzinfo=SHANGHAI)

    @property
    def ends(self) -> datetime:
        """The first instant after it, aware."""
        return self.following.starts

    @property
    def following(self) -> Period:
        return self._moved(1)

    @property
    def previous(self) -> Period:
        return self._moved(-1)

    @property
    def year_ago(self) -> Period:
        return Period(self.year - 1, self.number, self.kind)

    @property
    def label(self) -> str:
        """As papers write it: 2026 年 10 月, 2026 年第 3 季度."""
        is_month = self.kind is PeriodKind.MONTH
        return f"{self.year} 年 {self.number} 月" if is_month else f"{self.year} 年第 {self.number} 季度"

    def _moved(self, steps: int) -> Period:
        count = MONTHS // LENGTH[self.kind]
        place = self.year * count + self.number - 1 + steps
        return Period(place // count, place % count + 1, self.kind)


def period_of(day: date, kind: PeriodKind) -> Period:
    """The month or quarter in which a day lies."""
    return Period(day.year, (day.month - 1) // LENGTH[kind] + 1, kind)


def apportioned(annual: Decimal, period: Period, *, places: int) -> Decimal:
    """The period's part of a year's target: what is due by its last month less what was due before its first.

    Due by month m is `annual` × m / 12, rounded half up to `places` decimals; so months add up to quarters, and
    quarters to the year.
    """
    step = Decimal(1).scaleb(-places)

    def due_by(month: int) -> Decimal:
        return (annual * month / MONTHS).quantize(step, rounding=ROUND_HALF_UP)

    return due_by(period.months[-1]) - due_by(period.months[0] - 1)
