"""Makes the workbooks of the sample challenge, such as an organizer uploads, from `scripts/sample/`.

Run from the root of the repository after a change of the texts: `.venv/bin/python scripts/build_sample.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from app.exchange.columns import KindName
from app.exchange.importing import read_table
from app.exchange.rendering import cell_value
from app.exchange.templates import make_template, template_columns

ROOT = Path(__file__).resolve().parent
SOURCE = ROOT / "sample"
TARGET = ROOT.parent / "app" / "demo" / "sample"
KINDS: tuple[KindName, ...] = ("requirements", "solvers", "achievements")


def build(kind: KindName) -> int:
    """Writes one workbook and returns its number of rows. Exits with the first bad row's reasons."""
    path = SOURCE / f"{kind}.jsonl"
    table = read_table(path.name, path.read_bytes(), kind=kind, max_mb=32)
    rows: list[dict[str, Any]] = []
    for row in table.rows:
        if not row.is_good:
            sys.exit(f"{path.name}:{row.number}: {'；'.join(message.text for message in row.messages)}")
        rows.append(
            {column.name: _cell(row.values.get(column.name), column) for column in template_columns(kind)}
        )
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / f"{kind}.xlsx").write_bytes(make_template(kind, rows))
    return len(rows)


def _cell(value: Any, column: Any) -> Any:
    plain = cell_value(value, column)
    return float(plain) if column.cell == "money" and plain is not None else plain


if __name__ == "__main__":
    for name in KINDS:
        print(f"{name}.xlsx: {build(name)} rows")
