"""Files rows of requirements through the service of requirements, one savepoint per row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.challenges import entries
from app.errors import JiebangError, NotFound
from app.exchange.filing import Result, Scope, rejected
from app.exchange.rows import JudgedRow, Message
from app.listings import service as listings
from app.models.exchange import RowOutcome
from app.models.organization import Organization
from app.models.requirement import Requirement, RequirementStatus
from app.organizations import service as organizations
from app.requirements import repository
from app.requirements import service as requirements
from app.requirements.schemas import RequirementFields

UNNAMED_ORGANIZATION = "（未注明单位）"
"""Owns what organizers file without saying whose problem it is."""

NOT_FIELDS = frozenset({"id", "system_id"})


class RowRefused(JiebangError):
    """A row that is well formed and still must not be stored; the raiser gives code and sentence."""

    status = 422

    def __init__(self, code: str, text: str, field: str = "", header: str = "") -> None:
        super().__init__()
        self.message = Message(code, text, field, header)


def file_requirements(session: Session, scope: Scope, rows: Sequence[JudgedRow]) -> list[Result]:
    """What became of each row, in order. A refused row leaves nothing behind.

    Organizers' rows that a seeker could submit are submitted at once, so that an answer is owed;
    the others, and a seeker's own, stay drafts.
    """
    external_ids = [str(row.values["id"]) for row in rows if row.is_good and row.values.get("id")]
    known = repository.by_external_ids(session, scope.source, external_ids) if external_ids else {}
    results: list[Result] = []
    for row in rows:
        if not row.is_good:
            results.append(rejected(row))
            continue
        try:
            with session.begin_nested():
                requirement, outcome = _file(session, scope, row.values, known)
        except RowRefused as error:
            results.append(rejected(row, error.message))
        except JiebangError as error:
            results.append(rejected(row, *_messages(error)))
        else:
            results.append(Result(row.number, outcome, requirement.id, requirement.external_id, row.messages))
    return results


def _messages(error: JiebangError) -> list[Message]:
    if not error.fields:
        return [Message(error.code, error.detail("zh"))]
    return [Message(item.code, item.zh, item.field) for item in error.fields]


def _file(
    session: Session, scope: Scope, values: dict[str, Any], known: dict[str, Requirement]
) -> tuple[Requirement, RowOutcome]:
    fields = {name: value for name, value in values.items() if "." not in name and name not in NOT_FIELDS}
    requirement = _existing_by_id(session, scope, values, known)
    organization = _organization(session, scope, values, requirement)
    if requirement is None and not values.get("id"):
        requirement = _existing_by_title(session, scope, organization, values["title"])
    if requirement is None:
        form = {**RequirementFields().model_dump(), **fields, "external_id": values.get("id")}
        requirement = requirements.create(
            session, scope.actor, form, organization=organization, challenge=scope.challenge
        )
        _submit_if_complete(session, scope, requirement)
        return requirement, RowOutcome.CREATED
    if organization.id != requirement.organization_id:
        raise RowRefused(
            "organization_changed",
            "需求单位与已登记的不同；如需更换单位，请先撤回原需求再用新编号导入",
            "organization.name",
            "需求单位",
        )
    changes = {name: value for name, value in fields.items() if getattr(requirement, name) != value}
    is_changed = bool(changes)
    if changes:
        requirements.edit(session, scope.actor, requirement, changes)
    is_changed |= _enter(session, scope, requirement)
    is_changed |= _submit_if_complete(session, scope, requirement)
    return requirement, RowOutcome.UPDATED if is_changed else RowOutcome.UNCHANGED


def _existing_by_id(
    session: Session, scope: Scope, values: dict[str, Any], known: dict[str, Requirement]
) -> Requirement | None:
    if "system_id" in values:
        try:
            return repository.get(session, scope.actor, values["system_id"])
        except NotFound as error:
            raise RowRefused(
                "unknown_system_id", "没有这个系统编号；新增的行请留空", "system_id", "系统编号"
            ) from error
    return known.get(values["id"]) if values.get("id") else None


def _existing_by_title(
    session: Session, scope: Scope, organization: Organization, title: str
) -> Requirement | None:
    # Rows without an id of their own are told apart by title and unit, among those that never had one.
    statement = (
        select(Requirement)
        .where(
            Requirement.source == scope.source,
            Requirement.external_id.is_(None),
            Requirement.organization_id == organization.id,
            Requirement.title == title,
        )
        .options(joinedload(Requirement.organization))
        .order_by(Requirement.id)
        .limit(1)
    )
    return session.scalar(statement)


def _organization(
    session: Session, scope: Scope, values: dict[str, Any], requirement: Requirement | None
) -> Organization:
    name, uscc = values.get("organization.name"), values.get("organization.uscc")
    if not scope.is_staff:
        return _own_organization(session, scope, name, uscc)
    if name is None and uscc is None:
        if requirement is not None:
            return requirement.organization
        if scope.organization_id is not None:
            return organizations.get(session, scope.actor, scope.organization_id)
        name = UNNAMED_ORGANIZATION
    if (
        requirement is not None
        and name == requirement.organization.name
        and uscc
        in (
            None,
            requirement.organization.uscc,
        )
    ):
        return requirement.organization
    if name is None:
        found = session.scalar(select(Organization).where(Organization.uscc == uscc))
        if found is None:
            raise RowRefused(
                "missing", "该信用代码的单位尚未登记，请填写“需求单位”", "organization.name", "需求单位"
            )
        return found
    region = values.get("organization.region") or values.get("region")
    if name == UNNAMED_ORGANIZATION:
        region = None
    organization = organizations.find_or_create(session, scope.actor, name=name, uscc=uscc, region=region)
    kind = values.get("organization.kind")
    if kind is not None and organization.kind is not kind and _is_new(session, organization):
        organization.kind = kind
        session.flush()
    return organization


def _is_new(session: Session, organization: Organization) -> bool:
    # The kind of a unit on file is not a spreadsheet's to change.
    owned = select(Requirement.id).where(Requirement.organization_id == organization.id).limit(1)
    return organization.version == 1 and session.scalar(owned) is None


def _own_organization(session: Session, scope: Scope, name: str | None, uscc: str | None) -> Organization:
    assert scope.organization_id is not None
    organization = organizations.get(session, scope.actor, scope.organization_id)
    is_same_code = uscc is not None and uscc == organization.uscc
    is_other_name = name is not None and name != organization.name and not is_same_code
    is_other_code = uscc is not None and organization.uscc is not None and uscc != organization.uscc
    if is_other_name or is_other_code:
        raise RowRefused(
            "organization_not_yours",
            "只能为本单位导入需求，请核对“需求单位”",
            "organization.name",
            "需求单位",
        )
    return organization


def _enter(session: Session, scope: Scope, requirement: Requirement) -> bool:
    if scope.challenge is None:
        return False
    challenge = entries.by_code(session, scope.challenge)
    if entries.is_entered(session, challenge.id, requirement.id):
        return False
    listings.enter(session, scope.actor, challenge, requirement)
    return True


def _submit_if_complete(session: Session, scope: Scope, requirement: Requirement) -> bool:
    if not scope.is_staff or requirement.status is not RequirementStatus.DRAFT:
        return False
    if not requirement.is_filed_by_staff or requirements.what_submission_lacks(requirement):
        return False
    requirements.submit(session, scope.actor, requirement)
    return True
