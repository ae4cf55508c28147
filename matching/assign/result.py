"""What a match round answers: teams, stand-ins and reasons per requirement, and the figures of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class UnservedReason(StrEnum):
    """Why a requirement has no adequate team."""

    NOTHING_WANTED = "nothing_wanted"
    NO_CANDIDATE = "no_candidate"
    NO_ADEQUATE = "no_adequate"
    FORBIDDEN = "adequate_forbidden"
    SLOTS_FORCED = "slots_forced"
    CAPACITY_EXHAUSTED = "capacity_exhausted"


class PassedOverReason(StrEnum):
    """Why a better-scored team was not assigned.

    `forbidden`: a rule says so. `full`: its places went to others. `outranked`: it had a place left, but the
    slots of the requirement are held by pairs that were forced, are worth keeping, or make it served at its
    level.
    """

    FORBIDDEN = "forbidden"
    FULL = "full"
    OUTRANKED = "outranked"


@dataclass(frozen=True, slots=True)
class AssignedTeam:
    """One assigned pair. `pair` and `column` are the caller's positions.

    `rules`: the names of the rules that forced it. `kept`: it stood in the earlier round. `displaced`:
    requirements that score this team above one of their own teams (or have a slot left) and did not get it
    because it is full, highest benefit first; `displaced_count` of them in all.
    """

    column: int
    pair: int
    benefit: float
    adequate: bool
    kept: bool
    rules: tuple[str, ...]
    displaced: tuple[int, ...]
    displaced_count: int

    @property
    def forced(self) -> bool:
        return bool(self.rules)


@dataclass(frozen=True, slots=True)
class Alternate:
    """A stand-in whose team has a place left after the round. Places are not reserved: who needs one first
    has it.
    """

    column: int
    pair: int
    benefit: float
    adequate: bool


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A team not assigned though it scores above an assigned one (or a slot stayed empty).

    `rules`: the names of the rules that forbid it. `taken_by`: the requirements that hold its places, if it
    is full.
    """

    column: int
    pair: int
    benefit: float
    adequate: bool
    reason: PassedOverReason
    rules: tuple[str, ...]
    taken_by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """One requirement: `teams` and `alternates` with adequate ones first, then by falling benefit, then by
    key.

    `level`: see `fairness`; 0 when unserved, and then `unserved` says why. `best_adequate`: the highest
    benefit of an assigned adequate team, 0.0 without one. `passed_over`: by falling benefit,
    `passed_over_count` in all.
    """

    row: int
    level: int
    best_adequate: float
    unserved: UnservedReason | None
    teams: tuple[AssignedTeam, ...]
    alternates: tuple[Alternate, ...]
    passed_over: tuple[PassedOver, ...]
    passed_over_count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures by which assignments are compared.

    `served`: requirements with an adequate team. `servable`: those that could have one if they were alone (a
    permitted adequate candidate with a place, a slot). `worst_served`: the lowest best-adequate benefit among
    the served. `worst_tenth`: the mean best-adequate benefit over the worst-served tenth (at least one) of
    the servable, unserved ones counting 0. `levels`: requirements per level, from level 0 up: the fairness
    order compares exactly this. `total`: sum of the benefits of all pairs, without keeping values.
    `over_capacity`: places taken beyond capacity. `kept`: pairs of the earlier round that stay, `dropped`:
    that go; `keeping_value`: what the kept ones are worth.
    """

    requirements: int
    servable: int
    served: int
    worst_served: float
    worst_tenth: float
    levels: tuple[int, ...]
    pairs: int
    total: float
    over_capacity: int
    kept: int
    dropped: int
    keeping_value: float

    def at_least_as_fair_as(self, other: Figures) -> bool:
        """Whether these levels are as good in the fairness order: fewer at the first difference."""
        length = max(len(self.levels), len(other.levels))
        mine = self.levels + (0,) * (length - len(self.levels))
        theirs = other.levels + (0,) * (length - len(other.levels))
        return mine <= theirs


@dataclass(frozen=True, slots=True)
class Assignment:
    """The round: `requirements` in the caller's order of rows; `dropped` the caller's positions of pairs of
    the earlier round that were not kept.
    """

    requirements: tuple[RequirementResult, ...]
    figures: Figures
    dropped: tuple[int, ...]

    @property
    def unserved(self) -> tuple[RequirementResult, ...]:
        return tuple(result for result in self.requirements if result.unserved is not None)
