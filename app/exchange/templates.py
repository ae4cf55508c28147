"""The workbooks people fill in: headers with notes, drop-downs, formats, a marked example, instructions."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import xlsxwriter

from app.exchange.columns import COLUMNS, EXAMPLE_MARK, CellKind, Column, KindName
from app.exchange.read import MAX_ROWS
from app.exchange.values import CHOICES, MOST_KEYWORDS

TITLES: dict[KindName, str] = {
    "requirements": "技术需求征集表",
    "solvers": "解决方名录",
    "achievements": "科技成果清单",
}
WIDTHS: dict[CellKind, int] = {"line": 22, "text": 40, "targets": 36, "keywords": 26, "names": 26, "date": 14}
TEXT_CELLS = frozenset({"id", "uscc", "system_id"})
LAST_ROW = 20_000
"""Drop-downs and formats reach so far down; rows below are read all the same."""

EXAMPLES: dict[KindName, dict[str, Any]] = {
    "requirements": {
        "title": "汽车齿轮箱怠速噪声的降低",
        "organization.name": "某某传动机械有限公司",
        "organization.uscc": "91350100M000100Y43",
        "region": "江苏省/南通市/海门区",
        "description": "五挡手动变速箱怠速时敲击噪声明显，影响整车厂验收。",
        "problem": "齿侧间隙与轴系扭振耦合，现有修形方法只能降低约 2 dB。",
        "key_indicators": "怠速敲击噪声、齿面接触疲劳寿命。",
        "goal": "在不增加成本的前提下完成一个型号的改型并通过台架试验。",
        "targets": "怠速噪声 ≤ 62 dB\n疲劳寿命 ≥ 1000000 次\n工作温度 -40～120 ℃",
        "keywords": "变速箱、齿轮修形、敲击噪声",
        "budget_wan": "80-120万",
        "field": "光机电一体化",
        "industry": "3670 汽车零部件及配件制造",
        "cooperation": "合作研发",
        "activity_type": "试验发展",
        "start_date": "2026-10-01",
        "deadline": "2027-06-30",
        "trl_now": 4,
        "trl_wanted": 8,
        "existing_work": "已有台架和三轮试验数据。",
        "must_have": "有齿轮动力学仿真与试验能力。",
        "nice_to_have": "有同类变速箱改型经验。",
        "ownership": "双方共有",
        "confidentiality": "匿名",
        "contact": "张工",
        "phone": "0513-80000000",
        "email": "zhang@example.com",
    },
    "solvers": {
        "name": "某某大学传动与减振课题组",
        "kind": "高等院校",
        "region": "江苏省/南京市",
        "profile": "长期从事齿轮动力学、减振降噪与可靠性试验。",
        "keywords": "齿轮动力学、减振降噪、可靠性",
        "interests": "变速箱、风电齿轮箱",
        "capacity": 3,
        "contact": "李老师",
        "phone": "025-80000000",
        "email": "li@example.com",
    },
    "achievements": {
        "title": "基于拓扑修形的低噪声齿轮设计方法",
        "description": "以传动误差为目标自动给出齿廓与齿向修形量，已用于三种变速箱。",
        "kind": "专利",
        "keywords": "齿轮修形、传动误差、低噪声",
        "ipc": "F16H 55/08",
        "field": "光机电一体化",
        "trl": 7,
        "year": 2024,
        "solver.id": "S001",
        "solver.name": "某某大学传动与减振课题组",
        "solver.kind": "高等院校",
        "solver.region": "江苏省/南京市",
    },
}


def template_columns(kind: KindName) -> list[Column]:
    """The columns of the template, in order; what only our exports write is left out."""
    return [column for column in COLUMNS[kind] if not column.is_import_only and column.name != "system_id"]


def make_template(kind: KindName, rows: list[dict[str, Any]] | None = None) -> bytes:
    """The workbook; with `rows` (cells by field name) it is filled in and has no example."""
    output = io.BytesIO()
    workbook = xlsxwriter.Workbook(output, {"strings_to_formulas": False, "strings_to_urls": False})
    # Without a date of its own, a workbook made twice is the same file twice.
    workbook.set_properties({"title": TITLES[kind], "created": datetime(2026, 1, 1)})
    formats = _formats(workbook)
    page = workbook.add_worksheet(TITLES[kind])
    columns = template_columns(kind)
    for place, column in enumerate(columns):
        _write_header(page, place, column, kind, formats)
    if rows is None:
        example = {"id": f"{EXAMPLE_MARK}（不会导入，可删除）", **EXAMPLES[kind]}
        _write_row(page, 1, columns, example, formats, formats["example"])
    for line, row in enumerate(rows or [], start=1):
        _write_row(page, line, columns, row, formats)
    page.freeze_panes(1, 2)
    page.set_row(0, 32)
    _write_instructions(workbook, kind, columns, formats)
    workbook.close()
    return output.getvalue()


def _formats(workbook: Any) -> dict[str, Any]:
    border = {"border": 1, "border_color": "#BFBFBF"}
    head = {"bold": True, "valign": "vcenter", "text_wrap": True, **border}
    return {
        "required": workbook.add_format({**head, "bg_color": "#FCE4D6"}),
        "header": workbook.add_format({**head, "bg_color": "#DDEBF7"}),
        "example": workbook.add_format({"italic": True, "font_color": "#7F7F7F", "text_wrap": True}),
        "text": workbook.add_format({"num_format": "@"}),
        "wrapped": workbook.add_format({"text_wrap": True, "valign": "top"}),
        "date": workbook.add_format({"num_format": "yyyy-mm-dd"}),
        "money": workbook.add_format({"num_format": "0.####"}),
        "bold": workbook.add_format({"bold": True}),
    }


def _write_header(page: Any, place: int, column: Column, kind: KindName, formats: dict[str, Any]) -> None:
    page.write_string(0, place, column.header, formats["required" if column.is_required else "header"])
    note = _note(column, kind)
    if note:
        page.write_comment(0, place, note, {"author": "揭榜", "x_scale": 1.8})
    body = formats["wrapped"] if column.cell in ("text", "targets") else None
    if column.cell in TEXT_CELLS or column.name == "phone":
        body = formats["text"]
    elif column.cell in ("date", "money"):
        body = formats[column.cell]
    page.set_column(place, place, WIDTHS.get(column.cell, 18), body)
    if column.cell == "choice":
        labels = [member.label for member in CHOICES[kind, column.name]]
        page.data_validation(
            1,
            place,
            LAST_ROW,
            place,
            {
                "validate": "list",
                "source": labels,
                "error_title": column.header,
                "error_message": "请从下拉列表中选择",
            },
        )


def _note(column: Column, kind: KindName) -> str:
    parts = ["必填" if column.is_required else "", column.note]
    if column.cell == "choice":
        parts.append("可选：" + "、".join(member.label for member in CHOICES[kind, column.name]))
    return "。".join(part for part in parts if part)


def _write_row(
    page: Any,
    line: int,
    columns: list[Column],
    row: dict[str, Any],
    formats: dict[str, Any],
    cell_format: Any = None,
) -> None:
    for place, column in enumerate(columns):
        value = row.get(column.name)
        if value is None or value == "":
            continue
        if isinstance(value, date):
            page.write_datetime(line, place, value, cell_format or formats["date"])
        elif isinstance(value, int | float):
            page.write_number(line, place, value, cell_format)
        else:
            page.write_string(line, place, str(value), cell_format)


def _write_instructions(
    workbook: Any, kind: KindName, columns: list[Column], formats: dict[str, Any]
) -> None:
    page = workbook.add_worksheet("填写说明")
    page.set_column(0, 0, 24)
    page.set_column(1, 1, 10)
    page.set_column(2, 2, 90)
    lines = [
        "每行填写一条；列的顺序可以调整，不需要的列可以删除，但表头文字请保留。",
        f"编号以“{EXAMPLE_MARK}”开头的行只是示范，不会导入。",
        "再次导入同一编号时更新原有记录；没有编号的行按名称和单位识别。空白的单元格不会改动已有内容。",
        f"一次最多导入 {MAX_ROWS:,} 行；关键词最多 {MOST_KEYWORDS} 个。",
        "以 = + - @ 开头的文字，系统导出时会在前面加一个单引号，再次导入时自动去掉。",
    ]
    page.write_string(0, 0, TITLES[kind] + "填写说明", formats["bold"])
    for line, text in enumerate(lines, start=1):
        page.merge_range(line, 0, line, 2, text, formats["wrapped"])
        page.set_row(line, 32)
    start = len(lines) + 2
    for place, text in enumerate(("列", "是否必填", "说明")):
        page.write_string(start, place, text, formats["header"])
    for line, column in enumerate(columns, start=start + 1):
        page.write_string(line, 0, column.header)
        page.write_string(line, 1, "必填" if column.is_required else "选填")
        page.write_string(line, 2, _note(column, kind).removeprefix("必填。"), formats["wrapped"])
