"""Phrases are marked in a text that stays safe to show."""

from __future__ import annotations

from app.console.rendering import marked


def test_the_longest_of_overlapping_phrases_is_marked_everywhere() -> None:
    found = marked("阻燃窗帘与阻燃面料", ["阻燃", "阻燃窗帘"])
    assert str(found) == "<mark>阻燃窗帘</mark>与<mark>阻燃</mark>面料"


def test_what_people_wrote_is_escaped_inside_and_outside_of_a_mark() -> None:
    assert (
        str(marked("<b>a</b> & c", ["<b>", "c"])) == "<mark>&lt;b&gt;</mark>a&lt;/b&gt; &amp; <mark>c</mark>"
    )
    assert str(marked("<i>", [])) == "&lt;i&gt;"
