"""Texts are stored clean, and cleaning twice changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.text import UncleanText, clean_line, clean_text, join_keywords, split_keywords

ANY_TEXT = st.text(
    alphabet=st.one_of(st.sampled_from("抗冲击韧性≥67%，；、 \t\r\n\u200b\ufeffe\u0301"), st.characters()),
    max_size=40,
)


def test_line_breaks_of_every_program_become_line_feeds() -> None:
    assert clean_text("一\r\n二\r三\v四\u2028五") == "一\n二\n三\n四\n五"


def test_a_text_of_zero_width_characters_is_empty() -> None:
    assert clean_text("\u200b\u2060 \ufeff\u200d") == ""


def test_a_zero_width_joiner_inside_a_word_stays() -> None:
    assert clean_text("a\u200db") == "a\u200db"


def test_text_is_composed() -> None:
    assert clean_text("e\u0301") == "\u00e9"


@pytest.mark.parametrize("bad", ["a\x00b", "a\x07", "\x9b", "\ufffe", "\U0001ffff"])
def test_control_characters_are_refused_without_an_echo(bad: str) -> None:
    with pytest.raises(UncleanText) as caught:
        clean_text("机密" + bad)
    assert caught.value.code == "control_character"
    assert "机密" not in str(caught.value)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(UncleanText) as caught:
        clean_text("a\ud800")
    assert caught.value.code == "surrogate"


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    try:
        once = clean_text(text)
    except UncleanText:
        return
    assert clean_text(once) == once
    assert clean_line(clean_line(text)) == clean_line(text)


def test_keywords_are_cut_at_chinese_and_western_separators() -> None:
    assert split_keywords("减速器、噪声，齿轮;修形；减速器") == ["减速器", "噪声", "齿轮", "修形"]


def test_blanks_cut_keywords_only_when_nothing_else_does() -> None:
    assert split_keywords("减速器 噪声　齿轮") == ["减速器", "噪声", "齿轮"]
    assert split_keywords("deep learning，GAN") == ["deep learning", "GAN"]


@given(st.lists(ANY_TEXT, max_size=5))
def test_joined_keywords_come_back_as_they_were(texts: list[str]) -> None:
    try:
        keywords = split_keywords(texts)
    except UncleanText:
        return
    assert split_keywords(join_keywords(keywords)) == keywords
