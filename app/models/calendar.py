"""The working calendar (工作日历): years whose holidays and make-up days the bureau has entered itself."""

from __future__ import annotations

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.columns import Base, Versioned


class CalendarYear(Versioned, Base):
    """One year as announced: days off on weekdays and days worked on weekends, as ISO dates with their names.

    A year that stands here counts as it stands here, whatever the library says.
    """

    __tablename__ = "calendar_years"

    year: Mapped[int] = mapped_column(unique=True)
    days_off: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    days_worked: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
