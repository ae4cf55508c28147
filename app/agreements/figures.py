"""What agreements add up to, by challenge, district or field; each figure is the count of rows that can be listed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from app.agreements import repository
from app.agreements.repository import Filters, is_paid, is_standing, visible_to
from app.auth.actor import Actor
from app.kit.columns import Labelled
from app.models.agreement import Agreement, AgreementStatus, Payment
from app.models.challenge import Challenge
from app.models.requirement import Field, Requirement
from app.requirements.districts import district_of, in_district


class Figure(Labelled):
    """Signed counts what stands, terminated what no longer does; paid counts both, for money stays received."""

    SIGNED = "signed", "已签约"
    PAID = "paid", "已有到账"
    TERMINATED = "terminated", "已终止"


class Grouping(Labelled):
    CHALLENGE = "challenge", "赛事"
    DISTRICT = "district", "区县"
    FIELD = "field", "所属领域"


@dataclass
class Totals:
    """Counts of agreements and sums in 万元; `paid` are agreements with at least one payment."""

    signed: int = 0
    amount_wan: Decimal = Decimal(0)
    paid: int = 0
    paid_wan: Decimal = Decimal(0)
    terminated: int = 0
    terminated_wan: Decimal = Decimal(0)

    def add(self, figure: Figure, count: int, amount: Decimal) -> None:
        if figure is Figure.SIGNED:
            self.signed, self.amount_wan = self.signed + count, self.amount_wan + amount
        elif figure is Figure.PAID:
            self.paid, self.paid_wan = self.paid + count, self.paid_wan + amount
        else:
            self.terminated, self.terminated_wan = self.terminated + count, self.terminated_wan + amount


@dataclass
class Group:
    """One challenge, district or field. `key` is what its lists are asked with, "" for those without one."""

    key: str
    label: str
    totals: Totals = field(default_factory=Totals)


@dataclass
class Summary:
    """The whole and its parts, in the order of the keys; the parts add up to the whole."""

    total: Totals = field(default_factory=Totals)
    groups: list[Group] = field(default_factory=list)


def rows_behind(
    figure: Figure,
    *,
    actor: Actor,
    filters: Filters,
    by: Grouping | None = None,
    key: str = "",
) -> Select[Agreement]:
    """The agreements that a figure counts, of one group or of all."""
    statement = repository.narrow(visible_to(actor), filters).where(_condition(figure))
    return statement if by is None else statement.where(_in_group(by, key))


def measure(session: Session, *, actor: Actor, filters: Filters, by: Grouping) -> Summary:
    """All figures from one snapshot of the database."""
    summary = Summary()
    groups: dict[str, Group] = {}
    for figure in Figure:
        for value, count, amount in _sums(session, figure, actor, filters, _column(by)):
            key = _key(by, value)
            group = groups.setdefault(key, Group(key, key))
            group.totals.add(figure, count, amount)
            summary.total.add(figure, count, amount)
    _name(session, by, groups.values())
    summary.groups = [groups[key] for key in sorted(groups)]
    return summary


@dataclass(frozen=True)
class Sums:
    """What a list of agreements adds up to, in 万元: the amounts agreed, and the payments that stand."""

    amount_wan: Decimal
    paid_wan: Decimal


def sums_of(session: Session, listed: Select[Agreement]) -> Sums:
    """The sums over every agreement that a list would show, whatever its state."""
    ids = listed.with_only_columns(Agreement.id).order_by(None)
    amount = session.scalar(select(func.sum(Agreement.amount_wan)).where(Agreement.id.in_(ids)))
    standing = (Payment.agreement_id.in_(ids), Payment.voided_at.is_(None))
    paid = session.scalar(select(func.sum(Payment.amount_wan)).where(*standing))
    return Sums(amount or Decimal(0), paid or Decimal(0))


def name_of(session: Session, by: Grouping, key: str) -> str:
    """The name of one group as `measure` gives it."""
    group = Group(key, key)
    _name(session, by, [group])
    return group.label


def _sums(
    session: Session, figure: Figure, actor: Actor, filters: Filters, column: Any
) -> list[tuple[Any, int, Decimal]]:
    statement = rows_behind(figure, actor=actor, filters=filters)
    counted = func.count(func.distinct(Agreement.id))
    if figure is Figure.PAID:
        statement = statement.join(Payment, Payment.agreement_id == Agreement.id)
        statement = statement.where(Payment.voided_at.is_(None))
    amount = func.sum(Payment.amount_wan if figure is Figure.PAID else Agreement.amount_wan)
    rows = session.execute(statement.with_only_columns(column, counted, amount).group_by(column))
    return [(value, count, total) for value, count, total in rows]


def _condition(figure: Figure) -> ColumnElement[bool]:
    if figure is Figure.SIGNED:
        return is_standing()
    if figure is Figure.PAID:
        return is_paid()
    return Agreement.status == AgreementStatus.TERMINATED


def _column(by: Grouping) -> Any:
    if by is Grouping.CHALLENGE:
        return Agreement.challenge_id
    return Requirement.region if by is Grouping.DISTRICT else Requirement.field


def _key(by: Grouping, value: Any) -> str:
    if by is Grouping.DISTRICT:
        return district_of(str(value))
    return "" if value is None else str(value)


def _in_group(by: Grouping, key: str) -> ColumnElement[bool]:
    """The condition whose rows `_key` puts under `key`; nothing for a key that is none."""
    if by is Grouping.DISTRICT:
        return in_district(key)
    column = _column(by)
    if not key:
        missing: ColumnElement[bool] = column.is_(None)
        return missing
    try:
        wanted = uuid.UUID(key) if by is Grouping.CHALLENGE else Field.parse(key)
    except ValueError:
        return Agreement.id.is_(None)
    found: ColumnElement[bool] = column == wanted
    return found


def _name(session: Session, by: Grouping, groups: Iterable[Group]) -> None:
    named = {group.key: group for group in groups}
    if "" in named:
        named.pop("").label = "未列入赛事" if by is Grouping.CHALLENGE else "未填写"
    if by is Grouping.CHALLENGE:
        ids = [uuid.UUID(key) for key in named if _is_id(key)]
        for id, name in session.execute(select(Challenge.id, Challenge.name).where(Challenge.id.in_(ids))):
            named[str(id)].label = name


def _is_id(key: str) -> bool:
    try:
        uuid.UUID(key)
    except ValueError:
        return False
    return True
