"""Makes a timetable by hand, as it were: places the least free meeting first, then moves and exchanges meetings
as long as that helps (simulated annealing with a fixed seed and a fixed number of steps).
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping

from matching.schedule.model import RoomKind
from matching.schedule.problem import Problem, days_of

Choice = tuple[int, int]
"""A slot and a kind of room."""

SEED = 20261124
FIRST_TEMPERATURE, LAST_TEMPERATURE = 2.5, 0.12


class Board:
    """A timetable without clashes in the making: who is where, and what it costs. Meetings are positions."""

    def __init__(
        self, problem: Problem, kinds: tuple[RoomKind, ...], options: Mapping[str, Iterable[Choice]]
    ):
        self._problem = problem
        self._kinds = kinds
        people = {person.key: index for index, person in enumerate(problem.participants)}
        self.options = [sorted(options[meeting.key]) for meeting in problem.meetings]
        self._allowed = [frozenset(choices) for choices in self.options]
        self._who = [tuple(people[key] for key in meeting.participants) for meeting in problem.meetings]
        self._pinned = [meeting.pinned_room for meeting in problem.meetings]
        self.place: list[Choice | None] = [None] * len(problem.meetings)
        self._at: list[dict[int, int]] = [{} for _ in problem.participants]
        self._used: dict[Choice, list[int]] = defaultdict(list)
        self._day = [0] * len(problem.slots)
        self._bit = [0] * len(problem.slots)
        for index, positions in enumerate(days_of(problem.slots).values()):
            for bit, position in enumerate(positions):
                self._day[position], self._bit[position] = index, 1 << bit
        self._masks = [[0] * len(days_of(problem.slots)) for _ in problem.participants]
        several_places = len({room.place for room in problem.rooms}) > 1
        self.scale = max(problem.weights.gap, 1)
        self._travel = [person.travel_days if several_places else 0 for person in problem.participants]

    def blockers(self, meeting: int, choice: Choice) -> set[int]:
        """The meetings that must go before this one can be there; a full kind of room blocks by its last one."""
        slot, kind = choice
        found = {self._at[who][slot] for who in self._who[meeting] if slot in self._at[who]}
        inside = self._used[choice]
        if len(inside) - len(found.intersection(inside)) >= len(self._kinds[kind].rooms):
            found.add(inside[-1])
        pinned = self._pinned[meeting]
        if pinned is not None:
            found.update(other for other in inside if self._pinned[other] == pinned)
        for who in self._who[meeting]:
            if self._travel[who]:
                found.update(
                    other for other in self._at[who].values() if self._is_too_far(who, other, choice)
                )
        found.discard(meeting)
        return found

    def put(self, meeting: int, choice: Choice) -> None:
        slot = choice[0]
        self.place[meeting] = choice
        self._used[choice].append(meeting)
        for who in self._who[meeting]:
            self._at[who][slot] = meeting
            self._masks[who][self._day[slot]] |= self._bit[slot]

    def take(self, meeting: int) -> Choice:
        choice = self.place[meeting]
        assert choice is not None
        slot = choice[0]
        self.place[meeting] = None
        self._used[choice].remove(meeting)
        for who in self._who[meeting]:
            del self._at[who][slot]
            self._masks[who][self._day[slot]] ^= self._bit[slot]
        return choice

    def is_allowed(self, meeting: int, choice: Choice) -> bool:
        return choice in self._allowed[meeting]

    def cost_around(self, meetings: Iterable[int]) -> int:
        """What the participants of these meetings cost now."""
        return sum(self._cost_of(who) for who in {who for each in meetings for who in self._who[each]})

    def total(self) -> int:
        return sum(self._cost_of(who) for who in range(len(self._masks)))

    def _cost_of(self, who: int) -> int:
        weights, spent = self._problem.weights, 0
        for mask in self._masks[who]:
            if mask:
                idle = mask.bit_length() - (mask & -mask).bit_length() + 1 - mask.bit_count()
                spent += weights.day + weights.gap * idle
        return spent

    def _is_too_far(self, who: int, other: int, choice: Choice) -> bool:
        there = self.place[other]
        assert there is not None
        if self._kinds[there[1]].first.place == self._kinds[choice[1]].first.place:
            return False
        days = self._problem.slots[there[0]].day - self._problem.slots[choice[0]].day
        return abs(days) < self._travel[who]


def place_all(board: Board) -> bool:
    """Puts every meeting somewhere, the least free first, pushing others out where need be; False if it cannot."""
    rng = random.Random(SEED)  # noqa: S311
    waiting = sorted(range(len(board.place)), key=lambda each: (len(board.options[each]), each))
    pushed = [0] * len(board.place)
    for _ in range(40 * len(waiting)):
        if not waiting:
            return True
        meeting = waiting.pop(0)
        best: tuple[float, list[int], Choice] | None = None
        for choice in board.options[meeting]:
            blockers = board.blockers(meeting, choice)
            weight = float(sum(8 + 4 * pushed[other] for other in blockers))
            if best is not None and weight > best[0]:
                continue
            if not blockers:
                board.put(meeting, choice)
                weight = board.cost_around([meeting]) / 1000
                board.take(meeting)
            weight += rng.random() / 10_000
            if best is None or weight < best[0]:
                best = weight, sorted(blockers), choice
        if best is None:
            return False
        for other in best[1]:
            board.take(other)
            pushed[other] += 1
            waiting.append(other)
        board.put(meeting, best[2])
    return not waiting


def improve(board: Board, steps: int, *, least: int) -> None:
    """Moves and exchanges meetings for `steps` attempts, or until it costs `least`; ends at the cheapest seen."""
    rng = random.Random(SEED + 1)  # noqa: S311
    movable = [each for each, options in enumerate(board.options) if len(options) > 1]
    if not movable:
        return
    current = cheapest = board.total()
    best = list(board.place)
    cooling = (LAST_TEMPERATURE / FIRST_TEMPERATURE) ** (1 / max(1, steps))
    temperature = FIRST_TEMPERATURE * board.scale
    for _ in range(steps):
        if cheapest <= least:
            break
        temperature *= cooling
        meeting = movable[int(rng.random() * len(movable))]
        options = board.options[meeting]
        choice = options[int(rng.random() * len(options))]
        change = _try(board, meeting, choice)
        if change is None:
            continue
        delta, back = change
        if delta <= 0 or rng.random() < math.exp(-delta / temperature):
            current += delta
            if current < cheapest:
                cheapest, best = current, list(board.place)
        else:
            _restore(board, back)
    _restore(board, {each: choice for each, choice in enumerate(best) if choice is not None})


def _try(board: Board, meeting: int, choice: Choice) -> tuple[int, dict[int, Choice]] | None:
    """Moves a meeting, and what is in its way to where it came from; None (nothing moved) if that cannot be."""
    here = board.place[meeting]
    if here is None or here == choice:
        return None
    blockers = board.blockers(meeting, choice)
    if len(blockers) > 2:
        return None
    moved = [meeting, *sorted(blockers)]
    before = board.cost_around(moved)
    back = {each: board.take(each) for each in moved}
    board.put(meeting, choice)
    for other in moved[1:]:
        # What is in the way goes to where the mover was, in the same kind of room as it had or the mover's.
        for goal in ((here[0], back[other][1]), here):
            if board.is_allowed(other, goal) and not board.blockers(other, goal):
                board.put(other, goal)
                break
        else:
            _restore(board, back)
            return None
    return board.cost_around(moved) - before, back


def _restore(board: Board, places: Mapping[int, Choice]) -> None:
    for each in places:
        if board.place[each] is not None:
            board.take(each)
    for each, choice in places.items():
        board.put(each, choice)
