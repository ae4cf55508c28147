"""Word, PDF and workbooks: hostile and odd texts survive, the same data is the same file, LibreOffice opens it."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import pytest
from openpyxl import load_workbook

from app.documents.characters import printable
from app.documents.docx import docx_of
from app.documents.model import (
    INTERNAL,
    Bar,
    Bars,
    Bullets,
    Document,
    Heading,
    PageBreak,
    Paragraph,
    Sheet,
    Table,
    chinese_number,
)
from app.documents.pdf import chart_of, pdf_of
from app.documents.workbook import LONG_TEXTS, workbook_of
from app.kit.escaping import unescape
from tests.app.documents.office import converted

AS_OF = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
FORMULA = '=HYPERLINK("http://evil.example","点我")'
MARKUP = '#import "x" $a_1$ *粗* _斜_ `码` <w:t>&amp; \\ @引用 [括号]'
ODD = "𠮷野家 ﷽ é ㎡ ℃ ≥ ～ 🔬\x00\x07\ud800\u202e倒\ufffe"
LONG = "长文本测试，第二次水洗后阻燃性能明显下降。" * 2_000


def document(*extra: Any) -> Document:
    return Document(
        title=f"测试报告 {MARKUP}",
        subtitle=FORMULA,
        issuer="通海市科学技术局",
        as_of=AS_OF,
        marking=INTERNAL,
        blocks=[
            Heading("总体情况"),
            Paragraph(f"{FORMULA}\n{MARKUP}\n{ODD}"),
            Heading("分布", 2),
            Table("按领域", ("领域", "项数"), [("电子信息", "3"), (FORMULA, "4")], (3, 1), frozenset({1})),
            Bars("图", [Bar("电子信息", 3, "3 项"), Bar(MARKUP, 0, "0 项")]),
            Bullets([ODD, "二"], is_ordered=True),
            PageBreak(),
            Paragraph("右", "right"),
            *extra,
        ],
    )


def text_of(content: bytes) -> str:
    file: Any = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in file.paragraphs), *cells])


def test_a_word_file_holds_the_texts_as_texts() -> None:
    text = text_of(docx_of(document()))
    assert FORMULA in text
    assert MARKUP in text
    assert "𠮷野家 ﷽ é ㎡ ℃ ≥ ～ 🔬\ufffd\ufffd\ufffd倒\ufffd" in text
    assert "一、总体情况" in text
    assert "（一）分布" in text
    assert "表 1  按领域" in text
    assert "图 1  图" in text


def test_a_word_file_marks_every_page_and_links_its_contents() -> None:
    with zipfile.ZipFile(io.BytesIO(docx_of(document()))) as file:
        parts = {name: file.read(name).decode() for name in file.namelist() if name.endswith(".xml")}
    assert INTERNAL in "".join(text for name, text in parts.items() if "header" in name)
    assert "PAGE" in "".join(text for name, text in parts.items() if "footer" in name)
    body = parts["word/document.xml"]
    assert 'w:anchor="_Toc00000001"' in body
    assert 'w:name="_Toc00000001"' in body


def test_texts_of_forty_thousand_characters_survive_in_every_format() -> None:
    assert len(LONG) > 40_000
    whole = document(Table("", ("长",), [(LONG,)], (1,)), Paragraph(LONG))
    assert text_of(docx_of(whole)).count(LONG) == 2
    # Both copies take pages: one page holds some thousand characters.
    assert pages(pdf_of(whole)) > pages(pdf_of(document())) + 30
    book = workbook_of([Sheet("甲", ("长",), [(LONG,)])], title="t", issuer="i", as_of=AS_OF)
    rows = list(load_workbook(io.BytesIO(book))[LONG_TEXTS].iter_rows(min_row=2, values_only=True))
    assert "".join(unescape(str(row[2])) for row in rows) == LONG
    assert {row[0] for row in rows} == {"甲!A2"}


def pages(content: bytes) -> int:
    """The pages of a PDF by the largest count that its page tree gives."""
    return max(int(found) for found in re.findall(rb"/Count (\d+)", content))


def test_a_workbook_keeps_numbers_and_dates_and_runs_no_formula() -> None:
    rows = [(FORMULA, 3, Decimal("12.5"), date(2026, 11, 24), None), ("'=1", 1, None, None, ODD)]
    book = workbook_of([Sheet("甲", ("a", "b", "c", "d", "e"), rows)], title="t", issuer="i", as_of=AS_OF)
    page = load_workbook(io.BytesIO(book))["甲"]
    first, second = list(page.iter_rows(min_row=2, values_only=True))
    assert first[:3] == ("'" + FORMULA, 3, 12.5)
    assert unescape(str(first[0])) == FORMULA
    assert isinstance(first[3], datetime)
    assert first[3].date() == date(2026, 11, 24)
    assert unescape(str(second[0])) == "'=1"
    assert second[4] == printable(ODD)
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)


def test_a_long_text_is_split_where_no_part_can_act_as_a_formula() -> None:
    text = "字" * 15_000 + "=1+1" + "字" * 30_000
    book = workbook_of([Sheet("甲", ("a",), [(text,)])], title="t", issuer="i", as_of=AS_OF)
    parts = [
        str(row[2])
        for row in load_workbook(io.BytesIO(book))[LONG_TEXTS].iter_rows(min_row=2, values_only=True)
    ]
    assert parts[1].startswith("'=1+1")
    assert "".join(map(unescape, parts)) == text


@pytest.mark.parametrize("write", [docx_of, pdf_of])
def test_the_same_document_is_the_same_bytes(write: Any) -> None:
    assert write(document()) == write(document())


def test_the_same_sheets_are_the_same_bytes() -> None:
    sheets = [Sheet("甲", ("a",), [("x",), (LONG,)])]
    first, second = (workbook_of(sheets, title="t", issuer="i", as_of=AS_OF) for _ in range(2))
    assert first == second


def test_empty_charts_and_tables_are_no_error() -> None:
    empty = document(Bars("空", []), Table("空", ("a",), [], (1,)), Bullets([]))
    assert pdf_of(empty).startswith(b"%PDF")
    assert docx_of(empty)
    assert chart_of(Bars("空", [Bar("零", 0, "0 项")])).startswith(b"\x89PNG")


def test_libreoffice_opens_a_word_file_and_a_workbook(tmp_path: Path) -> None:
    word, book = tmp_path / "word.docx", tmp_path / "book.xlsx"
    word.write_bytes(docx_of(document(Paragraph(LONG))))
    sheet = Sheet("甲", ("a", "b"), [(FORMULA, 1), (LONG, 2), (ODD, 3)])
    book.write_bytes(workbook_of([sheet], title="t", issuer="i", as_of=AS_OF))
    for file in (word, book):
        converted(file, tmp_path)


@pytest.mark.parametrize(
    ("number", "words"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (99, "九十九"), (100, "100")]
)
def test_chapters_count_in_chinese(number: int, words: str) -> None:
    assert chinese_number(number) == words
