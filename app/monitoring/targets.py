"""Annual targets per district and indicator, set one district at a time; and the leaders named for a district."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput, NotFound
from app.models.access import User
from app.models.monitoring import GREEN_FROM, YELLOW_FROM, Indicator, IndicatorTarget, ReportRecipient
from app.monitoring import repository
from app.monitoring.figures import RULES

MOST = {"%": Decimal(100), "分": Decimal(5)}
"""What a percentage and a mean of marks cannot exceed."""


@dataclass(frozen=True)
class Wanted:
    """A target to be set: the year's value, and the percent of it from which lights are green and yellow."""

    annual: Decimal
    green_from: int = GREEN_FROM
    yellow_from: int = YELLOW_FROM


def set_targets(
    session: Session, actor: Actor, year: int, region: str, wanted: Mapping[Indicator, Wanted]
) -> Sequence[IndicatorTarget]:
    """Sets all targets of a district for a year, in place of what was set; what is not named has none.

    Reports that are issued keep the targets they were issued with. Raises `InvalidInput`.
    """
    _check(wanted)
    there = {row.indicator: row for row in repository.targets(session, year, region=region)}
    for indicator in there.keys() - wanted.keys():
        session.delete(there[indicator])
    for indicator, item in wanted.items():
        row = there.get(indicator)
        if row is None:
            row = IndicatorTarget(year=year, region=region, indicator=indicator)
            session.add(row)
        row.annual, row.green_from, row.yellow_from = item.annual, item.green_from, item.yellow_from
    session.flush()
    audit.record(
        session,
        "indicator_targets.set",
        actor_id=actor.user_id,
        object_kind="indicator_targets",
        year=year,
        targets=len(wanted),
    )
    return repository.targets(session, year, region=region)


def name_recipient(session: Session, actor: Actor, region: str, user: User) -> ReportRecipient:
    """Names a leader of a district; naming one twice changes nothing. Raises `InvalidInput` for a closed account."""
    if not user.is_active:
        problem = FieldError("user_id", "inactive", "该账号已停用", "The account is switched off")
        raise InvalidInput(fields=(problem,))
    found = next(
        (row for row in repository.recipients(session, region=region) if row.user_id == user.id), None
    )
    if found is None:
        found = ReportRecipient(region=region, user_id=user.id)
        session.add(found)
        session.flush()
        _audit(session, actor, found, "report_recipient.named")
    return found


def drop_recipient(session: Session, actor: Actor, recipient_id: uuid.UUID) -> None:
    """Takes a leader off the table; from then on reports of the district are not theirs to read. Raises `NotFound`."""
    found = session.get(ReportRecipient, recipient_id)
    if found is None:
        raise NotFound()
    _audit(session, actor, found, "report_recipient.dropped")
    session.delete(found)
    session.flush()


def _check(wanted: Mapping[Indicator, Wanted]) -> None:
    wrong = []
    for indicator, item in wanted.items():
        rule = RULES[indicator]
        most = MOST.get(rule.unit)
        if most is not None and item.annual > most:
            wrong.append(
                FieldError(indicator.value, "too_large", f"不能超过 {most}", f"Must be at most {most}")
            )
        if rule.places == 0 and item.annual != item.annual.to_integral_value():
            wrong.append(FieldError(indicator.value, "not_whole", "应为整数", "Must be a whole number"))
        if not 0 < item.yellow_from <= item.green_from:
            zh = "“偏低”的界限应大于 0 且不高于“达标”的界限"
            en = "The limit of yellow is above 0 and at most that of green"
            wrong.append(FieldError(indicator.value, "wrong_limits", zh, en))
    if wrong:
        raise InvalidInput(fields=tuple(wrong))


def _audit(session: Session, actor: Actor, found: ReportRecipient, action: str) -> None:
    audit.record(session, action, actor_id=actor.user_id, object_kind="report_recipient", object_id=found.id)
