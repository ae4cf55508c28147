"""The fairness order: who can be served how well, exactly, before any total is counted.

Definition. A requirement is *served at level* s: the highest level among its assigned adequate teams, where a
level is 1 + ⌊benefit ÷ fairness_step⌋, and 0 if no adequate team was assigned. Assignments are compared by
the number of requirements below level 1 (without an adequate team), then below level 2, then below 3, … – the
fewer, the better at the first difference. This is the leximin order of the vector of levels: first as many
requirements as possible get an adequate team, then the worst-served is raised, then the next. Only
assignments that are best in this order take part in maximising the total (`total`).

Method. One adequate team per requirement decides its level, so the order is settled on a bipartite flow with
one unit per requirement. Several levels at a time are weighted so that one requirement more or less on a
lower level outweighs everything above; a flow of least cost then gives exact prices of teams (linear
duality), and complementary slackness keeps precisely the pairs that take part in *every* or *some* best
assignment. The next levels are settled within what is left. Nothing is enumerated, and the end is exact
whatever number of levels there is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.assign.flow import CostsTooLarge, Network, largest_cost, shortest_distances
from matching.assign.problem import Mask, Matrix, Positions


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """What forced pairs leave over: `slots` (m,), `places` (n,), and `usable` (p,) the free pairs that still
    fit.

    `held` (m,) is the level that forced pairs secure already.
    """

    slots: Positions
    places: Positions
    usable: Mask
    held: Positions


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """What every fairest assignment has in common.

    `deciding` (p,): the pair may be the one that decides its requirement's level. `must` (m,): the
    requirement has a deciding pair in every fairest assignment. `scarce` (n,): the team is full in every
    fairest assignment, and only with deciding pairs; a requirement takes at most one scarce team.
    """

    deciding: Mask
    must: Mask
    scarce: Mask


def room_left(matrix: Matrix) -> Room:
    """Takes the forced pairs out of slots and capacities; `conflicts.check` has made sure that they fit."""
    forced = matrix.forced
    slots = matrix.wanted - np.bincount(matrix.rows[forced], minlength=matrix.row_count)
    places = matrix.capacity - np.bincount(matrix.columns[forced], minlength=matrix.column_count)
    held = np.zeros(matrix.row_count, np.int64)
    np.maximum.at(held, matrix.rows[forced], matrix.level[forced])
    usable = matrix.free & (slots[matrix.rows] > 0) & (places[matrix.columns] > 0)
    return Room(slots=slots, places=places, usable=usable, held=held)


def fairest(matrix: Matrix, room: Room) -> Face:
    """Settles the fairness order level by level. Raises AssignmentNotSolved."""
    deciding = room.usable & (matrix.level > room.held[matrix.rows])
    must = matrix.must_serve & (room.held == 0)
    scarce = np.zeros(matrix.column_count, np.bool_)
    settled = 0
    limit = largest_cost(matrix.row_count + matrix.column_count)
    while True:
        pairs = np.flatnonzero(deciding)
        levels = _open_levels(matrix, room, pairs, must, above=settled)
        if not levels:
            return Face(deciding=deciding, must=must, scarce=scarce)
        steps, last = _steps(levels, limit)
        # What forced pairs hold already is no gain; only what a pair adds to it is.
        worth = steps.of(matrix.level[pairs]) - steps.of(room.held[matrix.rows[pairs]])
        try:
            kept, must, scarce = _settle(matrix, room, pairs, worth, must, scarce)
        except CostsTooLarge:
            if limit == 1:
                raise
            limit = max(1, limit // 16)
            continue
        deciding[pairs[~kept]] = False
        settled = last


def _open_levels(
    matrix: Matrix, room: Room, pairs: Positions, must: Mask, *, above: int
) -> list[tuple[int, int]]:
    """The levels not settled yet, ascending, each with the number of requirements it can still decide."""
    rows, levels = matrix.rows[pairs], matrix.level[pairs]
    highest = np.zeros(matrix.row_count, np.int64)
    np.maximum.at(highest, rows, levels)
    lowest = highest.copy()
    np.minimum.at(lowest, rows, levels)
    lowest[~must] = np.minimum(room.held, lowest)[~must]
    # Between two levels that occur nothing differs; a level held by a forced pair occurs, too.
    present = np.unique(np.concatenate([levels, room.held[rows]]))
    present = present[present > above]
    # A requirement swings on every level in (lowest, highest].
    ends, starts = np.sort(highest), np.sort(lowest)
    reach = len(ends) - np.searchsorted(ends, present, side="left")
    beyond = len(starts) - np.searchsorted(starts, present, side="left")
    return [(int(x), int(c)) for x, c in zip(present, reach - beyond, strict=True) if c > 0]


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Worth as a step function of the level: it rises at each of `thresholds` to the next of `heights`."""

    thresholds: Positions
    heights: Positions

    def of(self, levels: Positions) -> Positions:
        return self.heights[np.searchsorted(self.thresholds, levels, side="right")]


