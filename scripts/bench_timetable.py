"""Measures the timetable of a day or two of meetings: time, idle slots, days, and how far from the least it may be.

Prints one table and writes it into docs/benchmarks.md between its markers. Data are synthetic and seeded: a few
firms and teams meet often, three teams in ten miss some slots, three meetings in ten need a screen. One thread.
"""

from __future__ import annotations

import argparse
import platform
import random
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from matching.schedule import (  # noqa: E402
    Meeting,
    NoTimetable,
    Participant,
    Problem,
    Room,
    Slot,
    clashes,
    timetable,
)

BEGIN, END = "<!-- bench_timetable:begin -->", "<!-- bench_timetable:end -->"
SEEDS = range(5)


@dataclass(frozen=True)
class Size:
    meetings: int
    rooms: int
    days: int
    slots_a_day: int
    seconds_allowed: float | None = None


SIZES = (Size(30, 3, 1, 14), Size(100, 5, 2, 14, 5.0), Size(300, 10, 3, 14))


def problem_of(size: Size, seed: int) -> Problem:
    """Firms are met with falling frequency, as at a real event."""
    rng = random.Random(seed)
    slots = tuple(
        Slot(day, 540 + 35 * i, 570 + 35 * i) for day in range(size.days) for i in range(size.slots_a_day)
    )
    rooms = tuple(
        Room(f"r{i:02}", (40, 20, 20, 10, 10)[i % 5], equipment=frozenset({"screen"} if i % 5 < 3 else ()))
        for i in range(size.rooms)
    )
    firms, teams = max(4, size.meetings // 2), max(5, size.meetings * 3 // 5)
    pairs: set[tuple[int, int]] = set()
    load = dict.fromkeys(range(firms), 0) | {-1 - team: 0 for team in range(teams)}
    most = len(slots) // 2
    while len(pairs) < size.meetings:
        firm = min(int(rng.expovariate(4 / firms)), firms - 1)
        team = min(int(rng.expovariate(3 / teams)), teams - 1)
        if (firm, team) not in pairs and load[firm] < most and load[-1 - team] < most // 2:
            pairs.add((firm, team))
            load[firm] += 1
            load[-1 - team] += 1
    people = [Participant(f"f{i:03}") for i in range(firms)]
    for i in range(teams):
        away = frozenset(s for s in range(len(slots)) if rng.random() < 0.7) if rng.random() < 0.3 else None
        people.append(Participant(f"t{i:03}", away))
    meetings = tuple(
        Meeting(
            f"m{i:03}",
            (f"f{firm:03}", f"t{team:03}"),
            people=rng.choice([4, 6, 8, 12]),
            equipment=frozenset({"screen"} if rng.random() < 0.3 else ()),
        )
        for i, (firm, team) in enumerate(sorted(pairs))
    )
    return Problem(slots, rooms, tuple(people), meetings)


def measure(size: Size) -> tuple[str, bool]:
    """A row of the table, and whether the time allowed was kept."""
    seconds, rows = [], []
    for seed in SEEDS:
        problem = problem_of(size, seed)
        start = time.perf_counter()
        made = timetable(problem)
        seconds.append(time.perf_counter() - start)
        assert not clashes(problem, made.places)
        rows.append(made)
    middle, worst = statistics.median(seconds), max(seconds)
    gaps = statistics.mean(row.cost.gaps for row in rows)
    days = statistics.mean(row.cost.days for row in rows)
    over = statistics.mean(row.cost.total / row.bound - 1 for row in rows)
    row = (
        f"| {size.meetings} × {size.rooms} × {size.days} | {size.days * size.slots_a_day * size.rooms} "
        f"| {middle:.1f} s | {worst:.1f} s | {gaps:.1f} | {days:.1f} | {over:.1%} |"
    )
    return row, size.seconds_allowed is None or worst <= size.seconds_allowed


def refusal() -> str:
    """How long a plain no takes: one meeting more than rooms and slots hold."""
    size = Size(100, 5, 2, 10)
    full = problem_of(size, 0)
    extra = Meeting("x", full.meetings[0].participants)
    start = time.perf_counter()
    try:
        timetable(Problem(full.slots, full.rooms, full.participants, (*full.meetings, extra)))
    except NoTimetable as error:
        spent = time.perf_counter() - start
        return (
            f"101 meetings for 100 places: refused after {spent:.1f} s, {len(error.facts)} facts in the way."
        )
    raise AssertionError("101 meetings found 100 places")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-write", action="store_true", help="print only")
    arguments = parser.parse_args()
    measured = [measure(size) for size in SIZES]
    lines = [
        BEGIN,
        f"{len(SEEDS)} seeds each, Python {platform.python_version()}, one thread on a machine shared with other work; "
        "`scripts/bench_timetable.py` (synthetic, seeded data: see there). Idle slots and days of attendance are sums "
        "over all participants, means over the seeds; the last column is the weighted cost above a bound that no "
        "timetable goes below (it assumes that nobody ever waits). Every timetable is looked over for clashes: none.",
        "",
        "| meetings × rooms × days | places | median | slowest | idle slots | days | above the bound |",
        "|---|---|---|---|---|---|---|",
        *(row for row, _ in measured),
        "",
        refusal(),
        END,
    ]
    text = "\n".join(lines)
    print(text)
    if not arguments.no_write:
        path = ROOT / "docs" / "benchmarks.md"
        page = path.read_text(encoding="utf-8")
        head, _, rest = page.partition(BEGIN)
        _, _, tail = rest.partition(END)
        path.write_text(f"{head}{text}{tail}", encoding="utf-8")
    if not all(is_kept for _, is_kept in measured):
        raise SystemExit("slower than allowed")


if __name__ == "__main__":
    main()
