"""Bootstrap intervals over requirements."""

from __future__ import annotations

import pytest

from matching.intervals import difference_interval, grouped_intervals, mean_interval


def test_an_interval_holds_its_mean_and_narrows_with_more_values() -> None:
    few, many = mean_interval([0.0, 1.0] * 5), mean_interval([0.0, 1.0] * 200)
    assert few is not None
    assert many is not None
    assert few.value == many.value == 0.5
    assert few.low < many.low < 0.5 < many.high < few.high


def test_requirements_without_a_value_do_not_count() -> None:
    found = mean_interval([None, 1.0, None])
    assert found is not None
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)
    assert mean_interval([None]) is None


def test_a_constant_difference_is_certain_however_much_the_values_vary() -> None:
    found = difference_interval([0.1, 0.9, 0.4, None], [0.0, 0.8, 0.3, 0.2])
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))


def test_groups_are_drawn_as_a_whole() -> None:
    groups = {"a": [1.0] * 50, "b": [0.0] * 50}
    found = grouped_intervals(groups, lambda rows: {"mean": sum(rows) / len(rows)})["mean"]
    assert (found.value, found.low, found.high) == (0.5, 0.0, 1.0)
