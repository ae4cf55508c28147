"""No exported text is a formula, and every one comes back as it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.kit.escaping import escape, unescape

RISKY = st.text(alphabet=st.sampled_from("'=+-@\t\r甲1"), max_size=8)


@given(RISKY)
def test_an_exported_text_comes_back(text: str) -> None:
    assert unescape(escape(text)) == text


@given(RISKY)
def test_no_exported_text_begins_like_a_formula(text: str) -> None:
    assert not escape(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_harmless_text_is_left_alone() -> None:
    assert escape("'引号'") == "'引号'"
    assert unescape("'引号'") == "'引号'"
