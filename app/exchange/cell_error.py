"""One bad cell: a stable code and a sentence that says what is allowed, never what was typed."""

from __future__ import annotations


class CellError(ValueError):
    """Raised by the parsers of cells. `code` is stable; `zh` is for the clerk who filled the cell in."""

    def __init__(self, code: str, zh: str) -> None:
        super().__init__(code)
        self.code = code
        self.zh = zh
