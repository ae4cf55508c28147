"""Writes a document as Word file: headings, contents, page numbers, tables, and charts as pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor

from app.documents.characters import printable
from app.documents.model import (
    Bars,
    Block,
    Bullets,
    Document,
    Heading,
    PageBreak,
    Paragraph,
    Table,
    numbered,
)
from app.documents.packing import repacked
from app.documents.pdf import chart_of
from app.kit.clock import in_shanghai

BODY_FONT, HEAD_FONT = "宋体", "黑体"
SPLITTABLE = 400
"""A row with a text of more characters may go on on the next page; a shorter one stays together."""
INK, GREY, RED = RGBColor(0x1F, 0x38, 0x64), RGBColor(0x5A, 0x5A, 0x5A), RGBColor(0xB0, 0x00, 0x20)
CENTER, RIGHT, LEFT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.LEFT


def docx_of(document: Document) -> bytes:
    """The document as .docx. The contents link to the headings; Word adds page numbers when it is updated."""
    writer = _Writer(document)
    writer.write()
    out = io.BytesIO()
    writer.file.save(out)
    return repacked(out.getvalue())


class _Writer:
    """One file in the making."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.blocks = numbered(document)
        self.file: Any = docx.Document()
        self._bookmarks = 0
        self._set_properties()
        self._set_styles()
        self._set_page()

    def write(self) -> None:
        if self.document.has_cover:
            self._write_cover()
            self._write_contents()
        elif self.document.subtitle:
            self._write_text(self.document.subtitle, size=16, font=HEAD_FONT, align=CENTER)
        for block in self.blocks:
            self._write_block(block)

    # --- frame --------------------------------------------------------------------------------------------

    def _set_properties(self) -> None:
        core = self.file.core_properties
        # Dates of office files carry no zone; Word reads them as UTC.
        instant = self.document.as_of.replace(tzinfo=None, microsecond=0)
        core.title, core.author = printable(self.document.title)[:255], printable(self.document.issuer)[:255]
        core.last_modified_by, core.comments, core.revision = "", "", 1
        core.created = core.modified = instant

    def _set_styles(self) -> None:
        styles = self.file.styles
        _set_font(styles["Normal"], BODY_FONT, 10.5)
        styles["Normal"].paragraph_format.space_after = Pt(4)
        styles["Normal"].paragraph_format.line_spacing = 1.25
        for level, size in ((1, 16), (2, 13)):
            style = styles[f"Heading {level}"]
            _set_font(style, HEAD_FONT, size)
            style.font.color.rgb, style.font.bold = INK, False
            style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(14), Pt(6)
            style.paragraph_format.keep_with_next = True

    def _set_page(self) -> None:
        section = self.file.sections[0]
        width, height = Cm(21), Cm(29.7)
        if self.document.is_landscape:
            section.orientation, width, height = WD_ORIENT.LANDSCAPE, height, width
        section.page_width, section.page_height = width, height
        section.left_margin = section.right_margin = Cm(2.4)
        section.top_margin, section.bottom_margin = Cm(2.6), Cm(2.3)
        section.different_first_page_header_footer = self.document.has_cover
        head = section.header.paragraphs[0]
        _add_run(head, self.document.title, size=8.5, color=GREY)
        if self.document.marking:
            _add_run(head, "　　" + self.document.marking, size=8.5, color=RED)
        foot = section.footer.paragraphs[0]
        foot.alignment = CENTER
        for words, code in (("第 ", "PAGE"), (" 页　共 ", "NUMPAGES"), (" 页", "")):
            _add_run(foot, words, size=8.5, color=GREY)
            if code:
                _add_field(foot, code, "1")

    @property
    def _room(self) -> int:
        """The width between the margins in EMU."""
        section = self.file.sections[0]
        return int(section.page_width - section.left_margin - section.right_margin)

    def _write_cover(self) -> None:
        document = self.document
        self._write_text(document.marking, size=12, color=RED, align=RIGHT)
        for _ in range(9):
            self.file.add_paragraph()
        self._write_text(document.title, size=26, font=HEAD_FONT, color=INK, align=CENTER)
        self._write_text(document.subtitle, size=14, font=HEAD_FONT, align=CENTER)
        for _ in range(14):
            self.file.add_paragraph()
        self._write_text(document.issuer, size=12, align=CENTER)
        day = f"{in_shanghai(document.as_of):%Y 年 %-m 月 %-d 日}"
        self._write_text(day, size=12, align=CENTER)
        self._break_page()

    def _write_contents(self) -> None:
        """A field that Word can update, holding what its update would give without page numbers."""
        self._write_text("目　录", size=15, font=HEAD_FONT, color=INK)
        headings = [block for block in self.blocks if isinstance(block, Heading)]
        for place, heading in enumerate(headings):
            line = self.file.add_paragraph()
            line.paragraph_format.left_indent = Cm(0.8 * (heading.level - 1))
            if place == 0:
                _add_field_start(line, 'TOC \\o "1-2" \\h \\n')
            _add_link(line, heading.text, _bookmark(place))
            if place == len(headings) - 1:
                _add_field_char(line, "end")
        self._break_page()

    # --- blocks -------------------------------------------------------------------------------------------

    def _write_block(self, block: Block) -> None:
        if isinstance(block, Heading):
            self._write_heading(block)
        elif isinstance(block, Paragraph):
            self._write_paragraph(block)
        elif isinstance(block, Bullets):
            self._write_bullets(block)
        elif isinstance(block, Table):
            self._write_table(block)
        elif isinstance(block, Bars):
            self._write_chart(block)
        elif isinstance(block, PageBreak):
            self._break_page()

    def _write_heading(self, block: Heading) -> None:
        paragraph = self.file.add_paragraph(style=f"Heading {block.level}")
        name = _bookmark(self._bookmarks)
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for element in (start, end):
            element.set(qn("w:id"), str(self._bookmarks))
        start.set(qn("w:name"), name)
        paragraph._p.append(start)
        paragraph.add_run(printable(block.text))
        paragraph._p.append(end)
        self._bookmarks += 1

    def _write_paragraph(self, block: Paragraph) -> None:
        if block.style == "note":
            self._write_text(block.text, size=8.5, color=GREY)
        elif block.style == "title":
            self._write_text(block.text, size=16, font=HEAD_FONT, color=INK, align=CENTER)
        elif block.style == "right":
            self._write_text(block.text, align=RIGHT)
        elif block.style == "lead":
            lead = self._write_text(block.text, font=HEAD_FONT, color=INK)
            lead.paragraph_format.keep_with_next = True
        elif block.style == "plain":
            self._write_text(block.text)
        else:
            for line in printable(block.text).split("\n"):
                self._write_text(line).paragraph_format.first_line_indent = Pt(21)

    def _write_bullets(self, block: Bullets) -> None:
        for number, item in enumerate(block.items, start=1):
            mark = f"{number}. " if block.is_ordered else "• "
            paragraph = self._write_text(mark + item)
            paragraph.paragraph_format.left_indent = Cm(0.75)
            paragraph.paragraph_format.first_line_indent = Cm(-0.5)

    def _write_table(self, block: Table) -> None:
        if block.caption:
            caption = self._write_text(block.caption, size=9.5, font=HEAD_FONT, align=CENTER)
            caption.paragraph_format.keep_with_next = True
            caption.paragraph_format.space_before = Pt(8)
        table = self.file.add_table(rows=1 + len(block.rows), cols=len(block.headers), style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        total = sum(block.widths)
        widths = [Emu(int(self._room * width / total)) for width in block.widths]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        # Rows are walked over as elements: looking cells up by number is quadratic in a long table.
        for place, (row, texts) in enumerate(zip(table.rows, [block.headers, *block.rows], strict=True)):
            _write_row(row, texts, widths, numeric=block.numeric, is_head=place == 0)
        if block.note:
            self._write_text(block.note, size=8.5, color=GREY)
        else:
            self.file.add_paragraph().paragraph_format.space_after = Pt(0)

    def _write_chart(self, block: Bars) -> None:
        caption = self._write_text(block.caption, size=9.5, font=HEAD_FONT, align=CENTER)
        caption.paragraph_format.keep_with_next = True
        picture = self.file.add_picture(io.BytesIO(chart_of(block)), width=Cm(16))
        described = "；".join(f"{bar.label} {bar.shown}" for bar in block.bars)
        picture._inline.docPr.set("descr", printable(f"{block.caption}：{described}")[:1000])
        if block.note:
            self._write_text(block.note, size=8.5, color=GREY)

    def _write_text(
        self,
        text: str,
        *,
        size: float | None = None,
        font: str = "",
        color: RGBColor | None = None,
        align: Any = None,
    ) -> Any:
        paragraph = self.file.add_paragraph()
        paragraph.alignment = align
        _add_run(paragraph, text, size=size, font=font, color=color)
        return paragraph

    def _break_page(self) -> None:
        self.file.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def _write_row(
    row: Any, texts: Sequence[str], widths: Sequence[Emu], *, numeric: frozenset[int], is_head: bool
) -> None:
    if is_head:
        _repeat_as_head(row)
    if max(map(len, texts), default=0) <= SPLITTABLE:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for place, (cell, text, width) in enumerate(zip(row.cells, texts, widths, strict=True)):
        cell.width = width
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
        paragraph.paragraph_format.line_spacing = 1.0
        paragraph.alignment = CENTER if is_head else RIGHT if place in numeric else LEFT
        _add_run(paragraph, text, size=9, font=HEAD_FONT if is_head else "")
        if is_head:
            shade = OxmlElement("w:shd")
            for name, value in (("val", "clear"), ("color", "auto"), ("fill", "DDE8F4")):
                shade.set(qn(f"w:{name}"), value)
            cell._tc.get_or_add_tcPr().append(shade)


def _repeat_as_head(row: Any) -> None:
    head = OxmlElement("w:tblHeader")
    head.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(head)


def _set_font(style: Any, name: str, size: float) -> None:
    style.font.name, style.font.size = name, Pt(size)
    _set_east_asian(style.element.get_or_add_rPr(), name)


def _set_east_asian(properties: Any, name: str) -> None:
    fonts = properties.get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "eastAsia"):
        fonts.set(qn(f"w:{script}"), name)


