"""Keys and their rows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.index import keys as module
from matching.index.keys import KeyTable


@given(
    batches=st.lists(st.lists(st.text(max_size=3), unique=True, max_size=12), max_size=12),
    recent=st.sampled_from([0, 5, 1000]),
)
@settings(max_examples=80, deadline=None)
def test_a_key_is_found_where_it_was_put_last_in_every_older_view(
    batches: list[list[str]], recent: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_RECENT", recent)
        table = KeyTable()
        put: list[str] = []
        for batch in batches:
            table.append(batch)
            put += batch
    assert [table.key(row) for row in range(len(table))] == put
    for count in range(len(put) + 1):
        for key in {*put, "unknown"}:
            expected = max((row for row in range(count) if put[row] == key), default=-1)
            assert table.row(key, count) == expected


def test_keys_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RECENT", 0)
    monkeypatch.setattr(module, "hash", lambda key: 7, raising=False)
    table = KeyTable()
    table.append(["a", "b"])
    table.append(["c", "a"])
    assert [table.newest(key) for key in ("a", "b", "c", "d")] == [3, 1, 2, -1]
