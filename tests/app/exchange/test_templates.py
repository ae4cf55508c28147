"""A template can be filled in and imported as it is."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from app.exchange.columns import COLUMNS, KindName
from app.exchange.errors import NoRows
from app.exchange.importing import read_table
from app.exchange.templates import EXAMPLES, make_template, template_columns
from app.exchange.values import CHOICES


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_an_untouched_template_holds_no_rows(kind: KindName) -> None:
    with pytest.raises(NoRows):
        read_table("a.xlsx", make_template(kind), kind=None, max_mb=1)


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_the_example_of_a_template_is_a_good_row_with_every_column(kind: KindName) -> None:
    example = {**EXAMPLES[kind], "id": "1"}
    table = read_table("a.xlsx", make_template(kind, [example]), kind=None, max_mb=1)
    assert table.kind == kind
    assert table.rows[0].is_good
    assert table.notices == []
    optional = {"partners", "exclusions"}
    assert {column.name for column in template_columns(kind)} - optional <= set(example)


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_every_enumeration_has_a_drop_down_of_its_labels(kind: KindName) -> None:
    page = load_workbook(io.BytesIO(make_template(kind))).worksheets[0]
    lists = {item.formula1.strip('"') for item in page.data_validations.dataValidation}
    names = {column.name for column in template_columns(kind)}
    for (owner, name), options in CHOICES.items():
        if owner == kind and name in names:
            assert ",".join(member.label for member in options) in lists


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_a_template_explains_every_column(kind: KindName) -> None:
    workbook = load_workbook(io.BytesIO(make_template(kind)))
    explained = [row[0].value for row in workbook["填写说明"].iter_rows()]
    assert {column.header for column in template_columns(kind)} <= set(explained)
    ids = {"需求编号", "统一社会信用代码", "联系电话", "解决方编号", "成果编号"}
    page = workbook.worksheets[0]
    for cell in page[1]:
        if cell.value in ids:
            assert page.column_dimensions[cell.column_letter].number_format == "@"


@pytest.mark.parametrize("kind", list(COLUMNS))
def test_a_template_made_twice_is_the_same(kind: KindName) -> None:
    assert make_template(kind) == make_template(kind)
