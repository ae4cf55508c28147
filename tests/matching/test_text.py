"""Cleaning and cutting of texts."""

from __future__ import annotations

import pytest

from matching.text import (
    clean,
    content_words,
    normalise,
    normalise_with_offsets,
    passage,
    sentence_spans,
    stop_words,
    technical_terms,
    text_hash,
    unique_sentences,
    words,
)
from matching.types import Document


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("減速機　齒輪", "减速机 齿轮"),
        ("ＡＢＣ１２％", "ABC12%"),
        ("a \t b\n\n  c", "a b\nc"),
        ("NaN", ""),
        ("无", ""),
        ("", ""),
        ("\x00", ""),
    ],
)
def test_text_comes_into_one_normal_form(raw: str, plain: str) -> None:
    assert normalise(raw) == plain


def test_normalising_twice_changes_nothing() -> None:
    once = normalise("繁體　ＴＥＸＴ℃ \n 二")
    assert normalise(once) == once


def test_each_plain_character_knows_its_original_place() -> None:
    plain, offsets = normalise_with_offsets("耐℃機A")
    assert plain == "耐°c机a"
    assert offsets == [0, 1, 1, 2, 3, 4]


def test_sentences_are_places_in_the_original() -> None:
    text = "  第一句。第二句！\n——\n3rd line"
    assert [text[start:end] for start, end in sentence_spans(text)] == ["第一句。", "第二句！", "3rd line"]


def test_a_repeated_sentence_counts_once_at_its_first_place() -> None:
    assert unique_sentences("窑内不匀。需要改进。窑内不匀。") == [("窑内不匀", 0, 5), ("需要改进", 5, 10)]
    assert clean("甲事。乙事！甲事；") == "甲事。乙事"


def test_the_passage_is_title_and_clean_description_up_to_a_length() -> None:
    assert passage(Document("k", "标题", "内容。内容。")) == "标题。内容"
    assert passage(Document("k", "标题", "nan")) == "标题"
    assert len(passage(Document("k", "题" * 300, "文" * 300), length=400)) == 400


def test_the_text_hash_follows_title_and_description_only() -> None:
    one = Document("k", "ab", "c")
    assert text_hash(one) == text_hash(Document("other", "ab", "c", owner="o"))
    assert text_hash(one) != text_hash(Document("k", "a", "bc"))
    assert len(text_hash(Document("k", "\ud800"))) == 64


def test_technical_terms_stay_whole() -> None:
    assert "谐波减速器" in words("新型谐波减速器研究")
    assert "莱赛尔" in words("莱赛尔面料")


def test_content_words_leave_out_stop_words_and_single_characters() -> None:
    assert content_words("关于减速器的研究") == [("减速器", 2, 5)]


def test_the_shipped_word_lists_are_in_normal_form() -> None:
    for word in [*technical_terms(), *stop_words()]:
        assert normalise(word) in (word, ""), word
