"""A version changes what parts count and what scores mean, and nothing else; the shipped one changes nothing."""

from __future__ import annotations

import pytest

from matching import Document, Engine, EngineConfig
from matching.calibrate import Curves
from matching.encode import HashingEncoder
from matching.learn import Ranker, shipped
from matching.learn.ranker import recipe
from matching.text import passage

OTHER = Ranker("v7", Curves((-1.0, -2.0, -3.0), (1.0, 1.0, 1.0)), {"lexical_full": 0.1, "dense_title": 4.0})


@pytest.fixture(scope="module")
def engine() -> Engine:
    encoder = HashingEncoder(dimension=64)
    made = Engine(encoder)
    words = ("阻燃", "遮光", "减速器", "噪声", "铸造", "烧结", "电解液")
    achievements = [
        Document(f"a{i:02}", f"{words[i % 7]}{words[(i * 3) % 7]}技术", owner=f"s{i % 5}") for i in range(40)
    ]
    requirements = [
        Document(f"r{i}", f"{words[i]}难题", f"现有{words[i - 1]}工艺不稳定，需要改进。") for i in range(7)
    ]
    for name, documents in (("achievements", achievements), ("requirements", requirements)):
        made.upsert(name, documents, encoder.encode([passage(one) for one in documents]), sequence=1)  # type: ignore[arg-type]
    return made


ASKED = Document("r0", "阻燃难题", "现有电解液工艺不稳定，需要改进。")


def test_the_shipped_version_is_the_default_and_is_named(engine: Engine) -> None:
    plain = engine.match(ASKED)
    assert plain == engine.match(ASKED, ranker=shipped())
    assert plain.ranker == "shipped"
    assert plain.recipe == engine.recipe


def test_another_version_changes_the_order_and_its_contributions_still_sum_to_the_score(
    engine: Engine,
) -> None:
    plain, other = engine.match(ASKED, limit=40), engine.match(ASKED, limit=40, ranker=OTHER)
    assert other.ranker == "v7"
    assert [one.achievement for one in plain.candidates] != [one.achievement for one in other.candidates]
    assert {one.achievement for one in plain.candidates} == {one.achievement for one in other.candidates}
    scores = [one.score for one in other.candidates]
    assert scores == sorted(scores, reverse=True)
    for one in other.candidates:
        assert sum(part.value for part in one.contributions) == pytest.approx(one.score, abs=1e-4)
        assert one.grade == OTHER.curves.grade(one.score)


def test_parts_are_those_of_the_shipped_version_whatever_is_live(engine: Engine) -> None:
    first = engine.match(ASKED).candidates[0]
    found = engine.parts(ASKED, [first.achievement, "nobody"])
    assert found == {first.achievement: pytest.approx({one.name: one.value for one in first.contributions})}
    other = next(
        one
        for one in engine.match(ASKED, limit=40, ranker=OTHER).candidates
        if one.achievement == first.achievement
    )
    for part in other.contributions:
        expected = found[first.achievement][part.name] * OTHER.multipliers.get(part.name, 1.0)
        assert part.value == pytest.approx(expected, abs=1e-5)


def test_requirements_for_a_solver_follow_the_version_too(engine: Engine) -> None:
    plain, other = engine.requirements_for("s1"), engine.requirements_for("s1", ranker=OTHER)
    assert [one.score for one in other] != [one.score for one in plain]
    assert [one.score for one in other] == sorted((one.score for one in other), reverse=True)
    assert other[0].grade == OTHER.curves.grade(other[0].score)


def test_a_recipe_changes_with_the_model_and_with_what_makes_a_score_but_not_with_the_rest() -> None:
    plain = recipe("m", EngineConfig())
    assert recipe("m2", EngineConfig()) != plain
    assert recipe("m", EngineConfig(dense_weight=0.5)) != plain
    assert recipe("m", EngineConfig(search_depth=7, compaction_floor=3)) == plain
