"""Gates: what a place is, which conditions filter, and that what is not stated breaks nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.analyse import RequirementText
from matching.analyse.conditions import find_conditions
from matching.gates import (
    PREFERENCE_WEIGHT,
    Asked,
    Gates,
    Team,
    broken,
    check,
    covers,
    preference,
    read_gates,
)
from matching.gates import region_path as path
from matching.gates.places import resolve
from matching.gates.read import is_clear

SAMPLES = Path(__file__).parent / "data" / "gate_samples.tsv"
HOME = "江苏省/通海市/川桥镇"
REGIONS = (
    "",
    "江苏省",
    "江苏省/南京市",
    "江苏省/南京市/玄武区",
    "江苏省/通海市",
    "浙江省/杭州市",
    "北京市/海淀区",
    "德国",
    "某地",
)
KINDS = ("university", "institute", "enterprise", "team", "other")


def must(kind: str, value: str, operator: str = "is", text: str = "") -> Asked:
    return Asked(kind, operator, value, "must", text or f"限{value}的单位")


def gates(*asked: Asked, is_confirmed: bool = False, region: str = HOME) -> Gates:
    return read_gates(asked, seeker_region=region, is_confirmed=is_confirmed)


@pytest.mark.parametrize("written", ["江苏省/南京市", "江苏/南京", "江苏南京", "南京", "江苏省南京市"])
def test_a_city_is_the_same_however_it_is_written(written: str) -> None:
    assert path(written) == ("江苏省", "南京市")


@pytest.mark.parametrize(
    ("wanted", "team", "verdict"),
    [
        ("江苏省", "江苏省/南京市", "met"),
        ("江苏省/南京市", "浙江省/杭州市", "broken"),
        ("江苏省/南京市", "江苏省/苏州市", "broken"),
        ("江苏省", "德国/慕尼黑", "broken"),
        ("江苏省/南京市", "江苏省", "unknown"),
        ("江苏省", "", "unknown"),
        ("江苏省", "通海市", "unknown"),
        ("江苏省/南通市", "江苏省/海安市", "unknown"),
        ("江苏省/通海市", "江苏省/通海", "met"),
    ],
)
def test_a_team_lies_in_a_place_or_not_or_nobody_knows(wanted: str, team: str, verdict: str) -> None:
    assert covers(path(wanted), path(team)) == verdict


def test_home_is_the_seekers_region() -> None:
    home = path(HOME)
    assert resolve("省内", home) == ("江苏省",)
    assert resolve("市内", home) == resolve("本地", home) == ("江苏省", "通海市")
    assert resolve("市内", path("北京市/海淀区")) == ("北京市",)
    assert resolve("省内", ()) == resolve("市内", path("江苏省")) == ()


def test_values_asked_for_together_are_alternatives() -> None:
    found = gates(must("place", "江苏省"), must("place", "浙江省"), must("solver_kind", "university"))
    assert [rule.code for rule in found.rules] == ["must_place", "must_kind"]
    assert not broken(found.rules, Team.of("浙江省/杭州市", "university"))
    outside = broken(found.rules, Team.of("安徽省/合肥市", "enterprise"))
    assert [rule.code for rule in outside] == ["must_place", "must_kind"]


def test_an_unclear_alternative_lets_none_of_them_filter_until_a_person_has_confirmed() -> None:
    asked = [must("place", "江苏省"), must("place", "浙江省", text="在浙江省完成试验")]
    assert gates(*asked).rules == ()
    assert [one.value for one in gates(*asked).open] == ["江苏省", "浙江省"]
    assert [rule.values for rule in gates(*asked, is_confirmed=True).rules] == [("江苏省", "浙江省")]


def test_a_place_that_cannot_be_resolved_filters_nobody_even_when_confirmed() -> None:
    found = gates(must("place", "省内"), is_confirmed=True, region="")
    assert found.rules == ()
    assert found.open[0].is_testable


def test_what_no_field_answers_is_left_to_people() -> None:
    found = gates(must("qualification", "CMA 资质", operator="has"), is_confirmed=True)
    assert found.rules == ()
    assert [(one.kind, one.is_testable) for one in found.open] == [("qualification", False)]


@pytest.mark.parametrize("kind", ["team", "other"])
def test_a_kind_that_says_nothing_breaks_nothing(kind: str) -> None:
    (rule,) = gates(must("solver_kind", "university")).rules
    assert check(rule, Team.of("", kind)) == "unknown"


def test_foreign_teams_are_told_by_their_region() -> None:
    (rule,) = gates(must("solver_kind", "foreign", operator="is_not")).rules
    verdicts = [check(rule, Team.of(region, "other")) for region in ("德国", "香港特别行政区", "江苏省", "")]
    assert verdicts == ["broken", "broken", "met", "unknown"]


def test_preferences_weigh_and_never_filter() -> None:
    wish = Asked("place", "is", "江苏省", "nice", "江苏省单位优先")
    found = gates(wish, Asked("solver_kind", "is", "university", "nice"))
    assert found.rules == ()
    both, one, none = (
        Team.of(*team) for team in (("江苏省", "university"), ("江苏省", "team"), ("德国", "team"))
    )
    assert preference(found.preferences, both) == PREFERENCE_WEIGHT
    assert preference(found.preferences, one) == PREFERENCE_WEIGHT / 2
    assert preference(found.preferences, none) == 0.0


CONDITIONS = st.builds(
    Asked,
    kind=st.sampled_from(["place", "solver_kind", "qualification"]),
    operator=st.sampled_from(["is", "is_not"]),
    value=st.sampled_from(["江苏省", "南京市", "省内", "市内", "university", "foreign", "CMA"]),
    strength=st.sampled_from(["must", "nice"]),
    text=st.sampled_from(["限本省单位", "在本市现场调试", ""]),
)


@given(st.lists(CONDITIONS, max_size=6), st.booleans(), st.sampled_from(REGIONS), st.sampled_from(KINDS))
def test_only_must_have_conditions_filter_and_only_what_a_team_states(
    asked: list[Asked], is_confirmed: bool, region: str, kind: str
) -> None:
    found = read_gates(asked, seeker_region=HOME, is_confirmed=is_confirmed)
    assert not broken(found.rules, Team.of("", "other"))
    asked_for = {one.value for one in asked if one.strength == "must"}
    for rule in broken(found.rules, Team.of(region, kind)):
        assert set(rule.values) <= asked_for
    assert 0.0 <= preference(found.preferences, Team.of(region, kind)) <= PREFERENCE_WEIGHT


@given(st.lists(CONDITIONS, max_size=6), st.sampled_from(REGIONS), st.sampled_from(KINDS))
def test_confirming_a_list_never_filters_less(asked: list[Asked], region: str, kind: str) -> None:
    team = Team.of(region, kind)
    before, after = (
        {rule.code for rule in broken(read_gates(asked, seeker_region=HOME, is_confirmed=flag).rules, team)}
        for flag in (False, True)
    )
    assert before <= after


def test_no_clear_condition_of_the_labelled_sentences_is_wrong_and_most_are_found() -> None:
    both = found = labelled = 0
    for line in SAMPLES.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        _, where, text, labels = (line + "\t").split("\t")[:4]
        wanted = {label for label in labels.split(";") if label}
        section = "must_have" if where == "must" else "description"
        read = {
            f"{one.kind}|{one.operator}|{one.value}"
            for one in find_conditions(RequirementText(**{section: text}))  # type: ignore[arg-type]
            if one.strength == "must"
            and is_clear(Asked(one.kind, one.operator, one.value, one.strength, one.place.text))
        }
        assert read <= wanted, text
        both, found, labelled = both + len(read & wanted), found + len(read), labelled + len(wanted)
    assert (both, labelled) == (found, 49)
    assert found >= 31
