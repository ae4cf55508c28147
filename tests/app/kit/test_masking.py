"""Masking: the forms of a unit's name that are taken out, and the words that must stay."""

from __future__ import annotations

import pytest

from app.kit.masking import mask_contacts, mask_organization, names_of


@pytest.mark.parametrize(
    ("name", "region", "written"),
    [
        ("高密市孚日家纺股份有限公司", "", "孚日家纺"),
        ("孚日集团股份有限公司", "", "孚日"),
        ("潍坊豪迈机械科技有限公司", "山东省/潍坊市", "豪迈"),
        ("浙江某宝（上海）科技有限公司", "", "浙江某宝（上海）科技有限公司"),
        ("山东省高密市金龙精密铸造有限公司", "", "金龙精密铸造"),
    ],
)
def test_a_name_is_masked_however_it_is_written(name: str, region: str, written: str) -> None:
    assert written not in mask_organization(f"我们{written}的设备", name, region)


@pytest.mark.parametrize("name", ["高密市机械有限公司", "昆山市新材料有限责任公司", "农业机械有限公司"])
def test_a_name_made_of_common_words_does_not_blank_the_text(name: str) -> None:
    assert mask_organization("农业机械与新材料的结合", name) == "农业机械与新材料的结合"


def test_the_longest_form_goes_first() -> None:
    names = names_of("高密市孚日家纺股份有限公司")
    assert names == sorted(names, key=len, reverse=True)


@pytest.mark.parametrize(
    "contact", ["wang.li@example.com.cn", "13800138000", "+86 138-0013-8000", "0536-2345678", "400-820-8820"]
)
def test_contacts_are_masked(contact: str) -> None:
    assert contact not in mask_contacts(f"请联系 {contact}。")


@pytest.mark.parametrize("figure", ["0.01-0.05", "10000000000", "Q235-12345", "2019-2021", "1250-1300"])
def test_figures_stay(figure: str) -> None:
    assert mask_contacts(f"指标为 {figure}。") == f"指标为 {figure}。"
