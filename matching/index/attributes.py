"""Attributes in columns and the masks that filters become: the one place where a filter's meaning is
decided.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching.index.growing import Growing
from matching.types import AttributeValue, Mask, Rows

Codes = NDArray[np.int32]


class Column:
    """One attribute of all rows: each distinct combination of values has a code, rows hold codes. Only grows.

    Code 0 is the absent value. Older views of the codes stay valid, since rows and codes are only ever
    appended.
    """

    def __init__(self) -> None:
        self._codes = Growing(np.int32)
        self._combinations: list[tuple[str, ...]] = [()]
        self._code_of: dict[tuple[str, ...], int] = {(): 0}
        self._codes_with: dict[str, list[int]] = {}

    def append(self, values: Iterable[AttributeValue | None]) -> None:
        self._codes.extend(np.fromiter((self._encode(value) for value in values), dtype=np.int32))

    def pad(self, count: int) -> None:
        """Gives rows up to `count` the absent value."""
        self._codes.extend(np.zeros(count - len(self._codes), dtype=np.int32))

    def codes(self, count: int) -> Codes:
        return self._codes.view(count)

    def values(self, code: int) -> tuple[str, ...]:
        return self._combinations[code]

    def has_any(self, wanted: Sequence[str], count: int) -> Mask:
        """(count,) bool: the row has at least one of the values."""
        chosen = [code for value in set(wanted) for code in self._codes_with.get(value, ())]
        table = np.zeros(len(self._combinations), dtype=np.bool_)
        table[chosen] = True
        # Another thread may append codes meanwhile; rows below `count` only hold older ones.
        return np.asarray(table[self.codes(count)], dtype=np.bool_)

    def taken(self, rows: Rows, count: int) -> Column:
        """A new column of the given rows only; combinations that no longer occur are dropped."""
        column = Column()
        codes = self.codes(count)[rows]
        used, places = np.unique(codes, return_inverse=True)
        renumbered = np.array(
            [column._encode(self._combinations[code] or None) for code in used], dtype=np.int32
        )
        column._codes.extend(renumbered[places.reshape(-1)])
        return column

    @property
    def combinations(self) -> list[tuple[str, ...]]:
        return self._combinations

    @classmethod
    def restored(cls, codes: Codes, combinations: Iterable[Sequence[str]]) -> Column:
        column = cls()
        for combination in list(combinations)[1:]:
            column._encode(tuple(combination))
        column._codes.extend(codes)
        return column

    def _encode(self, value: AttributeValue | None) -> int:
        if not value:
            return 0
        combination = (value,) if isinstance(value, str) else tuple(sorted(set(value)))
        code = self._code_of.get(combination)
        if code is None:
            code = len(self._combinations)
            for single in combination:
                self._codes_with.setdefault(single, []).append(code)
            self._combinations.append(combination)
            self._code_of[combination] = code
        return code


class Attributes:
    """The columns of a collection by name; `OWNER` is the column of `Document.owner`."""

    OWNER = "\x00owner"

    def __init__(self) -> None:
        self._columns: dict[str, Column] = {self.OWNER: Column()}
        self._count = 0

    def append(self, rows: Sequence[Mapping[str, AttributeValue]], owners: Sequence[str | None]) -> None:
        names = {name for row in rows for name in row}
        for name in names - self._columns.keys():
            column = Column()
            column.pad(self._count)
            self._columns[name] = column
        self._columns[self.OWNER].append(owners)
        for name, column in list(self._columns.items()):
            if name != self.OWNER:
                column.append(row.get(name) for row in rows)
        self._count += len(rows)

    def column(self, name: str) -> Column | None:
        return self._columns.get(name)

    @property
    def owners(self) -> Column:
        return self._columns[self.OWNER]

    def has_any(self, name: str, wanted: Sequence[str], count: int) -> Mask:
        column = self._columns.get(name)
        return np.zeros(count, dtype=np.bool_) if column is None else column.has_any(wanted, count)

    def taken(self, rows: Rows, count: int) -> Attributes:
        """The attributes of the given rows only, renumbered from 0."""
        taken = Attributes()
        taken._columns = {name: column.taken(rows, count) for name, column in list(self._columns.items())}
        taken._count = len(rows)
        return taken

    def save(self, folder: Path) -> None:
        names = list(self._columns)
        combinations = {name: self._columns[name].combinations for name in names}
        (folder / "attributes.json").write_text(
            json.dumps(combinations, ensure_ascii=False), encoding="utf-8"
        )
        codes = [self._columns[name].codes(self._count) for name in names]
        np.save(folder / "attribute-codes.npy", np.stack(codes))

    @classmethod
    def load(cls, folder: Path) -> Attributes:
        combinations = json.loads((folder / "attributes.json").read_text(encoding="utf-8"))
        codes = np.load(folder / "attribute-codes.npy")
        loaded = cls()
        loaded._columns = {
            name: Column.restored(row, combinations[name])
            for name, row in zip(combinations, codes, strict=True)
        }
        loaded._count = codes.shape[1]
        return loaded

    def of(self, row: int) -> dict[str, AttributeValue]:
        """The attributes of one row; a single value comes back as a plain string."""
        found: dict[str, AttributeValue] = {}
        for name, column in list(self._columns.items()):
            values = column.values(int(column.codes(row + 1)[row]))
            if name != self.OWNER and values:
                found[name] = values[0] if len(values) == 1 else values
        return found
