"""The figures of an assignment, and the two simple ways of assigning that a round is compared with."""

from __future__ import annotations

import numpy as np

from matching.assign.fairness import Room
from matching.assign.problem import MILLION, Mask, Matrix, Positions, Verdict
from matching.assign.result import Figures


def figures(matrix: Matrix, assigned: Mask) -> Figures:
    """Counts one assignment, `assigned` (p,) in the matrix's order, even beyond the capacities."""
    m = matrix.row_count
    best = np.full(m, -1, np.int64)
    level = np.zeros(m, np.int64)
    adequate = assigned & matrix.adequate
    np.maximum.at(best, matrix.rows[adequate], matrix.benefit[adequate])
    np.maximum.at(level, matrix.rows[adequate], matrix.level[adequate])
    possible = (
        matrix.adequate
        & (matrix.verdict != Verdict.FORBIDDEN)
        & (matrix.capacity[matrix.columns] > 0)
        & (matrix.wanted[matrix.rows] > 0)
    )
    servable = np.bincount(matrix.rows[possible], minlength=m) > 0
    served = level > 0
    worst_first = np.sort(np.maximum(best[servable], 0))
    tenth = worst_first[: max(1, len(worst_first) // 10)]
    load = np.bincount(matrix.columns[assigned], minlength=matrix.column_count)
    kept = assigned & (matrix.keeping > 0)
    return Figures(
        requirements=m,
        servable=int(servable.sum()),
        served=int(served.sum()),
        worst_served=float(best[served].min()) / MILLION if served.any() else 0.0,
        worst_tenth=float(tenth.mean()) / MILLION if len(tenth) else 0.0,
        levels=tuple(np.bincount(level).tolist()) if m else (),
        pairs=int(assigned.sum()),
        total=int(matrix.benefit[assigned].sum()) / MILLION,
        over_capacity=int(np.maximum(load - matrix.capacity, 0).sum()),
        kept=int(kept.sum()),
        dropped=int(((matrix.keeping > 0) & ~assigned).sum()),
        keeping_value=int(matrix.keeping[kept].sum()) / MILLION,
    )


def greedy_top(matrix: Matrix, room: Room) -> Mask:
    """Each requirement takes its best-scored permitted teams, whatever their capacity, beside the forced."""
    free = np.flatnonzero(matrix.free & (matrix.benefit > 0))
    order = free[np.lexsort((matrix.columns[free], -matrix.benefit[free], matrix.rows[free]))]
    rows = matrix.rows[order]
    rank = np.arange(len(order)) - np.searchsorted(rows, rows, side="left")
    assigned = matrix.forced.copy()
    assigned[order[rank < room.slots[rows]]] = True
    return assigned


def greedy_within_capacity(matrix: Matrix, room: Room) -> Mask:
    """The best-scored pair of all goes first, as long as its requirement has a slot and its team a place."""
    free = np.flatnonzero(room.usable & (matrix.benefit > 0))
    order: Positions = free[np.lexsort((matrix.columns[free], matrix.rows[free], -matrix.benefit[free]))]
    slots, places = room.slots.tolist(), room.places.tolist()
    taken = []
    for pair, row, column in zip(
        order.tolist(), matrix.rows[order].tolist(), matrix.columns[order].tolist(), strict=True
    ):
        if slots[row] > 0 and places[column] > 0:
            slots[row] -= 1
            places[column] -= 1
            taken.append(pair)
    assigned = matrix.forced.copy()
    assigned[taken] = True
    return assigned