def _steps(levels: list[tuple[int, int]], limit: int) -> tuple[_Steps, int]:
    """Weights for as many of the lowest open levels as fit under `limit`, and the last level they settle.

    The weight of a level exceeds all that requirements can swing on the levels above it in the group.
    """
    chosen = _weights(levels[:1])
    for count in range(2, len(levels) + 1):
        wider = _weights(levels[:count])
        if sum(wider) > limit:
            break
        chosen = wider
    thresholds = np.array([level for level, _ in levels[: len(chosen)]], np.int64)
    heights = np.concatenate([[0], np.cumsum(np.array(chosen, np.int64))])
    return _Steps(thresholds, heights), int(thresholds[-1])


def _weights(levels: list[tuple[int, int]]) -> list[int]:
    weights: list[int] = []
    outweighed = 0
    for _, swinging in reversed(levels):
        weights.append(1 + outweighed)
        outweighed += weights[-1] * swinging
    return weights[::-1]


def _settle(
    matrix: Matrix, room: Room, pairs: Positions, worth: Positions, must: Mask, scarce: Mask
) -> tuple[Mask, Mask, Mask]:
    """One flow and its prices: (pairs that stay deciding, must, scarce)."""
    row_ids, rows = np.unique(matrix.rows[pairs], return_inverse=True)
    column_ids, columns = np.unique(matrix.columns[pairs], return_inverse=True)
    m, n = len(row_ids), len(column_ids)
    bound, full = must[row_ids], scarce[column_ids]
    places = room.places[column_ids]
    chosen = _one_each(rows, columns, worth, bound, full, places)

    # Positions of teams, then "nobody" as position n: where a requirement's unit sits now.
    seat = np.full(m, n, np.int64)
    seat[rows[chosen]] = columns[chosen]
    seat_worth = np.zeros(m, np.int64)
    seat_worth[rows[chosen]] = worth[chosen]
    used = np.bincount(columns[chosen], minlength=n)
    others = ~chosen
    may_leave = np.flatnonzero(~bound & (seat < n))
    open_teams = np.flatnonzero(~full)
    spare = np.flatnonzero(~full & (used < places))
    tails = [seat[rows[others]], seat[may_leave], np.full(len(open_teams), n), spare]
    heads = [columns[others], np.full(len(may_leave), n), open_teams, np.full(len(spare), n)]
    costs = [
        seat_worth[rows[others]] - worth[others],
        seat_worth[may_leave],
        np.zeros(len(open_teams), np.int64),
        np.zeros(len(spare), np.int64),
    ]
    distance = shortest_distances(
        n + 1, tails=np.concatenate(tails), heads=np.concatenate(heads), costs=np.concatenate(costs)
    )
    price = distance[n] - distance
    gain = seat_worth - price[seat]

    must, scarce = must.copy(), scarce.copy()
    must[row_ids[gain > 0]] = True
    scarce[column_ids[price[:n] > 0]] = True
    return worth - price[columns] == gain[rows], must, scarce


def _one_each(
    rows: Positions, columns: Positions, worth: Positions, bound: Mask, full: Mask, places: Positions
) -> Mask:
    """The flow of greatest worth with at most one unit per requirement: (pairs,) which pairs carry it."""
    m, n = len(bound), len(full)
    sink = m + n
    network = Network()
    block = network.add(rows, m + columns, capacities=1, costs=-worth)
    unbound, open_teams = np.flatnonzero(~bound), np.flatnonzero(~full)
    network.add(unbound, np.full(len(unbound), sink), capacities=1)
    network.add(m + open_teams, np.full(len(open_teams), sink), capacities=places[open_teams])
    supplies = np.concatenate([np.ones(m, np.int64), np.where(full, -places, 0), np.zeros(1, np.int64)])
    supplies[sink] = -int(supplies.sum())
    return np.asarray(network.solve(supplies)[block] > 0)
