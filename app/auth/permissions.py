"""Roles × permissions, one table. A route names the permission it needs; API keys carry a subset as scopes."""

from __future__ import annotations

from app.models.access import Role

EVERYONE = frozenset(Role)
STAFF = frozenset({Role.ORGANIZER, Role.ADMIN})
REVIEWING = STAFF | {Role.REVIEWER}
SEEKING = STAFF | {Role.SEEKER}
SOLVING = STAFF | {Role.SOLVER}

PERMISSIONS: dict[str, frozenset[Role]] = {
    "me:read": EVERYONE,
    "me:write": EVERYONE,
    "api-keys:write": EVERYONE,
    "organizations:read": EVERYONE,
    "organizations:create": STAFF,
    "organizations:edit": EVERYONE,
    "users:read": STAFF,
    "users:write": STAFF,
    "requirements:read": EVERYONE,
    "requirements:create": SEEKING,
    "requirements:edit": SEEKING | REVIEWING,
    "requirements:submit": SEEKING,
    "requirements:review": REVIEWING,
    "requirements:publish": STAFF,
    "reviews:read": REVIEWING,
    "reviews:assign": STAFF,
    "reviews:write": frozenset({Role.REVIEWER}),
    "statements:read": SEEKING | REVIEWING,
    "statements:write": REVIEWING,
    "statements:reply": frozenset({Role.SEEKER}),
    "requirements:withdraw": SEEKING,
    "requirements:close": STAFF,
    "candidates:read": SEEKING | REVIEWING,
    "candidates:refresh": STAFF,
    "analyses:read": SEEKING | REVIEWING,
    "analyses:write": SEEKING | REVIEWING,
    "analyses:run": STAFF,
    "responses:read": SEEKING | REVIEWING,
    "responses:write": REVIEWING,
    "responses:acknowledge": frozenset({Role.SEEKER}),
    "obligations:read": REVIEWING,
    "obligations:assign": STAFF,
    "obligations:ask": REVIEWING,
    "obligations:reply": SEEKING,
    "calendar:read": EVERYONE,
    "calendar:write": frozenset({Role.ADMIN}),
    "solvers:read": EVERYONE,
    "solvers:write": SOLVING,
    "achievements:read": EVERYONE,
    "achievements:write": SOLVING,
    "fitting-requirements:read": SOLVING,
    "search:read": EVERYONE,
    "agreements:read": SEEKING | SOLVING,
    "agreements:write": SEEKING,
    "agreements:manage": STAFF,
    "agreement-reports:write": SEEKING | SOLVING,
    "challenges:read": EVERYONE,
    "challenges:write": STAFF,
    "coverage:read": REVIEWING,
    "rounds:read": REVIEWING,
    "rounds:write": STAFF,
    "judgments:read": REVIEWING,
    "judgments:write": REVIEWING,
    "rankers:read": REVIEWING,
    "rankers:write": STAFF,
    "invitations:read": SOLVING,
    "invitations:write": STAFF,
    "requirement-invitations:read": SEEKING,
    "invitations:open": frozenset({Role.SOLVER}),
    "invitations:reply": SOLVING,
    "proposals:read": EVERYONE,
    "proposals:write": frozenset({Role.SOLVER}),
    "proposals:manage": STAFF,
    "proposals:assess": frozenset({Role.REVIEWER}),
    "assessments:read": REVIEWING,
    "imports:read": SEEKING | SOLVING,
    "imports:write": SEEKING | SOLVING,
    "exports:read": EVERYONE,
    "exports:write": EVERYONE,
    "jobs:read": EVERYONE,
    "jobs:write": EVERYONE,
    "notifications:read": EVERYONE,
    "notifications:write": EVERYONE,
    "webhooks:read": EVERYONE,
    "webhooks:write": EVERYONE,
    "audit:read": STAFF,
    "models:read": STAFF,
    "models:write": STAFF,
}


def permissions_of(roles: frozenset[Role]) -> frozenset[str]:
    """Everything that a holder of `roles` may do."""
    return frozenset(name for name, holders in PERMISSIONS.items() if holders & roles)
