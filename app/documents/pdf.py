"""Sets a document as PDF with Typst and the fonts of a package: the same result on every machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst

from app.documents.characters import printable
from app.documents.model import Bars, Block, Document, numbered
from app.kit.clock import in_shanghai

TEMPLATES = Path(__file__).parent / "templates"
FONTS = Path(pylopdf_fonts_zh_cn.__file__).parent
CHART_PPI = 200.0


def pdf_of(document: Document) -> bytes:
    """The document as PDF. Its texts are data for the template, so none of them can act as markup."""
    plain = {
        "title": document.title,
        "subtitle": document.subtitle,
        "issuer": document.issuer,
        "marking": document.marking,
        "day": f"{in_shanghai(document.as_of):%Y 年 %-m 月 %-d 日}",
        "has_cover": document.has_cover,
        "is_landscape": document.is_landscape,
        "blocks": [_plain(block) for block in numbered(document)],
    }
    return _compile("document.typ", plain, as_of=document.as_of, format="pdf")


def chart_of(chart: Bars) -> bytes:
    """A bar chart alone as PNG, 16 cm wide; for formats that cannot draw."""
    return _compile("chart.typ", _plain(chart), as_of=None, format="png")


def _plain(block: Block) -> dict[str, Any]:
    return {"kind": type(block).__name__.lower(), **asdict(block)} | _without_sets(block)


def _without_sets(block: Block) -> dict[str, Any]:
    numeric = getattr(block, "numeric", None)
    return {} if numeric is None else {"numeric": sorted(numeric)}


def _compile(template: str, data: dict[str, Any], *, as_of: datetime | None, format: Any) -> bytes:
    text = json.dumps(_printable(data), ensure_ascii=False)
    result = _compiler().compile(
        (TEMPLATES / template).read_bytes(),
        root=TEMPLATES,
        format=format,
        ppi=CHART_PPI,
        sys_inputs={"data": text},
        timestamp=int(as_of.timestamp()) if as_of else None,
    )
    assert result is not None
    return result if isinstance(result, bytes) else result[0]


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[FONTS])


def _compiler() -> typst.Compiler:
    # One per document, as a compiler is not for several threads; the fonts are read once.
    return typst.Compiler(root=TEMPLATES, font_paths=_fonts(), ignore_system_fonts=True)


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: _printable(item) for name, item in value.items()}
    if isinstance(value, Sequence):
        return [_printable(item) for item in value]
    return value
