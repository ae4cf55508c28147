"""The ranking of the proposals of a call: means of weighted scores, ties stated, spread shown. Stores nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from app.models.proposal import Proposal, ProposalAssessment, ProposalScorecard, ProposalStatus
from app.proposals.criteria import Criterion, weighted

HUNDREDTH = Decimal("0.01")
OUT_OF_THE_RUNNING = frozenset({ProposalStatus.DRAFT, ProposalStatus.WITHDRAWN, ProposalStatus.SUBMITTED})


@dataclass(frozen=True)
class Ranked:
    """A proposal's place. `mean` of the reviewers' weighted scores, 0 to 100, and the lowest and highest of
    them; equal means share a rank and the next rank is left out. None where no scorecard is in."""

    proposal: Proposal
    rank: int | None
    is_tied: bool
    mean: Decimal | None
    lowest: Decimal | None
    highest: Decimal | None
    scorecards: int
    by_criterion: Mapping[str, Decimal]

    @property
    def spread(self) -> Decimal | None:
        """Highest minus lowest."""
        return None if self.highest is None or self.lowest is None else self.highest - self.lowest


def rank(
    criteria: Sequence[Criterion], proposals: Sequence[Proposal], cards: Sequence[ProposalScorecard]
) -> list[Ranked]:
    """Every proposal that is or was assessed, best first, by scorecards that were submitted.

    Means are compared exactly and shown to the hundredth.
    """
    running = [row for row in proposals if row.status not in OUT_OF_THE_RUNNING]
    own: dict[UUID, list[ProposalScorecard]] = {row.id: [] for row in running}
    for card in cards:
        if card.submitted_at is not None and card.proposal_id in own:
            own[card.proposal_id].append(card)
    totals = {id: [weighted(criteria, card.scores) for card in held] for id, held in own.items()}
    means = {id: sum(values, Decimal(0)) / len(values) for id, values in totals.items() if values}
    ranked = [_ranked(criteria, row, own[row.id], totals[row.id], means) for row in running]
    return sorted(ranked, key=lambda item: (item.rank is None, item.rank or 0, str(item.proposal.id)))


def is_complete(assessments: Sequence[ProposalAssessment], ranked: Sequence[Ranked]) -> bool:
    """Whether someone assesses, and every reviewer's scorecard for every proposal is in."""
    wanted = len(assessments)
    return wanted > 0 and all(item.scorecards == wanted for item in ranked)


def _ranked(
    criteria: Sequence[Criterion],
    proposal: Proposal,
    cards: Sequence[ProposalScorecard],
    totals: Sequence[Decimal],
    means: Mapping[UUID, Decimal],
) -> Ranked:
    mean = means.get(proposal.id)
    if mean is None:
        return Ranked(proposal, None, False, None, None, None, 0, {})
    return Ranked(
        proposal=proposal,
        rank=1 + sum(other > mean for other in means.values()),
        is_tied=sum(other == mean for other in means.values()) > 1,
        mean=_shown(mean),
        lowest=_shown(min(totals)),
        highest=_shown(max(totals)),
        scorecards=len(cards),
        by_criterion={row.code: _mean_of(row.code, cards) for row in criteria},
    )


def _mean_of(code: str, cards: Sequence[ProposalScorecard]) -> Decimal:
    given = [Decimal(str(row["score"])) for card in cards for row in card.scores if row["code"] == code]
    return _shown(sum(given, Decimal(0)) / len(given)) if given else Decimal(0)


def _shown(value: Decimal) -> Decimal:
    return value.quantize(HUNDREDTH, ROUND_HALF_UP)
