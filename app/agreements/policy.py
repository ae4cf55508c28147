"""Whether an actor may act on an agreement that it can already see, as sentences."""

from __future__ import annotations

from app.auth.actor import Actor
from app.errors import JiebangError, NotPermitted
from app.models.access import Role
from app.models.agreement import Agreement, AgreementStatus
from app.models.requirement import PUBLIC_STATUSES, Requirement


class AgreementNotEditable(JiebangError):
    code, status = "agreement_not_editable", 409
    zh = "协议当前为“{state}”，只有“拟签”的协议可以修改"
    en = "The agreement is {state_code}; only a draft can be edited"


class RequirementNotPublished(JiebangError):
    code, status = "requirement_not_published", 409
    zh = "需求当前为“{state}”，发布之后、办结之前才能登记协议"
    en = "The requirement is {state_code}; agreements are filed after publication and before its end"


def check_may_file(actor: Actor, requirement: Requirement) -> None:
    """The seeker files agreements on its own requirements; staff on any.

    Raises `NotPermitted` or `RequirementNotPublished`.
    """
    if not (actor.is_staff or _is_seeker_of(actor, requirement)):
        raise NotPermitted(permission="agreements:write")
    if requirement.status not in PUBLIC_STATUSES:
        raise RequirementNotPublished(state=requirement.status.label, state_code=requirement.status.value)


def check_may_write(actor: Actor, agreement: Agreement) -> None:
    """The seeker keeps the agreements on its own requirements; staff all. Raises `NotPermitted`."""
    if not may_write(actor, agreement):
        raise NotPermitted(permission="agreements:write")


def may_write(actor: Actor, agreement: Agreement) -> bool:
    """The condition behind `check_may_write`."""
    return actor.is_staff or _is_seeker_of(actor, agreement.requirement)


def check_is_draft(agreement: Agreement) -> None:
    """Raises `AgreementNotEditable` for what was signed or cancelled."""
    if agreement.status is not AgreementStatus.DRAFT:
        raise AgreementNotEditable(state=agreement.status.label, state_code=agreement.status.value)


def _is_seeker_of(actor: Actor, requirement: Requirement) -> bool:
    return requirement.organization_id in actor.organizations(Role.SEEKER)
