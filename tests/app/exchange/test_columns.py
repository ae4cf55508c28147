"""Headers are recognised in any order and wording, and never guessed."""

from __future__ import annotations

import random

import pytest

from app.exchange.columns import COLUMNS, KindName, kind_of, resolve
from app.exchange.errors import HeaderDuplicate, HeaderMissing, KindUnclear


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_official_headers_are_recognised_in_any_order(kind: KindName) -> None:
    header = [column.header for column in COLUMNS[kind]]
    random.Random(7).shuffle(header)
    assert kind_of(header) == kind
    assert [column and column.header for column in resolve(header, kind).columns] == header


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_english_field_names_are_recognised(kind: KindName) -> None:
    header = [column.name for column in COLUMNS[kind]]
    assert kind_of(header) == kind
    assert [column and column.name for column in resolve(header, kind).columns] == header


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_no_word_means_two_columns_of_one_table(kind: KindName) -> None:
    words = [
        (word, column.name)
        for column in COLUMNS[kind]
        for word in {column.header, column.name, *column.synonyms}
    ]
    assert len({word for word, _ in words}) == len(words)


def test_marks_blanks_and_width_do_not_matter() -> None:
    layout = resolve(["* 技术需求名称（必填）", "拟投入资金 (万元)：", "E-mail"], "requirements")
    assert [column and column.name for column in layout.columns] == ["title", "budget_wan", "email"]


def test_unknown_columns_are_reported_and_ours_passed_over() -> None:
    layout = resolve(["序号", "技术需求名称", "天气", "结果", "状态", ""], "requirements")
    assert layout.unknown == (2,)


def test_two_columns_of_one_meaning_are_refused() -> None:
    with pytest.raises(HeaderDuplicate) as caught:
        resolve(["技术需求名称", "需求名称"], "requirements")
    assert "技术需求名称" in caught.value.detail("zh")


def test_a_header_without_the_name_is_refused() -> None:
    with pytest.raises(HeaderMissing):
        resolve(["关键词", "所属领域"], "requirements")


def test_bare_headers_need_the_name_of_the_file_or_the_kind() -> None:
    assert kind_of(["id", "title"], "achievements.jsonl") == "achievements"
    assert kind_of(["编号", "名称"], "2026年技术需求.xlsx") == "requirements"
    with pytest.raises(KindUnclear):
        kind_of(["id", "title", "description"], "data.jsonl")
