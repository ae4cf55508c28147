"""Clusters are the same for the same data in any order, need nearness on average, and are named by what they share."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from matching import cluster
from matching.cluster import TooManyRows, clusters, theme


def directions(*groups: int, spread: float = 0.3, seed: int = 7) -> NDArray[np.float32]:
    """Unit vectors around one axis per group, as many as each group says."""
    noise = np.random.default_rng(seed)
    rows = []
    for axis, count in enumerate(groups):
        for _ in range(count):
            row = noise.normal(0.0, spread / 8, 64)
            row[axis] += 1.0
            rows.append(row / np.linalg.norm(row))
    return np.array(rows, dtype=np.float32)


def test_rows_around_one_direction_are_one_cluster_and_strangers_are_in_none() -> None:
    vectors = directions(4, 3, 1, 1, 1)
    keys = [f"k{place}" for place in range(10)]
    found = clusters(keys, vectors)
    assert [sorted(one.members) for one in found] == [["k0", "k1", "k2", "k3"], ["k4", "k5", "k6"]]
    assert all(0.3 <= one.cohesion <= 1.0 for one in found)


def test_the_order_of_the_rows_changes_nothing() -> None:
    vectors, keys = directions(5, 4, 2, 1, 1), [f"k{place:02d}" for place in range(13)]
    order = np.random.default_rng(1).permutation(13)
    assert clusters([keys[place] for place in order], vectors[order]) == clusters(keys, vectors)


def test_a_chain_of_neighbours_is_not_one_cluster() -> None:
    # Each row is near the next one only, so on average the two ends have nothing in common.
    angles = np.linspace(0.0, 2.0 * np.pi, 13)[:-1]
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    found = clusters([f"k{place:02d}" for place in range(12)], vectors)
    assert max(len(one.members) for one in found) < 7


def test_fewer_than_two_rows_have_no_cluster() -> None:
    assert clusters([], np.zeros((0, 0), np.float32)) == ()
    assert clusters(["one"], directions(1)) == ()


def test_more_rows_than_can_be_held_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "MOST", 2)
    with pytest.raises(TooManyRows):
        clusters(["a", "b", "c"], directions(3))


def test_a_theme_begins_with_the_words_that_its_members_share() -> None:
    titles = {"a": "染色废水脱色处理", "b": "印染废水深度脱色与回用", "c": "水凝胶敷料", "d": "机器人焊接"}
    words = {"a": ["脱色"], "b": ["中水回用", "脱色"], "c": ["水凝胶"], "d": ["机器人"]}
    found = theme(["a", "b"], words, titles)
    assert "脱色" in found[:2]
    assert not {"水凝胶", "机器人"} & set(found)


def test_a_theme_without_shared_words_takes_key_words_of_the_members_in_turn() -> None:
    titles = {"a": "甲", "b": "乙", "c": "丙"}
    words = {"a": ["固态电容", "分散液"], "b": ["阳极箔"], "c": []}
    assert theme(["a", "b"], words, titles) == ("固态电容", "阳极箔", "分散液")
