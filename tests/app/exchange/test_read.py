"""Files of every format and encoding give the same rows, numbered as a person sees them."""

from __future__ import annotations

import base64
import io
import re
import zipfile
import zlib
from datetime import date

import pytest
import xlsxwriter

from app.exchange import read, sandbox
from app.exchange.cells import Head, RawRow
from app.exchange.errors import FileError
from app.exchange.guards import FileFormat, check_file
from tests.app.exchange.conftest import xlsx

XLS = zlib.decompress(
    base64.b85decode(
        "c-rk)Sx8h-82-+kJDa$Srh*10LRO}PL=b^a+2WJa%xG2?<V-VYxy4WqO68RKRDuy1EiZyS^kN3lLIw2}6xjwrAZb1J"
        "QqTsexBvY2&bU<IKnlkFF6Tf0a?bhBJ^$J6eLkE%+J7T=46{%U3nn!uY}0gtk~1c_Kz2=&Y%F(B(o8HWI2{y7n-%v`"
        "p4w#$WxU6rU`TyL6nIZ*FAl-e)*8-VKvZxa0z&qojHtjB(xf7XdzHa-Khq^luXD-!OgFNohiMs=9TjyLc6*A}8?$(q"
        "Qoy!U$aZgYowuwhMHU{*S=`wx^s-iLiW~?uFET@(nv4NZKr6$o;fR#ea1}{FJE5edr6d#@MJ5G%0AICy;7e>(Kg>7v"
        "3#%6({g0V?`(N}93gT@2IYkAc(CT@SbR!u7Raz8*3l+`d=#XLOq=Hr1o!_f%5Ygb81}Uc0d}=o=JF2U;6MJTlEBGz!"
        "?Q=rB3!V>#eOr27oONh+&t{)fBYREs=h1aXMo!a$@t0a5hJDL=8*8ij4%U*<Uw_%Zp<$>|K<xHNulfe#nz6y8@WM+b"
        "8bTWL>Ad`0^oHZtKEJFAdfoe26XioiKYEtSH-&~1vIbR7Ws3!|R*SgCYNjW-)uqhmGR>s5L3yD!%V4&3ahX$WEhIl{"
        "8L!+crtvF@@BZk!lh^&hy^8q3%CU~j!8h)H6wpx^qWbdbLa`_omo7@&b;ojHY*QmlbAH>h9E!{6yJnoPX_(+hfyP5Z"
        "m*nV(xTF|krAro)EOALCNsUWZlB|Xw@drPG{n(81g8kUzlJq0T{sFy(ARifc_FC$m9Fu-5H2Q))5WICaofXoH!u^}_"
        "a$HGbT{`lNcJ)}xOGLSnfm_l@+w~NZV8Vn66DCZUFkxa|A^6IsU!zsNH0qaWyYXLVg3_e<o8-TRA8qs;rjN?4Xr(-Y"
        "_Jrn7HmoAnmY8Fm*#AO_o#Z`&CIq=3O$pCm`ot2`-)GJhUH@(gCF*}Nk$%pz|6gI$`Y`"
    )
)
"""A workbook of Excel 97 with two rows, made with `xlwt`."""


def read_all(content: bytes, file_format: FileFormat = FileFormat.CSV) -> tuple[Head, list[RawRow]]:
    head, rows = read.read_rows(content, file_format)
    return head, list(rows)


