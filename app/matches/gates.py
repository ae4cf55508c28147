"""Which teams a requirement may be shown: identity, exclusions, and the must-have conditions it states.

A gate is never outweighed by a score. What a team does not state of itself breaks nothing; it is shown as not
verified (`docs/decisions/gates.md`).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.analysis import service as analyses
from app.indexing.documents import same_name
from app.models.organization import Organization
from app.models.requirement import Confidentiality, Requirement
from app.models.solver import UNNAMED, SolverKind, SolverProfile
from matching import Filter
from matching.gates import Asked, Gates, Rule, Team, broken, check, read_gates

IDENTITY: tuple[tuple[str, str, str], ...] = (
    ("other_organization", "与需求方不是同一单位", "not the seeker's own organization"),
    ("not_excluded", "未声明回避该需求方", "has not excluded the seeker"),
    ("active", "解决方档案有效", "its profile is active"),
)
"""What every candidate meets: code, and words in both languages."""

KINDS: Mapping[str, tuple[str, str]] = {
    "university": ("高等院校", "university"),
    "institute": ("科研院所", "institute"),
    "enterprise": ("企业", "enterprise"),
    "domestic": ("境内单位", "domestic"),
    "foreign": ("境外单位", "foreign"),
}
_BY_REGION = frozenset({"domestic", "foreign"})
CHUNK = 200
SHOWN_OPEN = 8
"""So many conditions that people have to check are listed with a candidate."""


@dataclass(frozen=True, slots=True)
class Barrier:
    """A rule that keeps a team from a requirement; `text` quotes the requirement where it was read."""

    code: str
    label: str
    label_en: str
    text: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "label": self.label, "label_en": self.label_en, "text": self.text}


def gates_of(session: Session, requirements: Sequence[Requirement]) -> dict[uuid.UUID, Gates]:
    """The gates of requirements by id, from their analyses as people have corrected them.

    `organization` is loaded on each.
    """
    found: dict[uuid.UUID, Gates] = {}
    for start in range(0, len(requirements), CHUNK):
        chunk = requirements[start : start + CHUNK]
        stated = analyses.conditions_of(session, chunk)
        found |= {row.id: gates_in(row, *stated[row.id]) for row in chunk}
    return found


def gates_of_reading(requirement: Requirement, reading: analyses.Reading) -> Gates:
    """The gates of one requirement whose reading is at hand."""
    return gates_in(requirement, reading.parts["conditions"], "conditions" in reading.edited)


def gates_in(requirement: Requirement, conditions: Sequence[Mapping[str, Any]], is_confirmed: bool) -> Gates:
    """The gates that a requirement's conditions make; `organization` is loaded on it."""
    asked = [
        Asked(
            kind=str(item["kind"]),
            operator=str(item["operator"]),
            value=str(item["value"]),
            strength=str(item["strength"]),
            text=str((item.get("source") or {}).get("text") or ""),
        )
        for item in conditions
    ]
    region = requirement.region
    if not region and requirement.confidentiality is Confidentiality.PUBLIC:
        # A hidden seeker's own address must not show through in whom its problem is offered to.
        region = requirement.organization.region
    return read_gates(asked, seeker_region=region, is_confirmed=is_confirmed)


def team_of(solver: SolverProfile) -> Team:
    """What rules are tested on."""
    return Team.of(solver.region, solver.kind.value)


def bars(solver: SolverProfile, organization: Organization) -> tuple[str, ...]:
    """The codes of the rules of identity that keep a solver from a seeker; empty when it may be proposed."""
    found = []
    if not solver.is_active:
        found.append("inactive")
    same = solver.source != UNNAMED and same_name(solver.name) == same_name(organization.name)
    if same or solver.organization_id == organization.id:
        found.append("conflict_of_interest")
    if solver.exclusions:
        names = {
            same_name(name)
            for name in (organization.name, str(organization.id), organization.uscc or "")
            if name
        }
        if names.intersection(same_name(name) for name in solver.exclusions):
            found.append("excluded_by_solver")
    return tuple(found)


