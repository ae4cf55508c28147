"""What lies outside of what a challenge is held for: only what is stated, by region, field and industry."""

from __future__ import annotations

import pytest

from app.challenges.scope import covers, differences
from app.models import Challenge, Requirement
from app.models.requirement import Field


def outside(challenge: dict[str, object], **form: object) -> list[str]:
    held = {"region": "", "fields": [], "industries": [], **challenge}
    stated = {"region": "", "field": None, "industry": "", **form}
    return [item.code for item in differences(Challenge(**held), Requirement(**stated))]


@pytest.mark.parametrize(
    ("region", "is_outside"),
    [
        ("江苏省/通海市", False),
        ("江苏省/通海市/川桥镇", False),
        ("通海市/川桥镇", False),
        ("江苏省通海市川桥镇", False),
        ("江苏省", False),
        ("", False),
        ("江苏省/南通市", True),
        ("浙江省/杭州市", True),
    ],
)
def test_a_region_is_outside_when_it_names_another_place(region: str, is_outside: bool) -> None:
    found = outside({"region": "江苏省/通海市"}, region=region)
    assert found == (["outside_region"] if is_outside else [])


def test_a_challenge_without_limits_is_held_for_everyone() -> None:
    assert outside({}, region="浙江省", field=Field.OCEAN, industry="17 纺织业") == []


def test_everything_outside_is_named_and_what_is_not_stated_contradicts_nothing() -> None:
    held = {"region": "江苏省", "fields": ["海洋"], "industries": ["17"]}
    assert outside(held) == []
    assert outside(held, region="浙江省", field=Field.HEALTH, industry="27") == [
        "outside_region",
        "outside_fields",
        "outside_industries",
    ]
    assert outside(held, region="江苏省/通海市", field=Field.OCEAN, industry="1751 化纤织造加工") == []


@pytest.mark.parametrize(
    ("industry", "stated", "is_covered"),
    [
        ("17 纺织业", "17", True),
        ("17 纺织业", "1751 化纤织造加工", True),
        ("C17", "17 纺织业", True),
        ("1751", "17 纺织业", True),
        ("17 纺织业", "18 纺织服装、服饰业", False),
        ("纺织业", "家用纺织业", True),
        ("纺织业", "医药制造业", False),
        ("17", "纺织业", True),
        ("C 制造业", "17 纺织业", True),
        ("C 制造业", "01 农业", False),
        ("C 制造业", "纺织业", True),
        ("C 制造业", "D44", False),
        ("C 制造业", "A 农、林、牧、渔业", False),
        ("IT 服务", "IT 服务", True),
    ],
)
def test_industries_are_compared_by_code_and_else_by_name(
    industry: str, stated: str, is_covered: bool
) -> None:
    assert covers(industry, stated) is is_covered
