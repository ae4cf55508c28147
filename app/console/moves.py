"""The steps of a requirement's lifecycle as buttons: who sees which, what each asks for, what it calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.auth.actor import Actor
from app.console import forms
from app.errors import NotFound
from app.models.requirement import ALLOWED_TRANSITIONS, Requirement, RequirementStatus, ReturnReason
from app.requirements import policy, service
from app.requirements.schemas import AdvanceBody, NoteBody, PublishBody, ReasonBody, ReturnBody

S = RequirementStatus
RETURN_REASONS = tuple(ReturnReason)


@dataclass(frozen=True)
class Move:
    """A button. `asks` is `nothing`, `note` (words, optional), `reason` (words) or `return` (reason and words)."""

    code: str
    label: str
    permission: str
    to: RequirementStatus
    asks: str
    make: Callable[[Session, Actor, Requirement, FormData], Any]
    is_end: bool = False


def _submit(session: Session, actor: Actor, requirement: Requirement, form: FormData) -> Any:
    return service.submit(session, actor, requirement)


def _accept(session: Session, actor: Actor, requirement: Requirement, form: FormData) -> Any:
    return service.accept(session, actor, requirement, forms.body_of(NoteBody, form).text)


def _refine(session: Session, actor: Actor, requirement: Requirement, form: FormData) -> Any:
    return service.refine(session, actor, requirement)


def _approve(session: Session, actor: Actor, requirement: Requirement, form: FormData) -> Any:
    return service.approve(session, actor, requirement, forms.body_of(NoteBody, form).text)


def _return(session: Session, actor: Actor, requirement: Requirement, form: FormData) -> Any:
    body = forms.body_of(ReturnBody, form)
    return service.send_back(session, actor, requirement, reason=body.reason, text=body.text)


def _reject(session: Session, actor: Actor, requirement: Requirement, form: FormData) -> Any:
    return service.reject(session, actor, requirement, reason=forms.body_of(ReasonBody, form).reason)


def _publish(session: Session, actor: Actor, requirement: Requirement, form: FormData) -> Any:
    return service.publish(session, actor, requirement, text=forms.body_of(PublishBody, form).text)


def _advance(to: RequirementStatus) -> Callable[[Session, Actor, Requirement, FormData], Any]:
    def advance(session: Session, actor: Actor, requirement: Requirement, form: FormData) -> Any:
        body = forms.require(AdvanceBody, {"to": to.value, "text": str(form.get("text") or "")})
        return service.advance(session, actor, requirement, to=to, text=body.text)

    return advance


def _withdraw(session: Session, actor: Actor, requirement: Requirement, form: FormData) -> Any:
    return service.withdraw(session, actor, requirement, reason=forms.body_of(ReasonBody, form).reason)


def _close(session: Session, actor: Actor, requirement: Requirement, form: FormData) -> Any:
    return service.close(session, actor, requirement, reason=forms.body_of(ReasonBody, form).reason)


MOVES: tuple[Move, ...] = (
    Move("submit", "提交", "requirements:submit", S.SUBMITTED, "nothing", _submit),
    Move("accept", "形式审核通过", "requirements:review", S.TECHNICAL_REVIEW, "note", _accept),
    Move("refine", "挖掘凝练完成", "requirements:review", S.REFINED, "nothing", _refine),
    Move("approve", "审核通过", "requirements:review", S.APPROVED, "note", _approve),
    Move("return", "退回补正", "requirements:review", S.RETURNED, "return", _return),
    Move("publish", "发布", "requirements:publish", S.PUBLISHED, "note", _publish),
    Move("contact", "进入对接", "requirements:close", S.IN_CONTACT, "text", _advance(S.IN_CONTACT)),
    Move("agree", "已签约", "requirements:close", S.AGREED, "text", _advance(S.AGREED)),
    Move("deliver", "进入跟踪", "requirements:close", S.IN_DELIVERY, "text", _advance(S.IN_DELIVERY)),
    Move("close", "办结", "requirements:close", S.CLOSED, "reason", _close, is_end=True),
    Move("reject", "不予受理", "requirements:review", S.REJECTED, "reason", _reject, is_end=True),
    Move("withdraw", "撤回", "requirements:withdraw", S.WITHDRAWN, "reason", _withdraw, is_end=True),
)
_BY_CODE = {move.code: move for move in MOVES}


def open_to(actor: Actor, requirement: Requirement) -> list[Move]:
    """The steps that this person may take now, in the order of the lifecycle."""
    return [move for move in MOVES if _is_open(move, actor, requirement)]


def make(session: Session, actor: Actor, requirement: Requirement, code: str, form: FormData) -> None:
    """Takes one step. Raises `NotFound` for an unknown one, else what the service raises."""
    move = _BY_CODE.get(code)
    if move is None:
        raise NotFound()
    actor.require(move.permission)
    move.make(session, actor, requirement, form)


def _is_open(move: Move, actor: Actor, requirement: Requirement) -> bool:
    if move.permission not in actor.permissions:
        return False
    if move.code == "approve":
        # One button for all the steps of the review that are left; the lifecycle itself knows single steps.
        return requirement.status in service.REVIEW_STEPS[:-1]
    if move.code == "publish" and requirement.status is not S.APPROVED:
        # The way back from matching is taken by withdrawing a round, never by hand.
        return False
    if move.to not in ALLOWED_TRANSITIONS[requirement.status]:
        return False
    is_own = policy.is_own(actor, requirement)
    if move.code == "submit":
        return is_own or (actor.is_staff and requirement.is_filed_by_staff)
    return is_own or actor.is_staff if move.code == "withdraw" else True
