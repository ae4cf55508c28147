"""Columns of attributes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from matching.index.attributes import Attributes


def made() -> Attributes:
    attributes = Attributes()
    attributes.append([{"field": "机械"}, {"field": ("机械", "环境")}], ["s1", None])
    attributes.append([{"region": "甲市"}, {"field": "环境", "region": ()}], ["s2", "s1"])
    return attributes


def test_a_row_has_any_of_the_wanted_values() -> None:
    attributes = made()
    assert attributes.has_any("field", ["机械"], 4).tolist() == [True, True, False, False]
    assert attributes.has_any("field", ["环境", "机械"], 4).tolist() == [True, True, False, True]
    assert attributes.has_any("field", [], 4).tolist() == [False] * 4


def test_an_attribute_that_came_later_is_absent_before() -> None:
    assert made().has_any("region", ["甲市"], 4).tolist() == [False, False, True, False]


def test_an_unknown_attribute_or_value_matches_nothing() -> None:
    assert made().has_any("colour", ["red"], 4).tolist() == [False] * 4
    assert made().has_any("field", ["纺织"], 4).tolist() == [False] * 4


def test_an_older_count_sees_only_its_rows() -> None:
    assert made().has_any("field", ["机械"], 1).tolist() == [True]


def test_attributes_of_a_row_come_back_as_they_went_in() -> None:
    attributes = made()
    assert attributes.of(0) == {"field": "机械"}
    assert attributes.of(1) == {"field": ("机械", "环境")}
    assert attributes.of(3) == {"field": "环境"}


def test_taken_rows_and_saved_ones_answer_alike(tmp_path: Path) -> None:
    taken = made().taken(np.array([3, 0]), 4)
    taken.save(tmp_path)
    for attributes in (taken, Attributes.load(tmp_path)):
        assert attributes.has_any("field", ["环境"], 2).tolist() == [True, False]
        assert attributes.has_any(Attributes.OWNER, ["s1"], 2).tolist() == [True, True]
        attributes.append([{"field": "环境"}], [None])
        assert attributes.has_any("field", ["环境"], 3).tolist() == [True, False, True]