def barred(solver: SolverProfile, organization: Organization, gates: Gates) -> tuple[str, ...]:
    """The codes of all rules that keep a solver from a requirement of `organization`."""
    return (*bars(solver, organization), *(rule.code for rule in broken(gates.rules, team_of(solver))))


def barriers(
    solver: SolverProfile, organization: Organization, gates: Gates, words: Mapping[str, tuple[str, str]]
) -> tuple[Barrier, ...]:
    """The same in words: those of `words` for identity, the condition itself for what the requirement states."""
    found = [Barrier(code, *words[code]) for code in bars(solver, organization)]
    for rule in broken(gates.rules, team_of(solver)):
        found.append(Barrier(rule.code, *condition_words(rule), text="；".join(rule.texts)[:200]))
    return tuple(found)


def shown(solver: SolverProfile, gates: Gates) -> list[dict[str, Any]]:
    """The gates of a candidate as they are stored and shown: `passed` is None for what is not verified."""
    team = team_of(solver)
    found: list[dict[str, Any]] = [
        {"code": code, "label": zh, "label_en": en, "passed": True, "text": ""} for code, zh, en in IDENTITY
    ]
    for rule in gates.rules:
        zh, en = condition_words(rule)
        passed = True if check(rule, team) == "met" else None
        found.append(
            {
                "code": rule.code,
                "label": zh,
                "label_en": en,
                "passed": passed,
                "text": "；".join(rule.texts)[:200],
            }
        )
    for one in gates.open[:SHOWN_OPEN]:
        zh, en = (
            ("待人工确认的条件", "to be confirmed by a person")
            if one.is_testable
            else ("须人工核实的条件", "to be checked by a person")
        )
        text = (one.text or one.value)[:200]
        found.append({"code": f"open_{one.kind}", "label": zh, "label_en": en, "passed": None, "text": text})
    return found


def condition_words(rule: Rule) -> tuple[str, str]:
    """A rule in Chinese and English: 所在地须在江苏省或浙江省."""
    if rule.subject == "place":
        places = [
            value if not path or value == path[-1] else f"{value}（{''.join(path)}）"
            for value, path in zip(rule.values, rule.paths, strict=True)
        ]
        zh, en = "或".join(places), " or ".join(places)
        if rule.is_negative:
            return f"所在地不得在{zh}", f"must not be in {en}"
        return f"所在地须在{zh}", f"must be in {en}"
    zh = "或".join(KINDS.get(value, (value, value))[0] for value in rule.values)
    en = " or ".join(KINDS.get(value, (value, value))[1] for value in rule.values)
    if rule.is_negative:
        return f"单位类型不得为{zh}", f"must not be: {en}"
    return f"单位类型须为{zh}", f"must be: {en}"


def none_of(gates: Gates, regions: Collection[str]) -> dict[str, list[str]]:
    """What an index search leaves out so that no hit breaks a rule: values by attribute.

    `regions` are those that occur in the index. A rule that mixes kinds with 境内 or 境外 is left to the check of
    the rows.
    """
    left_out: dict[str, set[str]] = {}
    for rule in gates.rules:
        if rule.subject == "place" or _BY_REGION.issuperset(rule.values):
            found = {one for one in regions if check(rule, Team.of(one, "")) == "broken"}
            left_out.setdefault("region", set()).update(found)
        elif _BY_REGION.isdisjoint(rule.values):
            kinds = {kind.value for kind in SolverKind if check(rule, Team((), kind.value)) == "broken"}
            left_out.setdefault("solver_kind", set()).update(kinds)
    return {name: sorted(values) for name, values in left_out.items() if values}


def with_gates(narrowed: Filter, gates: Gates, regions: Collection[str]) -> Filter:
    """The filter of a search with the gates in it."""
    further = none_of(gates, regions)
    if not further:
        return narrowed
    merged = {name: list(values) for name, values in narrowed.none_of.items()}
    for name, values in further.items():
        merged[name] = [*merged.get(name, ()), *values]
    return Filter(any_of=narrowed.any_of, none_of=merged)
