"""The greatest total benefit among the fairest assignments: one flow of least cost over all candidate pairs.

Also the plain greatest total, without any fairness, for comparison.
"""

from __future__ import annotations

import numpy as np

from matching.assign.fairness import Face, Room
from matching.assign.flow import Network
from matching.assign.problem import Mask, Matrix


def unordered(matrix: Matrix) -> Face:
    """The face of no fairness order at all: every assignment within the rules belongs to it."""
    return Face(
        deciding=np.zeros(len(matrix.rows), np.bool_),
        must=np.zeros(matrix.row_count, np.bool_),
        scarce=np.zeros(matrix.column_count, np.bool_),
    )


def greatest_total(matrix: Matrix, room: Room, *, face: Face) -> Mask:
    """(p,) which pairs are assigned, the forced ones included. Raises AssignmentNotSolved.

    Each requirement is a node with its free slots. Where the face demands a deciding pair, one slot starts in
    a second node that only deciding pairs leave; pairs with a scarce team leave through a third node of
    capacity one. That nesting is all the face asks for, so the whole stays a network and its optimum is whole
    and exact.
    """
    m, n = matrix.row_count, matrix.column_count
    must = face.must & (room.slots > 0)
    scarce_pair = face.scarce[matrix.columns]
    # A pair without any worth is not a match; it may only stand where it decides.
    worth = matrix.benefit + matrix.keeping
    allowed = room.usable & np.where(scarce_pair, face.deciding, (worth > 0) | face.deciding)
    pairs = np.flatnonzero(allowed)
    rows, columns = matrix.rows[pairs], matrix.columns[pairs]
    deciding, scarce = face.deciding[pairs], scarce_pair[pairs]

    deciding_node, scarce_node, team_node, sink = m, 2 * m, 3 * m, 3 * m + n
    tails = np.where(scarce, scarce_node + rows, np.where(deciding & must[rows], deciding_node + rows, rows))
    network = Network()
    block = network.add(tails, team_node + columns, capacities=1, costs=-worth[pairs])

    every, bound = np.flatnonzero(room.slots > 0), np.flatnonzero(must)
    network.add(every, np.full(len(every), sink), capacities=room.slots[every])
    network.add(bound, deciding_node + bound, capacities=room.slots[bound])
    with_scarce = np.unique(rows[scarce])
    gate = np.where(must[with_scarce], deciding_node + with_scarce, with_scarce)
    network.add(gate, scarce_node + with_scarce, capacities=1)
    open_teams = np.flatnonzero(~face.scarce)
    network.add(team_node + open_teams, np.full(len(open_teams), sink), capacities=room.places[open_teams])

    supplies = np.zeros(sink + 1, np.int64)
    supplies[:m] = room.slots - must
    supplies[deciding_node : deciding_node + m] = must
    supplies[team_node:sink] = np.where(face.scarce, -room.places, 0)
    supplies[sink] = -int(supplies.sum())
    assigned = matrix.forced.copy()
    assigned[pairs] = network.solve(supplies)[block] > 0
    return assigned
