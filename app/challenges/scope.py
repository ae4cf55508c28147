"""For whom a challenge is held: which requirements lie outside its region, its fields or its industries.

Only what is stated can lie outside: a form that leaves its field open, or names the province alone, contradicts
nothing.
"""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, FieldError
from app.models.challenge import Challenge, ChallengeEntry, ChallengeStatus
from app.models.requirement import Requirement

SECTIONS: dict[str, tuple[int, int]] = {
    "A": (1, 5),
    "B": (6, 12),
    "C": (13, 43),
    "D": (44, 46),
    "E": (47, 50),
    "F": (51, 52),
    "G": (53, 60),
    "H": (61, 62),
    "I": (63, 65),
    "J": (66, 69),
    "K": (70, 70),
    "L": (71, 72),
    "M": (73, 75),
    "N": (76, 79),
    "O": (80, 82),
    "P": (83, 83),
    "Q": (84, 85),
    "R": (86, 90),
    "S": (91, 96),
    "T": (97, 97),
}
"""The first and last division of each section of GB/T 4754-2017."""

_INDUSTRY = re.compile(r"([A-Ta-t](?![A-Za-z]))?(\d{2,4})?\W*(.*)", re.DOTALL)


class OutsideScope(Conflict):
    code = "outside_scope"
    zh = "该需求不在赛事 {challenge} 的面向范围内；确需列入的，由承办单位写明原因"
    en = "The requirement is outside the scope of the challenge {challenge}; organizers may enter it with a reason"


def check(challenge: Challenge, requirement: Requirement) -> None:
    """Raises `OutsideScope`, whose fields say what lies outside."""
    found = differences(challenge, requirement)
    if found:
        raise OutsideScope(fields=found, challenge=challenge.code)


def check_entries(session: Session, requirement: Requirement) -> None:
    """As `check`, for every challenge that the requirement is in without an organizer's reason and that is not over."""
    statement = (
        select(Challenge)
        .join(ChallengeEntry, ChallengeEntry.challenge_id == Challenge.id)
        .where(
            ChallengeEntry.requirement_id == requirement.id,
            ChallengeEntry.scope_reason == "",
            Challenge.status != ChallengeStatus.CLOSED,
        )
        .order_by(Challenge.code)
    )
    for challenge in session.scalars(statement):
        check(challenge, requirement)


def differences(challenge: Challenge, requirement: Requirement) -> tuple[FieldError, ...]:
    """What of the form lies outside, by its fields `region`, `field` and `industry`."""
    found = []
    if challenge.region and not _is_within(requirement.region, challenge.region):
        where = challenge.region
        found.append(
            FieldError(
                "region", "outside_region", f"赛事面向地区：{where}", f"The challenge is held for {where}"
            )
        )
    if challenge.fields and requirement.field is not None and requirement.field not in challenge.fields:
        fields = "、".join(challenge.fields)
        found.append(
            FieldError(
                "field", "outside_fields", f"赛事面向领域：{fields}", f"The challenge is held for {fields}"
            )
        )
    industries = challenge.industries
    if (
        requirement.industry
        and industries
        and not any(covers(one, requirement.industry) for one in industries)
    ):
        named = "、".join(industries)
        found.append(
            FieldError(
                "industry",
                "outside_industries",
                f"赛事面向行业：{named}",
                f"The challenge is held for {named}",
            )
        )
    return tuple(found)


def covers(industry: str, stated: str) -> bool:
    """Whether what a form states of its industry can lie in `industry`; both are codes of GB/T 4754, names or both.

    Codes decide where both have one, else names; a code and a name that cannot be compared contradict nothing.
    """
    section, code, name = _parts(industry)
    other_section, other_code, other_name = _parts(stated)
    if code and other_code:
        return code.startswith(other_code) or other_code.startswith(code)
    if section and not code and other_code:
        first, last = SECTIONS[section]
        return first <= int(other_code[:2]) <= last
    if section and other_section and not (code and other_code):
        return section == other_section
    if section and not code:
        return True
    return not (name and other_name) or name in other_name or other_name in name


def _parts(industry: str) -> tuple[str, str, str]:
    found = _INDUSTRY.fullmatch(industry.strip())
    assert found is not None, "the pattern fits every text"
    section, code, name = found.groups(default="")
    return section.upper(), code, name.strip()


def _is_within(region: str, scope: str) -> bool:
    """Whether a region as people write it (省/市/区县, or a part of that) can lie within the scope."""
    stated = [part.strip() for part in region.split("/") if part.strip()]
    wanted = [part.strip() for part in scope.split("/") if part.strip()]
    if stated == wanted[: len(stated)]:
        # Nothing stated, or a wider place than the scope.
        return True
    return stated[: len(wanted)] == wanted or any(wanted[-1] in part for part in stated)
