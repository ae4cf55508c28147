"""A user's file comes back as it was, with every row's result and every bad cell marked."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from app.exchange import report, sandbox
from app.exchange.errors import FileTooComplex
from app.exchange.report import make_report
from app.exchange.templates import make_template
from tests.app.exchange.conftest import Imported, ImportFile, jsonl, xlsx

GOOD, BAD = {"id": "R1", "title": "甲"}, {"id": "R2", "title": "乙", "field": "玄学"}
TABLE = (["需求编号", "技术需求名称", "所属领域"], ["R1", "甲", ""], ["R2", "乙", "玄学"])


def report_of(done: Imported, content: bytes) -> bytes:
    return make_report(done.record.filename, content, kind=done.record.kind, rows=done.rows, max_mb=32)


def test_the_uploaded_workbook_itself_is_marked(import_file: ImportFile) -> None:
    content = xlsx(*TABLE, sheet="需求")
    done = import_file(content, "需求.xlsx")
    page = load_workbook(io.BytesIO(report_of(done, content)))["需求"]
    assert [cell.value for cell in page[1]] == ["需求编号", "技术需求名称", "所属领域", "结果"]
    assert page["D2"].value == "新建"
    assert page["D3"].value.startswith("未通过\n“所属领域”只能填")
    assert page["C3"].fill.start_color.rgb == "FFFFC7CE"
    assert "新材料及应用" in page["C3"].comment.text
    assert page["C2"].comment is None
    assert page["C3"].value == "玄学"


def test_drop_downs_survive_the_marking(import_file: ImportFile) -> None:
    content = make_template("requirements", [{"id": "R1", "title": "甲", "field": "玄学"}])
    done = import_file(content, "需求.xlsx")
    assert done.counts == (0, 0, 0, 1)
    page = load_workbook(io.BytesIO(report_of(done, content))).worksheets[0]
    assert page.data_validations.dataValidation


def test_a_marked_file_can_be_imported_and_marked_again(import_file: ImportFile) -> None:
    content = xlsx(*TABLE)
    marked = report_of(import_file(content, "需求.xlsx"), content)
    again = import_file(marked, "需求.xlsx")
    assert again.counts == (0, 0, 1, 1)
    assert again.record.notices == []
    page = load_workbook(io.BytesIO(report_of(again, marked))).active
    assert [cell.value for cell in page[1]].count("结果") == 1
    assert page["D2"].value == "无变化"


@pytest.mark.parametrize("filename", ["需求.csv", "需求.jsonl"])
def test_other_formats_become_a_workbook_with_the_same_rows(import_file: ImportFile, filename: str) -> None:
    content = jsonl(GOOD, BAD)
    if filename.endswith("csv"):
        content = "\n".join(",".join(row) for row in TABLE).encode("gb18030")
    done = import_file(content, filename)
    page = load_workbook(io.BytesIO(report_of(done, content))).active
    assert [cell.value for cell in page[3]][:3] == ["R2", "乙", "玄学"]
    assert page["D2"].value == "新建"
    assert page["C3"].fill.start_color.rgb == "FFFFC7CE"


def test_a_formula_in_a_text_file_stays_a_text_in_the_report(import_file: ImportFile) -> None:
    content = "需求编号,技术需求名称\nR1,=1+1\n".encode()
    done = import_file(content, "需求.csv")
    page = load_workbook(io.BytesIO(report_of(done, content))).active
    assert (page["B2"].value, page["B2"].data_type) == ("'=1+1", "s")


def test_a_workbook_too_large_to_mark_becomes_a_new_one(
    import_file: ImportFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = xlsx(*TABLE)
    done = import_file(content, "需求.xlsx")

    def refuse(*args: object, **options: object) -> bytes:
        raise FileTooComplex

    monkeypatch.setattr(report, "mark_file", refuse)
    page = load_workbook(io.BytesIO(report_of(done, content))).active
    assert page.title == "结果"
    assert page["D3"].value.startswith("未通过")
    assert sandbox.mark_file is not refuse
