"""A small edition runs from the call for problems to paid contracts; what goes wrong is one line and exit code 1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A run in a process of its own: the simulation moves the clock of its whole process."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'scripts'}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    done = run_python("scripts/simulate_edition.py", "--size", "small", "--encoder", "hashing", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_small_edition_ends_with_every_problem_answered(figures: dict[str, Any]) -> None:
    assert figures["submitted"] == 14
    assert figures["coverage_percent"] == 100
    assert (figures["agreements"], figures["amount_wan"]) == (3, 550)
    assert (figures["agreements_paid"], figures["paid_wan"]) == (1, 36)


def test_every_turn_that_an_edition_can_take_is_taken(figures: dict[str, Any]) -> None:
    """Otherwise a step would pass because it had nothing to do."""
    turns = (
        *("returned", "put_right", "rejected", "refined", "withdrawn", "without_adequate", "restated_twice"),
        *("declared_conflicts", "recused", "late_problems", "late_replies", "late_proposals"),
        *("invitations_accepted", "invitations_declined", "invitations_expired", "alternates"),
        *("receipts", "proposals_selected", "meetings_held", "meetings_moved", "finals"),
        *("acknowledged", "reopened", "questions", "proved"),
        *("registrations", "claims", "alerts", "interests", "interests_invited"),
        *("terminated", "completed", "overdue_answers"),
    )
    assert [name for name in turns if figures.get(name, 0) < 1] == []


def test_what_the_service_does_wrong_ends_the_run_with_one_line() -> None:
    spoilt = (
        "import sys; import simulate_edition as simulation; from edition import collection\n"
        "simulation.STEPS = (simulation.STEPS[1], ('call', collection.draft), ('two', collection.draft))\n"
        "sys.argv = ['simulate_edition.py', '--size', 'small', '--encoder', 'hashing', '--json']\n"
        "sys.exit(simulation.main())"
    )
    done = run_python("-c", spoilt)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        "failed: two: POST /requirements as seeker1@simulation.example: expected 201, got 409"
    )
