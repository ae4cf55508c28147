"""The check character of GB 32100-2015 catches typing errors."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.kit.uscc import ALPHABET, check_character, is_uscc, normal_uscc

BODY = st.tuples(
    st.text(alphabet=ALPHABET, min_size=2, max_size=2),
    st.text(alphabet="0123456789", min_size=6, max_size=6),
    st.text(alphabet=ALPHABET, min_size=9, max_size=9),
).map("".join)


def test_a_published_code_passes_and_its_neighbour_does_not() -> None:
    assert is_uscc("91350100M000100Y43")
    assert not is_uscc("91350100M000100Y44")


def test_typing_habits_are_forgiven() -> None:
    assert normal_uscc(" 91350100-m000100y43　") == "91350100M000100Y43"
    assert normal_uscc("９１350100M000100Y43") == "91350100M000100Y43"


@given(BODY, st.integers(0, 16), st.data())
def test_one_wrong_character_is_always_noticed(body: str, place: int, data: st.DataObject) -> None:
    code = body + check_character(body)
    assert is_uscc(code)
    other = data.draw(st.sampled_from([sign for sign in ALPHABET if sign != code[place]]))
    assert not is_uscc(code[:place] + other + code[place + 1 :])
