"""Hard conditions and preferences of a requirement as rules that a team can be tested against.

What a text says is read by `matching.analyse`; here it is decided which of it filters, which only weighs and
which people have to look at (`docs/decisions/gates.md`).
"""

from __future__ import annotations

from matching.gates.places import Verdict, covers, region_path
from matching.gates.read import Asked, read_gates
from matching.gates.rules import (
    PREFERENCE_WEIGHT,
    Gates,
    Rule,
    RuleCode,
    Subject,
    Team,
    broken,
    check,
    preference,
)

__all__ = [
    "PREFERENCE_WEIGHT",
    "Asked",
    "Gates",
    "Rule",
    "RuleCode",
    "Subject",
    "Team",
    "Verdict",
    "broken",
    "check",
    "covers",
    "preference",
    "read_gates",
    "region_path",
]
