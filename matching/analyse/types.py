"""The values of an analysis: frozen rows that say what was read, where, and how sure the reading is.

How they are read is left to the other modules of the package; who may change them to the application.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Section = Literal[
    "title",
    "description",
    "problem",
    "key_indicators",
    "goal",
    "existing_work",
    "must_have",
    "nice_to_have",
    "ownership",
]
SECTIONS: tuple[Section, ...] = (
    "title",
    "description",
    "problem",
    "key_indicators",
    "goal",
    "existing_work",
    "must_have",
    "nice_to_have",
    "ownership",
)

Operator = Literal["≥", "≤", ">", "<", "=", "~"]
SentenceKind = Literal["need", "background", "other"]
Strength = Literal["must", "nice"]
ConditionKind = Literal[
    "place",
    "solver_kind",
    "cooperation",
    "qualification",
    "experience",
    "equipment",
    "capability",
    "rights",
    "confidentiality",
    "conflict",
    "presence",
    "other",
]
ConditionOperator = Literal["is", "is_not", "has", "has_not"]
GapCode = Literal[
    "problem",
    "evidence",
    "precision",
    "targets",
    "goal",
    "urgency",
    "ownership",
    "budget",
    "deadline",
    "place",
    "cooperation",
    "contact",
    "keywords",
]


@dataclass(frozen=True, slots=True)
class RequirementText:
    """A requirement as its form has it; every text may be empty.

    The flags say which facts the form itself holds, so that a gap is only reported when neither form nor
    text fills it.
    """

    title: str = ""
    description: str = ""
    problem: str = ""
    key_indicators: str = ""
    goal: str = ""
    existing_work: str = ""
    must_have: str = ""
    nice_to_have: str = ""
    ownership: str = ""
    keywords: tuple[str, ...] = ()
    target_count: int = 0
    has_budget: bool = False
    has_deadline: bool = False
    has_place: bool = False
    has_cooperation: bool = False
    has_contact: bool = False

    def section(self, name: Section) -> str:
        return str(getattr(self, name))


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was read: `text == getattr(requirement, section)[start:end]`."""

    section: Section
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Target:
    """One quantified target (考核指标). `upper` is set only with the operator `~` (a closed range).

    A tolerance `8 % ± 0.8 %` is the range 7.2 ~ 8.8; 万 and 亿 before a counting unit are multiplied out
    (10 万次 is 100,000 次), before 元 they stay in the unit.
    """

    name: str
    operator: Operator
    value: float
    upper: float | None
    unit: str
    place: Place


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with what it is for: `score` in [-1, 1], above 0 a need, below 0 background."""

    place: Place
    kind: SentenceKind
    score: float


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word or phrase; `weight` in (0, 1], the strongest being 1."""

    word: str
    weight: float


@dataclass(frozen=True, slots=True)
class Budget:
    """What the seeker means to spend, in 万元; a bound is None where the text leaves it open."""

    lower: float | None
    upper: float | None
    place: Place


@dataclass(frozen=True, slots=True)
class Locality:
    """A place of China: `province` by its full official name, `city` and `county` as written or ""."""

    province: str
    city: str
    county: str
    place: Place


@dataclass(frozen=True, slots=True)
class ClassProbability:
    """A class with its probability in [0, 1]; `code` is the class's official word or number."""

    code: str
    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Condition:
    """What the seeker asks of a solver: `must` filters, `nice` only weighs.

    `value` is canonical where the kind has a closed list (place: a province or city; solver_kind:
    university / institute / enterprise / domestic / foreign; cooperation: the form's word), else the
    readable clause.
    """

    kind: ConditionKind
    operator: ConditionOperator
    value: str
    strength: Strength
    place: Place


@dataclass(frozen=True, slots=True)
class Gap:
    """Something a reviewer would send the form back for; `weight` is its share of the completeness score."""

    code: GapCode
    weight: float
    share: float
    zh: str


@dataclass(frozen=True, slots=True)
class Completeness:
    """`score` in [0, 1] is the filled weight; `gaps` are the items not fully filled, heaviest first."""

    score: float
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything read from one requirement. Lists are in the order of the text, classes by probability."""

    keywords: tuple[Keyword, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    targets: tuple[Target, ...] = ()
    budget: Budget | None = None
    localities: tuple[Locality, ...] = ()
    fields: tuple[ClassProbability, ...] = ()
    divisions: tuple[ClassProbability, ...] = ()
    conditions: tuple[Condition, ...] = ()
    completeness: Completeness = field(default_factory=lambda: Completeness(0.0, ()))
