"""Files people, gives and takes roles, and changes passwords. Signing in is left to `auth`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app import audit
from app.auth import repository as tokens
from app.auth.actor import Actor
from app.auth.errors import WrongCredentials
from app.auth.secrets import hash_password, is_password
from app.config import Settings
from app.errors import Conflict, FieldError, InvalidInput, NotAuthenticated, NotFound
from app.kit.clock import now
from app.models.access import Membership, Role, User
from app.organizations import service as organizations
from app.users import policy, repository
from app.users.passwords import check_password_policy


class DuplicateEmail(Conflict):
    code = "duplicate_email"
    zh, en = "该邮箱已注册", "A user with this e-mail exists"


class LastAdmin(Conflict):
    code = "last_admin"
    zh, en = "至少要保留一名启用的系统管理员", "At least one active administrator must remain"


class WrongPassword(WrongCredentials):
    code, status = "wrong_password", 403
    zh, en = "当前密码不正确", "The current password is wrong"


@dataclass(frozen=True)
class Grant:
    """A role to be held, in an organization or (reviewers, organizers, administrators) in none."""

    role: Role
    organization_id: uuid.UUID | None = None


def create(
    session: Session,
    actor: Actor,
    settings: Settings,
    *,
    email: str,
    password: str,
    grants: Iterable[Grant],
    name: str = "",
    phone: str = "",
) -> User:
    """A new person with at least one role. Raises `NotPermitted`, `DuplicateEmail` or `InvalidInput`."""
    wanted = list(dict.fromkeys(grants))
    policy.check_may_manage(actor, [grant.role for grant in wanted])
    email = email.strip().lower()
    check_password_policy(password, email=email, min_length=settings.password_min_length)
    return admit(
        session,
        actor,
        email=email,
        password_hash=hash_password(password),
        grants=wanted,
        name=name,
        phone=phone,
    )


def admit(
    session: Session,
    actor: Actor,
    *,
    email: str,
    password_hash: str,
    grants: Iterable[Grant],
    name: str = "",
    phone: str = "",
) -> User:
    """As `create`, for a person whose password was checked and hashed before; `email` is in lower case.

    Raises `NotPermitted`, `DuplicateEmail` or `InvalidInput`.
    """
    wanted = list(dict.fromkeys(grants))
    policy.check_may_manage(actor, [grant.role for grant in wanted])
    if tokens.user_by_email(session, email) is not None:
        raise DuplicateEmail()
    user = User(email=email, name=name, phone=phone, password_hash=password_hash)
    user.memberships = _memberships(session, actor, wanted)
    session.add(user)
    session.flush()
    _audit(session, actor, user, "user.created", roles=_roles(user))
    return user


def edit(
    session: Session,
    actor: Actor,
    settings: Settings,
    user: User,
    *,
    changes: Mapping[str, Any],
    grants: Iterable[Grant] | None = None,
    password: str | None = None,
) -> User:
    """Changes name, phone, `is_active`, roles and password; what is left out stays.

    Whoever is switched off or gets a new password is signed out everywhere. Memberships that stay keep their
    API keys. Raises `NotPermitted`, `InvalidInput` or `LastAdmin`.
    """
    policy.check_may_manage(actor, [membership.role for membership in user.memberships])
    changed = sorted(name for name, value in changes.items() if getattr(user, name) != value)
    for name in changed:
        setattr(user, name, changes[name])
    if grants is not None and _regrant(session, actor, user, list(dict.fromkeys(grants))):
        changed.append("memberships")
    if password is not None:
        policy.check_may_set_password(actor)
        _set_password(session, settings, user, password)
        changed.append("password")
    if not changed:
        return user
    if not user.is_active:
        tokens.revoke_all_of(session, user.id, now())
    # Roles live in another table; the version must tell of them, too.
    user.updated_at = now()
    session.flush()
    if {"is_active", "memberships"} & set(changed) and not repository.active_admins(session):
        raise LastAdmin()
    _audit(session, actor, user, "user.edited", fields=",".join(changed), roles=_roles(user))
    return user


def change_own_details(session: Session, actor: Actor, changes: Mapping[str, Any]) -> User:
    """The person's own name and phone."""
    user = _self(session, actor)
    changed = sorted(name for name, value in changes.items() if getattr(user, name) != value)
    if changed:
        for name in changed:
            setattr(user, name, changes[name])
        session.flush()
        _audit(session, actor, user, "user.edited", fields=",".join(changed))
    return user


def change_own_password(
    session: Session, actor: Actor, settings: Settings, *, current: str, new: str
) -> None:
    """Ends every refresh chain of the person, too. Raises `WrongPassword` or `InvalidInput`."""
    user = _self(session, actor)
    fits, _ = is_password(current, user.password_hash)
    if not fits:
        raise WrongPassword()
    _set_password(session, settings, user, new, field="new_password")
    session.flush()
    _audit(session, actor, user, "user.password_changed")


def reset_password(session: Session, settings: Settings, user: User, new: str) -> None:
    """Sets a password for a person who has shown otherwise who they are; ends every sign-in.

    Raises `InvalidInput`.
    """
    _set_password(session, settings, user, new, field="new_password")
    session.flush()
    audit.record(session, "user.password_reset", actor_id=user.id, object_kind="user", object_id=user.id)


def _self(session: Session, actor: Actor) -> User:
    user = repository.own(session, actor.user_id) if actor.user_id else None
    if user is None:
        raise NotAuthenticated()
    return user


def _set_password(
    session: Session, settings: Settings, user: User, password: str, *, field: str = "password"
) -> None:
    check_password_policy(password, email=user.email, min_length=settings.password_min_length, field=field)
    user.password_hash = hash_password(password)
    user.failed_logins, user.locked_until = 0, None
    tokens.revoke_all_of(session, user.id, now())


def _regrant(session: Session, actor: Actor, user: User, wanted: list[Grant]) -> bool:
    policy.check_may_manage(actor, [grant.role for grant in wanted])
    held = {Grant(row.role, row.organization_id): row for row in user.memberships}
    if held.keys() == set(wanted):
        return False
    fresh = _memberships(session, actor, [grant for grant in wanted if grant not in held])
    user.memberships = [row for grant, row in held.items() if grant in wanted] + fresh
    return True


def _memberships(session: Session, actor: Actor, grants: list[Grant]) -> list[Membership]:
    return [_membership(session, actor, position, grant) for position, grant in enumerate(grants)]


def _membership(session: Session, actor: Actor, position: int, grant: Grant) -> Membership:
    field = f"memberships.{position}.organization_id"
    if grant.organization_id is None:
        if grant.role in policy.NEEDS_ORGANIZATION:
            raise InvalidInput(
                fields=(
                    FieldError(
                        field,
                        "missing",
                        f"“{grant.role.label}”必须属于一个单位",
                        "This role needs an organization",
                    ),
                )
            )
        return Membership(role=grant.role, organization_id=None)
    try:
        organization = organizations.get(session, actor, grant.organization_id)
    except NotFound as error:
        raise InvalidInput(
            fields=(FieldError(field, "unknown_organization", "没有这个单位", "No such organization"),)
        ) from error
    return Membership(role=grant.role, organization_id=organization.id, organization=organization)


def _roles(user: User) -> str:
    return ",".join(sorted({membership.role.value for membership in user.memberships}))


def _audit(session: Session, actor: Actor, user: User, action: str, **detail: str) -> None:
    audit.record(session, action, actor_id=actor.user_id, object_kind="user", object_id=user.id, **detail)