def _add_run(
    paragraph: Any, text: str, *, size: float | None = None, font: str = "", color: RGBColor | None = None
) -> None:
    run = paragraph.add_run(printable(text))
    if size is not None:
        run.font.size = Pt(size)
    if font:
        _set_east_asian(run._r.get_or_add_rPr(), font)
    if color is not None:
        run.font.color.rgb = color


def _bookmark(place: int) -> str:
    return f"_Toc{place + 1:08d}"


def _add_link(paragraph: Any, text: str, bookmark: str) -> None:
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), bookmark)
    link.set(qn("w:history"), "1")
    run = paragraph.add_run(printable(text))._r
    link.append(run)
    paragraph._p.append(link)


def _add_field(paragraph: Any, code: str, shown: str) -> None:
    _add_field_start(paragraph, code)
    _add_run(paragraph, shown, size=8.5, color=GREY)
    _add_field_char(paragraph, "end")


def _add_field_start(paragraph: Any, code: str) -> None:
    _add_field_char(paragraph, "begin")
    instruction = OxmlElement("w:instrText")
    instruction.set(qn("xml:space"), "preserve")
    instruction.text = f" {code} "
    _small_run(paragraph).append(instruction)
    _add_field_char(paragraph, "separate")


def _add_field_char(paragraph: Any, kind: str) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    _small_run(paragraph).append(mark)


def _small_run(paragraph: Any) -> Any:
    # Readers take the look of a field from any of its runs.
    run = paragraph.add_run()
    run.font.size, run.font.color.rgb = Pt(8.5), GREY
    return run._r
