"""Lifecycles as data: one table of allowed moves, one check, one error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from app.errors import JiebangError
from app.kit.columns import Labelled

Status = TypeVar("Status", bound=Labelled)


class MoveNotAllowed(JiebangError):
    code, status = "move_not_allowed", 409
    zh = "当前状态为“{current}”，不能变更为“{wanted}”"
    en = "The state {current_code} does not allow a move to {wanted_code}"


def check_move(transitions: Mapping[Status, frozenset[Status]], current: Status, wanted: Status) -> None:
    """Raises `MoveNotAllowed` unless the table allows the move."""
    if wanted not in transitions[current]:
        raise MoveNotAllowed(
            current=current.label, wanted=wanted.label, current_code=current.value, wanted_code=wanted.value
        )
