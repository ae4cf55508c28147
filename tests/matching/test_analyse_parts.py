"""Sentences, money, places, conditions, classes, gaps, key words, new words, neighbours."""

from __future__ import annotations

import random

import pytest

from matching.analyse import (
    ClassVectors,
    RequirementText,
    analyse,
    discover,
    neighbours,
)
from matching.analyse.budget import find_budget, find_localities
from matching.analyse.classes import divisions, fields
from matching.analyse.completeness import WEIGHTS
from matching.encode import HashingEncoder
from matching.types import SimilarRequirement

KILN = RequirementText(
    title="隧道窑余热用于坯体干燥",
    description=(
        "公司成立于1998年，占地300亩，荣获省科技进步二等奖。现有隧道窑排烟温度高达210 ℃，余热没有利用。"
        "希望把排烟温度降到110 ℃以内。经费200万元以内，2027年底前完成，专利由双方共有。"
    ),
)


def test_the_need_is_told_from_company_history() -> None:
    kinds = [one.kind for one in analyse(KILN).sentences]
    assert kinds == ["background", "need", "need", "other"]


def test_the_budget_of_the_text_is_read_with_its_bounds() -> None:
    budget = analyse(KILN).budget
    assert budget is not None and (budget.lower, budget.upper) == (0, 200)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("拟投入资金150万元", (150, 150)),
        ("预算：100-150万元", (100, 150)),
        ("资金规模：800万元至1000万元", (800, 1000)),
        ("预算：四十万元", (40, 40)),
        ("研发经费1.2亿元", (12_000, 12_000)),
        ("经费80万元以上", (80, None)),
        ("资金来源为自筹300万元加专项补助200万元", (500, 500)),
    ],
)
def test_amounts_are_in_wan(text: str, bounds: tuple[float, float | None]) -> None:
    found = find_budget("description", text)
    assert found is not None and (found.lower, found.upper) == bounds


@pytest.mark.parametrize(
    "text", ["费用面议", "年运行费用不超过150万元", "注册资金1100万元", "已投入资金300万元", "几千万元的投入"]
)
def test_other_money_is_no_budget(text: str) -> None:
    assert find_budget("description", text) is None


def test_a_province_with_its_city_is_one_place() -> None:
    (found,) = find_localities("description", "位于江西省赣州市章贡区")
    assert (found.province, found.city, found.county) == ("江西省", "赣州市", "章贡区")


def test_a_short_name_inside_another_word_is_no_place() -> None:
    assert find_localities("description", "大理石粉料与海南参") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("须在江苏省内", ("place", "is", "江苏省", "must")),
        ("须具备CMA资质", ("qualification", "has", "须具备CMA资质", "must")),
        ("不接受技术转让", ("cooperation", "is_not", "技术转让", "must")),
        ("合作单位须为高校", ("solver_kind", "is", "university", "must")),
        ("境外团队不参加", ("solver_kind", "is_not", "foreign", "must")),
        ("不得与同行有在研合作", ("conflict", "has_not", "不得与同行有在研合作", "must")),
        ("数据不得出厂", ("confidentiality", "has", "数据不得出厂", "must")),
        ("能常驻现场一个月", ("presence", "has", "能常驻现场一个月", "must")),
    ],
)
def test_a_condition_of_the_form_has_kind_operator_and_value(text: str, expected: tuple[str, ...]) -> None:
    (found,) = analyse(RequirementText(must_have=text)).conditions
    assert (found.kind, found.operator, found.value, found.strength) == expected


def test_a_preference_in_running_text_only_weighs() -> None:
    found = analyse(RequirementText(description="漏检率高，需要解决。高校院所优先。")).conditions
    assert {(one.value, one.strength) for one in found} == {("university", "nice"), ("institute", "nice")}


def test_a_need_is_no_condition_on_the_solver() -> None:
    assert analyse(RequirementText(description="必须在控制装备上加大研究力度。")).conditions == ()


def test_there_are_twelve_fields_and_all_divisions() -> None:
    assert len(fields().codes) == 12
    assert divisions().codes == tuple(f"{number:02d}" for number in range(1, 98))


