"""Which stated targets an achievement speaks to."""

from __future__ import annotations

import pytest

from matching.analyse.types import Operator
from matching.explain import tell
from matching.spoken import Stated, spoken_targets

TITLE = "低噪声行星减速器"
TEXT = "采用齿形修形，整机噪声 ≤ 58 dB，温升 45 K，效率 ≥ 96%。已完成寿命试验。"


def target(name: str, operator: Operator, value: float, unit: str, upper: float | None = None) -> Stated:
    return Stated(name, operator, value, upper, unit)


@pytest.mark.parametrize(
    ("stated", "verdict", "quoted"),
    [
        (target("噪声", "≤", 60, "dB"), "met", "噪声"),
        (target("噪声", "≤", 55, "dB"), "missed", "噪声"),
        (target("温升", "≤", 40, "K"), "missed", "温升"),
        (target("效率", "≥", 95, "%"), "met", "效率"),
        (target("效率", "~", 90, "%", 99), "met", "效率"),
        (target("寿命", "≥", 1000, "h"), "mentioned", "寿命"),
        (target("抗拉强度", "≥", 900, "MPa"), "silent", ""),
    ],
)
def test_a_target_is_met_missed_mentioned_or_not_spoken_of(stated: Stated, verdict: str, quoted: str) -> None:
    (found,) = spoken_targets([stated], TITLE, TEXT)
    assert found.verdict == verdict
    assert quoted in found.phrase
    assert found.phrase in f"{TITLE}。{TEXT}"


def test_an_upper_bound_does_not_promise_a_lower_one() -> None:
    (found,) = spoken_targets([target("噪声", "≥", 50, "dB")], TITLE, TEXT)
    assert found.verdict == "missed"


def test_without_targets_there_is_nothing_to_say() -> None:
    assert spoken_targets([], TITLE, TEXT) == ()


def test_the_sentence_tells_of_targets_in_both_languages() -> None:
    verdicts = ("met", "mentioned", "silent")
    chinese = tell(["减速器"], "降低噪声", chance=0.42, letter="B", targets=verdicts)
    english = tell(["减速器"], "降低噪声", chance=0.42, letter="B", targets=verdicts, language="en")
    assert "需求所列 3 项指标中提及 2 项，其中 1 项有数据表明达到" in chinese
    assert "of the 3 stated targets it speaks to 2, and its figures reach 1" in english
    assert "“减速器”" in english
    assert "42%" in english
    assert english.endswith("(grade B).")
    assert "shares no wording" in tell([], "", chance=0.1, letter="D", language="en")
