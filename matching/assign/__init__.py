"""The global assignment of a match round: values in, values out, nothing decided by order or chance.

**Order of aims.** An assignment keeps every rule (−1 forbidden, 1 forced, capacities, teams wanted,
must-serve) or is refused with the smallest set of rules in the way (`InfeasibleWishes`). Among those that
keep all rules, compare (1) how many requirements have at least one adequate team, (2) how well the
worst-served are served, then the next (leximin over levels of benefit, `fairness`), (3) the sum of benefit
plus the keeping values of pairs of an earlier round. Each aim is settled exactly before the next; keeping is
part of the third and never outweighs fairness.

**Ties.** Rows and columns are renumbered by key and pairs sorted by them before anything is solved, and the
solver is deterministic; so the order of the input never matters. Pairs of equal benefit within a requirement
are listed by key.

**How a round calls it.** The caller collects candidates per published requirement (benefit = calibrated
P(adequate)), leaves incomplete profiles out and lists them itself, and writes one `PairRule` per reason:
conflicts of interest, exclusions of either side and unmet must-have conditions as FORBIDDEN under their own
names, pairs set by hand as FORCED. Pairs that were accepted are FORCED (they must stay) or get a value in
`Pairs.keeping` (they may go when it is worth more, and are then listed in `dropped`). `capacities` are the
places left after what runs outside the round. Keys are stable ids. `assign` may run in a job: `on_stage`
reports, and raising in it cancels. Positions in the result are the caller's.
"""

from matching.assign.conflicts import InfeasibleWishes, Obstacle
from matching.assign.flow import AssignmentNotSolved
from matching.assign.problem import InvalidProblem, PairRule, Pairs, Problem, Verdict
from matching.assign.result import (
    Alternate,
    AssignedTeam,
    Assignment,
    Figures,
    PassedOver,
    PassedOverReason,
    RequirementResult,
    UnservedReason,
)
from matching.assign.solve import STAGES, Comparison, Price, assign, compare, price_of_wishes

__all__ = [
    "STAGES",
    "Alternate",
    "AssignedTeam",
    "Assignment",
    "AssignmentNotSolved",
    "Comparison",
    "Figures",
    "InfeasibleWishes",
    "InvalidProblem",
    "Obstacle",
    "PairRule",
    "Pairs",
    "PassedOver",
    "PassedOverReason",
    "Price",
    "Problem",
    "RequirementResult",
    "UnservedReason",
    "Verdict",
    "assign",
    "compare",
    "price_of_wishes",
]