def test_classes_come_with_probabilities() -> None:
    analysis = analyse(RequirementText(title="印染废水脱色与中水回用", description="印染废水COD高，色度高。"))
    assert analysis.fields[0].code == "资源与环境"
    shares = [one.probability for one in analysis.fields]
    assert shares == sorted(shares, reverse=True) and 0 < sum(shares) <= 1


def test_a_text_without_a_telling_word_gets_no_class() -> None:
    assert analyse(RequirementText(title="某某事宜")).fields == ()


def test_embeddings_take_part_when_an_encoder_is_given() -> None:
    vectors = ClassVectors.of(HashingEncoder(64))
    text = RequirementText(title="某某事宜", description="待商量的事情")
    assert len(analyse(text, vectors=vectors).divisions) == 3


def test_the_weights_of_completeness_sum_to_one() -> None:
    assert sum(weight for weight, _ in WEIGHTS.values()) == pytest.approx(1.0)


def test_an_empty_form_lacks_everything_and_a_full_one_nothing() -> None:
    empty = analyse(RequirementText(title="想做AI")).completeness
    assert {gap.code for gap in empty.gaps} >= {"problem", "targets", "budget", "ownership", "deadline"}
    full = analyse(
        RequirementText(
            title="宽幅面料疵点检测",
            problem="成品仍靠人工验布，车速35 m/min时漏检率约12%，客户投诉增多，常规阈值法遇到大花型误报不停。",
            key_indicators=(
                "检出率≥97%；误报≤3处/百米；学习时间≤3 min；"
                "幅宽≥2.5 m，换花型后无须重新标注样本即可运行，结果与打卷数据对接。"
            ),
            goal="交付样机一台，连续运行三个月。",
            ownership="双方共有",
            keywords=("疵点检测",),
            has_budget=True,
            has_deadline=True,
            has_place=True,
            has_cooperation=True,
            has_contact=True,
        )
    ).completeness
    assert full.gaps == () and full.score == 1.0
    assert empty.score < 0.2


def test_a_fact_of_the_text_fills_what_the_form_left_open() -> None:
    codes = {gap.code for gap in analyse(KILN).completeness.gaps}
    assert not codes & {"budget", "deadline", "ownership", "urgency"}
    assert "goal" in codes


def test_key_words_are_terms_and_not_the_genre() -> None:
    words = [one.word for one in analyse(KILN).keywords]
    assert any("隧道窑" in word or "余热" in word for word in words)
    assert not {"公司", "技术", "希望"} & set(words)


def test_known_words_are_kept_as_key_words() -> None:
    words = [one.word for one in analyse(KILN, known_words={"坯体干燥"}).keywords]
    assert "坯体干燥" in words


def test_a_word_the_corpus_uses_is_discovered() -> None:
    dice = random.Random(7)
    left, right = "阀泵窑炉板管轴辊罐塔", "坏裂漏旧新热冷湿干慢"
    texts = [f"{dice.choice(left)}钎焊涂覆{dice.choice(right)}第{place}例" for place in range(60)]
    noise = [f"{dice.choice(left)}{dice.choice(right)}再看{place}" for place in range(60)]
    found = discover([*texts, *noise], least_count=20, least_cohesion=2.0)
    assert "钎焊涂覆" in [one.word for one in found]
    assert all(len(one.word) > 1 for one in found)


def test_a_repeated_text_counts_once_in_discovery() -> None:
    assert discover(["钎焊涂覆层开裂"] * 50) == []


def test_neighbours_are_told_apart_by_likeness_and_shared_words() -> None:
    similar = [
        SimilarRequirement("twin", 1, 0.95, True),
        SimilarRequirement("same", 2, 0.5, False),
        SimilarRequirement("near", 3, 0.5, False),
        SimilarRequirement("far", 4, 0.2, False),
    ]
    found = neighbours(
        similar,
        keywords=["疵点检测", "印花布"],
        keywords_of={"same": ["布面疵点检测", "印花布"], "near": ["印花布"]},
    )
    assert [(one.key, one.relation) for one in found] == [
        ("twin", "duplicate"),
        ("same", "same_bottleneck"),
        ("near", "related"),
    ]