def cells(content: bytes, file_format: FileFormat = FileFormat.CSV) -> list[tuple[object, ...]]:
    return [row.cells for row in read_all(content, file_format)[1]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_file_is_read_in_the_encodings_of_chinese_offices(encoding: str) -> None:
    content = "技术需求名称,需求单位\n减速器噪声,恒力机械\n".encode(encoding)
    assert cells(content) == [("减速器噪声", "恒力机械")]


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(FileError) as caught:
        read_all(b"\xff\xff\x81")
    assert caught.value.code == "encoding_unknown"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_the_one_that_makes_a_header(delimiter: str) -> None:
    content = f"编号{delimiter}技术需求名称\n1{delimiter}甲，乙、丙\n".encode()
    assert cells(content) == [("1", "甲，乙、丙")]


def test_a_quoted_text_may_span_lines() -> None:
    content = '编号,技术需求名称,主要问题\n1,甲,"第一行\n第二行, 有逗号和""引号"""\n2,乙,短\n'.encode()
    assert cells(content) == [("1", "甲", '第一行\n第二行, 有逗号和"引号"'), ("2", "乙", "短")]


@pytest.mark.parametrize(
    "rest", ["3,丙,好\n4,丁,好\n", '3,丙,"好"\n4,丁,好\n', '3,"丙",好\n4,丁,"好"\n', '3,丙,好"\n4,丁,好\n']
)
def test_an_unterminated_quote_costs_its_own_row_only(rest: str) -> None:
    content = ('编号,技术需求名称,主要问题\n1,甲,好\n2,乙,"没有结尾\n' + rest).encode()
    rows = read_all(content)[1]
    assert [row.number for row in rows if row.problem is None and row.cells[0] in ("1", "4")] == [2, 5]
    assert rows[1].problem == "unterminated_quote"
    assert len(rows) == 4


def test_lines_are_counted_as_a_spreadsheet_shows_them() -> None:
    content = "某市技术需求征集表\n\n编号,技术需求名称\n\n1,甲\n,\n2,乙\n".encode()
    head, rows = read_all(content)
    assert head.number == 3
    assert [row.number for row in rows] == [5, 7]


def test_a_row_wider_than_the_header_is_a_problem_of_that_row() -> None:
    rows = read_all("编号,技术需求名称\n1,甲,多\n2,乙\n".encode())[1]
    assert [row.problem for row in rows] == ["too_many_cells", None]


def test_a_workbook_gives_numbers_dates_and_texts() -> None:
    output = io.BytesIO()
    workbook = xlsxwriter.Workbook(output)
    page = workbook.add_worksheet()
    page.write_row(0, 0, ["编号", "技术需求名称", "拟投入资金（万元）", "完成时限", "联系电话"])
    page.write_row(1, 0, ["R1", "甲", 12.5])
    page.write_datetime(1, 3, date(2026, 12, 31), workbook.add_format({"num_format": "yyyy-mm-dd"}))
    page.write_string(1, 4, "0513-1")
    page.write_row(2, 0, ["R2", "乙", 30])
    workbook.close()
    rows = cells(output.getvalue(), FileFormat.XLSX)
    assert rows == [("R1", "甲", 12.5, date(2026, 12, 31), "0513-1"), ("R2", "乙", 30, None, None)]
    assert isinstance(rows[1][2], int)


def test_a_workbook_of_excel_97_is_read_alike() -> None:
    assert check_file("需求.xls", XLS, max_mb=1) is FileFormat.XLS
    head, rows = sandbox.read_file(XLS, FileFormat.XLS)
    assert head == Head(
        ("需求编号", "技术需求名称", "需求单位", "完成时限", "拟投入资金（万元）", "联系电话"), 1, "需求"
    )
    assert [row.cells for row in rows] == [
        ("R1", "减速器降噪", "恒力机械", date(2026, 12, 31), 80.5, 13800000000),
        (7, "乙", None, None, None, None),
    ]


def test_the_sheet_with_the_header_is_found_among_others() -> None:
    output = io.BytesIO()
    workbook = xlsxwriter.Workbook(output)
    workbook.add_worksheet("说明").write(0, 0, "请先阅读")
    workbook.add_worksheet("数据").write_column(0, 0, ["技术需求名称", "甲"])
    workbook.close()
    head, rows = read_all(output.getvalue(), FileFormat.XLSX)
    assert head.sheet == "数据"
    assert rows[0].cells == ("甲",)


def test_a_false_dimension_hides_no_rows() -> None:
    content = xlsx(["编号", "技术需求名称"], *[[f"R{number}", "甲"] for number in range(50)])
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(output, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("sheet1.xml"):
                part = re.sub(rb'<dimension ref="[^"]*"/>', b'<dimension ref="A1"/>', part)
            new.writestr(name, part)
    assert len(cells(output.getvalue(), FileFormat.XLSX)) == 50


def test_two_cells_at_the_far_corners_of_a_sheet_end_in_a_named_error() -> None:
    output = io.BytesIO()
    workbook = xlsxwriter.Workbook(output)
    page = workbook.add_worksheet()
    page.write(0, 0, "技术需求名称")
    page.write(1_048_575, 16_383, "x")
    workbook.close()
    with pytest.raises(FileError) as caught:
        sandbox.read_file(output.getvalue(), FileFormat.XLSX)
    assert caught.value.code == "file_too_complex"


def test_a_damaged_part_of_a_workbook_ends_in_a_named_error() -> None:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as made:
        made.writestr("xl/workbook.xml", b"<workbook><unclosed>")
    with pytest.raises(FileError) as caught:
        sandbox.read_file(output.getvalue(), FileFormat.XLSX)
    assert caught.value.code == "file_damaged"


def test_jsonl_lines_that_are_no_objects_are_problems_of_their_rows() -> None:
    lines = [
        '{"id": "1", "title": "甲", "organization": {"name": "恒力"}}',
        "not json",
        "[1]",
        '{"id": NaN}',
        '{"id": "1", "id": "2"}',
        "[" * 100_000,
        "",
        '{"title": "乙", "keywords": ["a"]}',
    ]
    head, rows = read_all("\n".join(lines).encode(), FileFormat.JSONL)
    assert head.header == ("id", "title", "organization.name", "keywords")
    assert [(row.number, row.problem) for row in rows] == [
        (1, None),
        (2, "not_json"),
        (3, "not_an_object"),
        (4, "not_json"),
        (5, "not_json"),
        (6, "not_json"),
        (8, None),
    ]
    assert rows[-1].cells == (None, "乙", None, ["a"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("a,b\n1,2\n", "header_missing"),
        ("编号,技术需求名称\n", "no_rows"),
        (",".join(["技术需求名称", *[f"列{n}" for n in range(300)]]) + "\n1\n", "too_many_columns"),
    ],
)
def test_an_unusable_table_is_refused_by_name(content: str, code: str) -> None:
    with pytest.raises(FileError) as caught:
        read_all(content.encode())
    assert caught.value.code == code


def test_more_rows_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MAX_ROWS", 2)
    with pytest.raises(FileError) as caught:
        read_all("技术需求名称\n甲\n乙\n丙\n".encode())
    assert caught.value.code == "too_many_rows"


def test_the_child_process_gives_what_reading_here_gives() -> None:
    content = xlsx(["编号", "技术需求名称", "完成时限"], ["R1", "甲\n乙", 46387], ["R2", "=1+1", True])
    assert sandbox.read_file(content, FileFormat.XLSX) == read_all(content, FileFormat.XLSX)


def test_the_child_process_knows_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}
    run = sandbox.subprocess.run

    def watched(*args: object, env: dict[str, str], **options: object) -> object:
        seen.update(env)
        return run(*args, env=env, **options)  # type: ignore[call-overload]

    monkeypatch.setenv("JIEBANG_SECRET_KEY", "secret")
    monkeypatch.setattr(sandbox.subprocess, "run", watched)
    sandbox.read_file("技术需求名称\n甲\n".encode(), FileFormat.CSV)
    assert seen
    assert not [name for name in seen if name.startswith("JIEBANG_")]
