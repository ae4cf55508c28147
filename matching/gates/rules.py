"""A rule of a requirement on teams, what it says of one team, and what preferences are worth.

A rule is only ever tested on what a team states of itself. What it does not state breaks nothing: it is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matching.gates.places import Path, Verdict, covers, is_abroad, is_mainland, region_path

Subject = Literal["place", "solver_kind"]
"""What a team states of itself and a rule can be tested on."""

RuleCode = Literal["must_place", "must_not_place", "must_kind", "must_not_kind"]

PREFERENCE_WEIGHT = 0.1
"""What meeting all stated preferences adds to a score, in its units (deviations of the reference sample).

Neighbours in a ranking lie about 0.05 to 0.2 apart, so it decides between like candidates and never lifts an
unrelated one over a fitting one.
"""

_UNDECLARED = frozenset({"", "other", "team"})
"""Kinds that do not tell whether a university, an institute or a firm stands behind the team."""


@dataclass(frozen=True, slots=True)
class Team:
    """What rules are tested on: a region by levels, () when not stated, and a kind such as `university`."""

    region: Path
    kind: str

    @classmethod
    def of(cls, region: str, kind: str) -> Team:
        return cls(region_path(region), kind)


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition on a subject: with `is_negative` none of the values, else one of them.

    `paths` resolve the values of a place, in their order; () where one cannot be resolved. `texts` are where
    it was read. `is_confirmed` when a person wrote it.
    """

    subject: Subject
    is_negative: bool
    values: tuple[str, ...]
    paths: tuple[Path, ...] = ()
    texts: tuple[str, ...] = ()
    is_confirmed: bool = False

    @property
    def code(self) -> RuleCode:
        if self.subject == "place":
            return "must_not_place" if self.is_negative else "must_place"
        return "must_not_kind" if self.is_negative else "must_kind"


@dataclass(frozen=True, slots=True)
class Open:
    """A must-have condition that no field of a profile answers, or that a person has to confirm first."""

    kind: str
    value: str
    text: str
    is_testable: bool


@dataclass(frozen=True, slots=True)
class Gates:
    """All a requirement asks of teams: `rules` filter, `preferences` weigh, `open` is for people to check."""

    rules: tuple[Rule, ...] = ()
    preferences: tuple[Rule, ...] = ()
    open: tuple[Open, ...] = ()


NO_GATES = Gates()


def check(rule: Rule, team: Team) -> Verdict:
    """What a rule says of a team: one value met is enough, and it is broken only when all are."""
    if rule.subject == "place":
        found = [covers(path, team.region) for path in rule.paths]
    else:
        found = [_is_of_kind(value, team) for value in rule.values]
    verdict: Verdict = "unknown"
    if "met" in found:
        verdict = "met"
    elif found and all(one == "broken" for one in found):
        verdict = "broken"
    if not rule.is_negative or verdict == "unknown":
        return verdict
    return "broken" if verdict == "met" else "met"


def broken(rules: Sequence[Rule], team: Team) -> tuple[Rule, ...]:
    """The rules that a team breaks."""
    return tuple(rule for rule in rules if check(rule, team) == "broken")


def preference(rules: Sequence[Rule], team: Team) -> float:
    """What a team's score gains by the preferences it meets: their share of `PREFERENCE_WEIGHT`, never a loss."""
    if not rules:
        return 0.0
    met = sum(check(rule, team) == "met" for rule in rules)
    return PREFERENCE_WEIGHT * met / len(rules)


def _is_of_kind(value: str, team: Team) -> Verdict:
    if value == "domestic":
        return _either(is_mainland(team.region), is_abroad(team.region))
    if value == "foreign":
        return _either(is_abroad(team.region), is_mainland(team.region))
    if team.kind in _UNDECLARED:
        return "unknown"
    return "met" if team.kind == value else "broken"


def _either(yes: bool, no: bool) -> Verdict:
    if yes:
        return "met"
    return "broken" if no else "unknown"
