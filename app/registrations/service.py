"""Takes registrations from strangers without telling them who has an account, and decides them for staff."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from app import audit
from app.auth.actor import SYSTEM, Actor
from app.auth.secrets import hash_password
from app.config import Settings
from app.context import AppContext
from app.errors import Conflict
from app.kit.clock import in_shanghai, now
from app.kit.lifecycle import check_move
from app.letters import service as letters
from app.letters.service import LinkUsedUp
from app.models.access import Role
from app.models.letter import LetterKind
from app.models.registration import REGISTRATION_TRANSITIONS, Registration, RegistrationStatus
from app.notifications.service import Event, Person, RoleHolders, Subject, notify
from app.organizations import repository as organization_rows
from app.organizations import service as organizations
from app.registrations import repository
from app.users import service as users
from app.users.passwords import check_password_policy
from app.users.service import Grant

N = RegistrationStatus

WAITING_PER_EMAIL = 3
"""So many undecided registrations are kept for one address. None replaces another: the first need not be the
right one, and a later one must not slip its password under what staff have checked."""


class UnitOnFile(Conflict):
    code = "unit_on_file"
    zh = "已有同名或同代码的单位；如确为该单位，请指明 organization_id"
    en = "A unit of this name or code is on file; name its organization_id if that is the one"


@dataclass(frozen=True)
class Filed:
    """What the person gets: with `id` and the secret `receipt` it can ask what became of it."""

    id: uuid.UUID
    receipt: str


def file(
    session: Session,
    settings: Settings,
    *,
    password: str,
    fields: Mapping[str, Any],
    language: str = "zh",
) -> Filed:
    """Keeps a stranger's registration. The answer is the same whether the address is known or not.

    Where the service can send links, it counts once the address is confirmed; else at once.
    Raises `InvalidInput` for a password or a social credit code that will not do.
    """
    email = fields["email"]
    check_password_policy(password, email=email, min_length=settings.password_min_length)
    values = dict(fields)
    if values.get("uscc"):
        values["uscc"] = organizations.checked_uscc(values["uscc"])
    # Hashing comes first in any case: it takes so long that its absence would tell.
    password_hash, receipt = hash_password(password), secrets.token_urlsafe(24)
    if repository.count_waiting(session, email) >= WAITING_PER_EMAIL:
        return Filed(uuid7(), receipt)
    registration = Registration(
        **values,
        status=N.UNCONFIRMED if settings.mails_links else N.WAITING,
        password_hash=password_hash,
        receipt_hash=digest(receipt),
        language=language,
    )
    session.add(registration)
    session.flush()
    _audit(session, SYSTEM, registration, "registration.filed")
    if registration.status is N.UNCONFIRMED:
        letters.write(
            session,
            settings,
            LetterKind.CONFIRM_ADDRESS,
            email,
            subject_id=registration.id,
            language=language,
        )
    else:
        _tell_staff(session, registration)
    return Filed(registration.id, receipt)


def to_confirm(session: Session, token: str) -> Registration:
    """The registration that a letter's link is about. Raises `LinkUsedUp`."""
    letter = letters.find(session, LetterKind.CONFIRM_ADDRESS, token)
    registration = session.get(Registration, letter.subject_id)
    if registration is None or registration.status is not N.UNCONFIRMED:
        raise LinkUsedUp()
    return registration


def confirm(session: Session, token: str) -> Registration:
    """Makes a registration count, once: whoever reads the address's mail has said so. Raises `LinkUsedUp`."""
    letter = letters.find(session, LetterKind.CONFIRM_ADDRESS, token, lock=True)
    registration = to_confirm(session, token)
    check_move(REGISTRATION_TRANSITIONS, registration.status, N.WAITING)
    registration.status, registration.email_confirmed_at = N.WAITING, now()
    letters.use(session, letter)
    _audit(session, SYSTEM, registration, "registration.confirmed")
    _tell_staff(session, registration)
    return registration


def drop_unconfirmed(context: AppContext) -> int:
    """Drops registrations that nobody has confirmed in time, with what strangers wrote into them."""
    with context.db.write() as session:
        statement = delete(Registration).where(
            Registration.status == N.UNCONFIRMED, Registration.created_at < now() - letters.KEEP
        )
        result = session.execute(statement.execution_options(synchronize_session=False))
        assert isinstance(result, CursorResult)
        return result.rowcount


def _tell_staff(session: Session, registration: Registration) -> None:
    notify(
        session,
        event=Event.REGISTRATION_FILED,
        recipients=[RoleHolders(Role.ORGANIZER)],
        subject=Subject("registration", registration.id),
        # Strangers must not be able to fill anybody's inbox.
        once=f"registrations:{in_shanghai(now()):%Y-%m-%d}",
    )


def digest(receipt: str) -> str:
    """What is kept of a receipt."""
    return hashlib.sha256(receipt.encode()).hexdigest()


def approve(
    session: Session, actor: Actor, registration: Registration, *, organization_id: uuid.UUID | None
) -> Registration:
    """Makes the account, with the role of a solver in an existing unit or in the new one that is stated.

    Raises `MoveNotAllowed`, `DuplicateEmail`, `UnitOnFile` or `InvalidInput`.
    """
    check_move(REGISTRATION_TRANSITIONS, registration.status, N.APPROVED)
    if organization_id is None:
        organization_id = _new_unit(session, actor, registration)
    user = users.admit(
        session,
        actor,
        email=registration.email,
        password_hash=registration.password_hash,
        grants=[Grant(Role.SOLVER, organization_id)],
        name=registration.name,
        phone=registration.phone,
    )
    registration.user_id, registration.organization_id = user.id, organization_id
    _decide(session, actor, registration, N.APPROVED)
    notify(
        session,
        event=Event.REGISTRATION_APPROVED,
        recipients=[Person(user.id)],
        subject=Subject("registration", registration.id),
        once=f"registration:{registration.id}",
    )
    return registration


def refuse(
    session: Session, actor: Actor, settings: Settings, registration: Registration, *, reason: str
) -> Registration:
    """Refuses with a reason that the person reads with its receipt, and in a letter. Raises `MoveNotAllowed`."""
    check_move(REGISTRATION_TRANSITIONS, registration.status, N.REFUSED)
    registration.answer = reason
    # A stranger could otherwise have us write to anybody.
    if registration.email_confirmed_at is not None:
        letters.write(
            session,
            settings,
            LetterKind.REGISTRATION_REFUSED,
            registration.email,
            subject_id=registration.id,
            language=registration.language,
            note=reason,
        )
    return _decide(session, actor, registration, N.REFUSED)


def _new_unit(session: Session, actor: Actor, registration: Registration) -> uuid.UUID:
    by_code = registration.uscc and organization_rows.by_uscc(session, registration.uscc)
    if by_code or organization_rows.by_name(session, registration.organization_name):
        raise UnitOnFile()
    stated = {
        "name": registration.organization_name,
        "kind": registration.organization_kind,
        "uscc": registration.uscc,
        "region": registration.region,
    }
    return organizations.create(session, actor, stated).id


def _decide(
    session: Session, actor: Actor, registration: Registration, to: RegistrationStatus
) -> Registration:
    registration.status, registration.decided_at, registration.decided_by_id = to, now(), actor.user_id
    # The account has its own by now, and nobody needs a refused one.
    registration.password_hash = ""
    session.flush()
    _audit(session, actor, registration, f"registration.{to.value}")
    return registration


def _audit(session: Session, actor: Actor, registration: Registration, action: str) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="registration",
        object_id=registration.id,
    )
