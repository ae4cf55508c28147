"""Quantified targets from running text."""

from __future__ import annotations

import pytest

from matching.analyse import RequirementText, analyse
from matching.analyse.quantities import read_number

Row = tuple[str, str, float, float | None, str]


def rows(text: str, section: str = "key_indicators") -> list[Row]:
    found = analyse(RequirementText(**{section: text})).targets  # type: ignore[arg-type]
    return [(one.name, one.operator, one.value, one.upper, one.unit) for one in found]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("抗冲击韧性≥67%", ("抗冲击韧性", "≥", 67, None, "%")),
        ("抗冲击韧性 ≥ 67 ％", ("抗冲击韧性", "≥", 67, None, "%")),
        ("烧成温度1400–1600 ℃", ("烧成温度", "~", 1400, 1600, "℃")),
        ("烧成温度：1400～1600℃", ("烧成温度", "~", 1400, 1600, "℃")),
        ("含固率＜3％", ("含固率", "<", 3, None, "%")),
        ("漏检率由15%降至5%以下", ("漏检率", "≤", 5, None, "%")),
        ("使用寿命不低于3年", ("使用寿命", "≥", 3, None, "年")),
        ("温差控制在4 ℃以内", ("温差", "≤", 4, None, "℃")),
        ("定位精度±0.3 mm", ("定位精度", "~", -0.3, 0.3, "mm")),
        ("雾度8%±0.8%", ("雾度", "~", 7.2, 8.8, "%")),
        ("心率误差≤±3次/min", ("心率误差", "≤", 3, None, "次/min")),
        ("疲劳寿命≥10万次", ("疲劳寿命", "≥", 100_000, None, "次")),
        ("疲劳寿命≥10 万次", ("疲劳寿命", "≥", 100_000, None, "次")),
        ("产能提高2～3倍", ("产能提高", "~", 2, 3, "倍")),
        ("膨胀倍数2～3倍", ("膨胀倍数", "~", 2, 3, "倍")),
        ("活菌数≥1×10¹⁰ CFU/g", ("活菌数", "≥", 1e10, None, "CFU/g")),
        ("设备制造成本≤2.5万元", ("设备制造成本", "≤", 2.5, None, "万元")),
        ("维护周期六个月以上", ("维护周期", "≥", 6, None, "个月")),
        ("湿摩≥3-4级", ("湿摩", "≥", 3.5, None, "级")),
        ("误停每班不超过2次", ("误停", "≤", 2, None, "次/班")),
        ("表面硬度不低于HB360", ("表面硬度", "≥", 360, None, "HB")),
        ("纯水通量≥600 L/(m²·h)", ("纯水通量", "≥", 600, None, "L/(m²·h)")),
        ("断纸次数减少一半", ("断纸次数减少", "≥", 50, None, "%")),
        ("产量≥1,200 t/a", ("产量", "≥", 1200, None, "t/a")),
    ],
)
def test_a_written_target_becomes_a_row(text: str, row: Row) -> None:
    assert rows(text) == [row]


def test_a_list_gives_its_rows_in_order_without_its_numbering() -> None:
    text = "1、砷≤30 ppt；2、精馏收率不低于92%；（3）能耗≤1.1 GJ。"
    assert [row[0] for row in rows(text)] == ["砷", "精馏收率", "能耗"]


def test_what_stands_in_brackets_is_a_circumstance_and_stays_in_the_name() -> None:
    assert rows("附着力（85 ℃、1000 h后）≥6 MPa") == [("附着力(85 ℃、1000 h后)", "≥", 6, None, "MPa")]


@pytest.mark.parametrize("name", ["使用寿命", "应力", "可靠性", "力学性能", "响应", "需氧量", "并联电阻"])
def test_a_name_keeps_characters_that_only_look_like_function_words(name: str) -> None:
    assert rows(f"{name}≥3 MPa")[0][0] == name


def test_a_bound_that_qualifies_a_noun_is_a_circumstance() -> None:
    found = rows("AHI≥15的呼吸暂停识别灵敏度≥85%")
    assert [(row[1], row[2], row[4]) for row in found] == [("≥", 85, "%")]


def test_a_name_that_only_says_when_takes_the_name_before() -> None:
    assert rows("平整度≥3.5级，水洗20次后≥3.0级")[1][0].startswith("平整度")


def test_figures_of_how_things_stand_are_no_targets() -> None:
    assert rows("目前漏检率约12%，夜班更高。", "problem") == []
    assert rows("公司年产轮毂480万只，占地26万平方米。", "description") == []


def test_targets_are_found_in_a_description_that_names_a_wish() -> None:
    text = "公司成立于2003年，员工860人。希望把裂纹率降到1%以下，成本不超过200元。"
    assert [row[2] for row in rows(text, "description")] == [1, 200]


def test_a_budget_and_a_term_are_no_targets() -> None:
    assert rows("要求两年内完成，经费不超过120万元。", "description") == []


def test_the_place_is_the_original_text() -> None:
    text = "１．车速　≥４０ m/min"
    (target,) = analyse(RequirementText(key_indicators=text)).targets
    assert target.value == 40
    assert target.place.text == text[target.place.start : target.place.end]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5万", 15_000),
        ("二十五", 25),
        ("一百二十", 120),
        ("3 × 10^-5", 3e-5),
        ("半", 0.5),
        ("1,234.5", 1234.5),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: float) -> None:
    assert read_number(text) == value


@pytest.mark.parametrize(
    "text", ["", "≥", "≥%", "（（（", "）≥3", "±", "1～", "~~~", "\ud800≥3 mm", "≥" * 3000, "1" * 3000]
)
def test_odd_texts_do_not_break_the_reading(text: str) -> None:
    analyse(RequirementText(title=text, description=text, key_indicators=text, must_have=text))
