"""From a solver to requirements."""

from __future__ import annotations

import pytest

from matching import Document, Engine, Filter, UnknownKey
from matching.encode import HashingEncoder
from tests.matching.conftest import REQUIREMENTS, SOLVERS, fill


def test_a_solver_gets_the_requirement_its_achievement_suits(engine: Engine) -> None:
    first = engine.requirements_for("s-one")[0]
    assert (first.requirement, first.achievement, first.solver, first.rank) == (
        "r-gear",
        "a-gear",
        "s-one",
        1,
    )
    assert first.evidence
    assert sum(part.value for part in first.contributions) == pytest.approx(first.score, abs=1e-4)


def test_a_solver_without_achievements_is_matched_by_its_profile(engine: Engine) -> None:
    first = engine.requirements_for("s-four")[0]
    assert (first.requirement, first.achievement) == ("r-cloth", "s-four")


def test_both_directions_agree_on_the_best_pair(engine: Engine) -> None:
    forward = engine.match(REQUIREMENTS[1]).candidates[0]
    backward = engine.requirements_for("s-one")[0]
    assert (forward.requirement, forward.achievement) == (backward.requirement, backward.achievement)


def test_the_filter_is_on_requirements(engine: Engine) -> None:
    published = Filter(any_of={"status": ["published"]})
    assert "r-cloth" not in [one.requirement for one in engine.requirements_for("s-three", filter=published)]
    assert engine.requirements_for("s-three", filter=Filter(keys=frozenset())) == ()


def test_an_unknown_solver_is_named_as_such(engine: Engine) -> None:
    with pytest.raises(UnknownKey):
        engine.requirements_for("nobody")


def test_profiles_alone_are_enough() -> None:
    engine = Engine(HashingEncoder(64))
    fill(engine, "solvers", SOLVERS)
    fill(engine, "requirements", REQUIREMENTS)
    assert engine.requirements_for("s-four", limit=1)[0].requirement == "r-cloth"


def test_without_requirements_nothing_fits() -> None:
    engine = Engine(HashingEncoder(64))
    fill(engine, "solvers", [Document("s", "团队")])
    assert engine.requirements_for("s") == ()
