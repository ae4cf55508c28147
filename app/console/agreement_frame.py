"""One agreement as its parties and the organizer see it, and the steps of its life as buttons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.agreements import policy, service
from app.agreements.delivery import OPEN_STATUSES
from app.agreements.presenter import present
from app.agreements.schemas import SignBody, TerminateBody
from app.auth.actor import Actor
from app.console import forms
from app.console.rendering import page
from app.kit.clock import in_shanghai, now
from app.kit.schemas import Body
from app.models.agreement import (
    AGREEMENT_TRANSITIONS,
    PAYABLE_STATUSES,
    Agreement,
    AgreementStatus,
    ReportKind,
)
from app.models.requirement import Requirement
from app.requirements import repository as requirements

A = AgreementStatus


class Nothing(Body):
    """The body of a step that asks for nothing."""


@dataclass(frozen=True)
class Move:
    """A button. `asks` is `nothing`, `day` (of signing) or `reason` (words)."""

    code: str
    label: str
    permission: str
    to: AgreementStatus
    asks: str
    body: type[BaseModel]
    make: Callable[[Session, Actor, Agreement, Any], Any]
    is_end: bool = False


def _sign(session: Session, actor: Actor, agreement: Agreement, body: SignBody) -> None:
    service.sign(session, actor, agreement, signed_on=body.signed_on)


def _start(session: Session, actor: Actor, agreement: Agreement, body: Nothing) -> None:
    service.start(session, actor, agreement)


def _complete(session: Session, actor: Actor, agreement: Agreement, body: Nothing) -> None:
    service.complete(session, actor, agreement)


def _terminate(session: Session, actor: Actor, agreement: Agreement, body: TerminateBody) -> None:
    service.terminate(session, actor, agreement, reason=body.reason)


def _cancel(session: Session, actor: Actor, agreement: Agreement, body: Nothing) -> None:
    service.cancel(session, actor, agreement)


MOVES: tuple[Move, ...] = (
    Move("sign", "登记签署", "agreements:manage", A.SIGNED, "day", SignBody, _sign),
    Move("start", "开始履行", "agreements:manage", A.IN_DELIVERY, "nothing", Nothing, _start),
    Move("complete", "履行完毕", "agreements:manage", A.COMPLETED, "nothing", Nothing, _complete),
    Move(
        "terminate", "终止协议", "agreements:manage", A.TERMINATED, "reason", TerminateBody, _terminate, True
    ),
    Move("cancel", "取消草稿", "agreements:write", A.CANCELLED, "nothing", Nothing, _cancel, True),
)


def open_to(actor: Actor, agreement: Agreement) -> list[Move]:
    """The steps that this person may take now."""
    return [
        move
        for move in MOVES
        if move.permission in actor.permissions
        and move.to in AGREEMENT_TRANSITIONS[agreement.status]
        and policy.may_write(actor, agreement)
    ]


def show(
    request: Request,
    session: Session,
    actor: Actor,
    agreement: Agreement,
    *,
    failing: str = "",
    read: forms.Read[Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page; `failing` names the form that `read` was typed into and that was refused."""
    may_manage = "agreements:manage" in actor.permissions
    # A team may have an agreement on a problem that was never published to it.
    open_to_reader = requirements.visible_to(actor).where(Requirement.id == agreement.requirement_id)
    is_delivered = agreement.status is A.IN_DELIVERY
    return page(
        request,
        "agreement.html",
        status=status,
        item=present(agreement),
        may_read_requirement=session.scalar(open_to_reader) is not None,
        moves=open_to(actor, agreement),
        may_edit=policy.may_write(actor, agreement) and agreement.status is A.DRAFT,
        may_plan=policy.may_write(actor, agreement) and agreement.status in OPEN_STATUSES,
        may_manage=may_manage,
        may_pay=may_manage and agreement.status in PAYABLE_STATUSES,
        may_report=is_delivered and "agreement-reports:write" in actor.permissions,
        report_kinds=ReportKind,
        today=in_shanghai(now()).date(),
        failing=failing,
        typed=read.values if read else {},
        errors=read.errors if read else {},
    )
