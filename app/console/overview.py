"""The organizer's overview: what to do today, whether all are answered, where it is stuck.

Every figure carries the address of the list that it counts; a test opens them all and compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.agreements import figures as money
from app.agreements import repository as agreements
from app.auth.actor import Actor
from app.claims import repository as claims
from app.console.language import gettext as _
from app.console.rendering import label
from app.jobs import repository as jobs
from app.kit.clock import now
from app.ledger import obligations
from app.ledger.ages import count_by_age
from app.ledger.obligations import Filters, Standing
from app.models.claim import ClaimStatus
from app.models.job import JobStatus
from app.models.ledger import Obligation, ObligationKind
from app.models.registration import Registration, RegistrationStatus
from app.models.requirement import Requirement, RequirementStatus
from app.registrations import repository as registrations
from app.requirements import repository as requirements
from app.requirements.figures import count_by_district, count_by_field, count_by_status
from app.requirements.presenter import present
from app.requirements.schemas import RequirementView
from app.responses.coverage import Coverage, Figure, measure, obligations_of, rows_behind

MOST_ROWS = 10
UNSTATED = "unstated"


@dataclass(frozen=True)
class Count:
    """A figure with the list behind it."""

    label: str
    count: int
    path: str


@dataclass(frozen=True)
class Money:
    """Agreements and what they come to, in 万元, with the list behind them."""

    label: str
    count: int
    amount_wan: Decimal
    path: str


@dataclass(frozen=True)
class Overview:
    """All that the desk of an organizer shows. `late` are the first rows of the overdue ones."""

    coverage: Coverage
    todo: list[Count]
    late: list[tuple[RequirementView, Obligation]]
    funnel: list[Count]
    ages: list[Count]
    districts: list[Count]
    fields: list[Count]
    money: list[Money]


def of(session: Session, actor: Actor) -> Overview:
    """The overview of what this actor may see."""
    at = now()
    seen = requirements.visible_to(actor)
    submitted = rows_behind(Figure.SUBMITTED, actor=actor, at=at)
    owed = obligations.owed(submitted, Filters())
    late = list(session.scalars(rows_behind(Figure.OVERDUE, actor=actor, at=at).limit(MOST_ROWS)).unique())
    due = obligations_of(session, [row.id for row in late])
    return Overview(
        coverage=measure(session, actor=actor, at=at),
        todo=[item for item in _todo(session, actor, submitted) if item.count],
        late=[(present(actor, row), due[row.id]) for row in late if row.id in due],
        funnel=[
            Count(label(status), count, _list("requirements", status=status.value))
            for status, count in count_by_status(session, seen)
        ],
        ages=[
            Count(label(age), count, _list("ledger", waiting=age.value))
            for age, count in count_by_age(session, owed, at)
        ],
        districts=_districts(count_by_district(session, seen)),
        fields=[
            Count(
                label(field) or _("未填写"),
                count,
                _list("requirements", field=field.value if field else UNSTATED),
            )
            for field, count in count_by_field(session, seen)
        ],
        money=_money(session, actor) if "agreements:read" in actor.permissions else [],
    )


def _districts(counted: list[tuple[str, int]]) -> list[Count]:
    """Without the province and city that all of them share."""
    parts = [key.split("/") for key, _count in counted if key]
    is_shared = [len(set(column)) == 1 for column in zip(*parts, strict=False)] if len(parts) > 1 else []
    shared = len(list(takewhile(bool, is_shared)))
    return [
        Count(
            "/".join(key.split("/")[shared:]) or key or _("未填写"),
            count,
            _list("requirements", district=key or UNSTATED),
        )
        for key, count in counted
    ]


def _todo(session: Session, actor: Actor, submitted: Select[Any]) -> Iterator[Count]:
    def owed(filters: Filters) -> int:
        return _count(session, obligations.owed(submitted, filters), Obligation.id)

    yield Count(
        _("已上报的逾期答复"),
        owed(Filters(standing=Standing.ESCALATED)),
        _list("ledger", standing="escalated"),
    )
    yield Count(
        _("要求重新答复"), owed(Filters(kind=ObligationKind.REOPENED)), _list("ledger", kind="reopened")
    )
    yield Count(_("由我负责的答复"), owed(Filters(owner_id=actor.user_id)), _list("ledger", owner="me"))
    if "requirements:review" in actor.permissions:
        new = requirements.Filters(status=(RequirementStatus.SUBMITTED,))
        waiting = requirements.narrow(requirements.visible_to(actor), new, actor)
        yield Count(
            _("待形式审核的需求"),
            _count(session, waiting, Requirement.id),
            _list("requirements", status="submitted"),
        )
    if "registrations:decide" in actor.permissions:
        asked = registrations.visible_to(actor).where(Registration.status == RegistrationStatus.WAITING)
        yield Count(
            _("待审核的注册"),
            _count(session, asked, Registration.id),
            _list("registrations", status=RegistrationStatus.WAITING.value),
        )
    if "claims:decide" in actor.permissions:
        filed = claims.narrow(claims.visible_to(actor), claims.Filters(status=(ClaimStatus.WAITING,)))
        yield Count(
            _("待审核的认领"), _count(session, filed), _list("claims", status=ClaimStatus.WAITING.value)
        )
    failed = jobs.narrow(jobs.visible_to(actor), statuses=[JobStatus.FAILED], name=None)
    yield Count(_("失败的后台任务"), _count(session, failed), _list("jobs", status="failed"))


def _money(session: Session, actor: Actor) -> list[Money]:
    total = money.measure(
        session, actor=actor, filters=agreements.Filters(), by=money.Grouping.CHALLENGE
    ).total
    return [
        Money(_("已签约"), total.signed, total.amount_wan, _list("agreements", figure="signed")),
        Money(_("已有到账"), total.paid, total.paid_wan, _list("agreements", figure="paid")),
    ]


def _list(name: str, **filters: str) -> str:
    return f"/desk/{name}?{urlencode(filters)}"


def _count(session: Session, statement: Select[Any], column: Any = None) -> int:
    narrowed = statement if column is None else statement.with_only_columns(column)
    return session.scalar(select(func.count()).select_from(narrowed.order_by(None).subquery())) or 0
