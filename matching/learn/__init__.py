"""Learning from recorded judgments: how much each part of a score counts, and what a score means.

Everything here is arithmetic on given values. Which judgments there are, how much each source is trusted and
which version is live is decided by the caller. `docs/decisions/learning.md` says why it is done this way.
"""

from matching.learn.examples import Example, Judged, age_weight, gather, propensity
from matching.learn.fit import fit
from matching.learn.measure import Difference, Trial, try_out
from matching.learn.promotion import Verdict, judge
from matching.learn.ranker import SHIPPED, Ranker, shipped

__all__ = [
    "SHIPPED",
    "Difference",
    "Example",
    "Judged",
    "Ranker",
    "Trial",
    "Verdict",
    "age_weight",
    "fit",
    "gather",
    "judge",
    "propensity",
    "shipped",
    "try_out",
]
