"""Minimum-cost flow by the kept solver, and the exact prices that prove its optimum.

Knows nodes, arcs and whole numbers only; what they mean is left to `fairness` and `total`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

from matching.errors import MatchingError

Whole = NDArray[np.int64]


class AssignmentNotSolved(MatchingError):
    """The flow solver ended without a proven optimum; `detail` carries its status."""

    code = "assignment_not_solved"
    zh = "分配求解器未能给出最优解。"
    en = "The assignment solver did not reach an optimum."


class CostsTooLarge(AssignmentNotSolved):
    """The solver's prices would have overflowed with these costs; smaller ones may do."""


def largest_cost(node_count: int) -> int:
    """The largest cost of one arc that no sum along a path can overflow; the solver may still find it too
    large.
    """
    return (2**62) // (2 * (node_count + 2))


class Network:
    """Arcs collected in blocks of arrays; `solve` returns the flow of each block in that order."""

    def __init__(self) -> None:
        self._blocks: list[tuple[Whole, Whole, Whole, Whole]] = []

    def add(self, tails: Whole, heads: Whole, *, capacities: Whole | int, costs: Whole | int = 0) -> int:
        """Adds a block of arcs and returns its number. Capacities and costs may be one number for all."""
        shape = tails.shape
        self._blocks.append(
            (
                tails.astype(np.int64),
                heads.astype(np.int64),
                np.broadcast_to(np.asarray(capacities, np.int64), shape),
                np.broadcast_to(np.asarray(costs, np.int64), shape),
            )
        )
        return len(self._blocks) - 1

    def solve(self, supplies: Whole) -> list[Whole]:
        """The flows of least cost, exact in whole numbers; `supplies` (nodes,) sum to zero, negative is
        demand.

        Raises CostsTooLarge, or AssignmentNotSolved when the solver proves no optimum.
        """
        solver = min_cost_flow.SimpleMinCostFlow()
        arcs = [
            np.asarray(solver.add_arcs_with_capacity_and_unit_cost(*block)) if len(block[0]) else block[0]
            for block in self._blocks
        ]
        solver.set_nodes_supplies(np.arange(len(supplies), dtype=np.int64), supplies)
        status = solver.solve()
        if status == solver.BAD_COST_RANGE:
            raise CostsTooLarge(f"status {status.name}")
        if status != solver.OPTIMAL:
            raise AssignmentNotSolved(f"status {status.name}")
        return [np.asarray(solver.flows(block), np.int64) if len(block) else block for block in arcs]


def shortest_distances(node_count: int, *, tails: Whole, heads: Whole, costs: Whole) -> Whole:
    """(node_count,) potentials d ≤ 0 with d[head] ≤ d[tail] + cost for every arc.

    Bellman–Ford from all nodes at once, over the arcs out of the nodes that changed last. Arcs of a residual
    graph of an optimal flow have no negative cycle, so it ends; raises AssignmentNotSolved if there is one
    after all.
    """
    distance = np.zeros(node_count, np.int64)
    if not len(tails):
        return distance
    order = np.argsort(tails, kind="stable")
    tails, heads, costs = tails[order], heads[order], costs[order]
    first = np.searchsorted(tails, np.arange(node_count + 1))
    out_degree = np.diff(first)
    changed = np.arange(node_count)
    for _ in range(node_count + 1):
        degrees = out_degree[changed]
        ends = np.cumsum(degrees)
        total = int(ends[-1]) if len(ends) else 0
        if not total:
            return distance
        arcs = np.arange(total) + np.repeat(first[changed] - (ends - degrees), degrees)
        proposed = distance[tails[arcs]] + costs[arcs]
        targets = heads[arcs]
        better = proposed < distance[targets]
        if not better.any():
            return distance
        np.minimum.at(distance, targets[better], proposed[better])
        changed = np.unique(targets[better])
    raise AssignmentNotSolved("the flow left a cycle of negative cost")
