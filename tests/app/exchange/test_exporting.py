"""What an export writes, an import reads back as the same values, in every format."""

from __future__ import annotations

import uuid
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.auth.actor import SYSTEM, Actor, Grant
from app.context import AppContext
from app.db import Database
from app.exchange import read, service
from app.exchange.columns import COLUMNS, Column, KindName, resolve
from app.exchange.exporting import FORMATS, write_file
from app.exchange.guards import FileFormat
from app.exchange.rows import judge_row
from app.exchange.values import CHOICES
from app.jobs.service import run_inline
from app.kit.text import UncleanText, clean_line, clean_text, split_keywords
from app.models import Export, Organization, Role
from app.models.exchange import ImportKind
from tests import factories
from tests.app.exchange.conftest import ImportFile, jsonl

CHARACTERS = st.one_of(
    st.sampled_from("减速器噪声≥，、；;,\"'=+-@\t\n ７Ａ℃m³ \u200d_x0041_[{"),
    st.characters(exclude_categories=["Cs"]),
)
TEXTS = st.text(alphabet=CHARACTERS, max_size=25)


def tidy(clean: Any) -> Any:
    def apply(text: str) -> str:
        try:
            return str(clean(text))
        except UncleanText:
            return ""

    return apply


def keywords(words: list[str]) -> list[str]:
    try:
        return [word for word in split_keywords(words) if len(word) <= 40]
    except UncleanText:
        return []


def values_of(column: Column, kind: KindName) -> st.SearchStrategy[Any]:
    match column.cell:
        case "line" | "id":
            return TEXTS.map(tidy(clean_line)).filter(lambda text: not text.startswith("示例"))
        case "text":
            return TEXTS.map(tidy(clean_text))
        case "keywords":
            return st.lists(TEXTS, max_size=4).map(keywords)
        case "names":
            return st.lists(TEXTS.map(tidy(clean_line)), max_size=3).map(
                lambda names: list(dict.fromkeys(name for name in names if name))
            )
        case "money":
            return st.decimals(min_value=0, max_value=9_999_999, places=4)
        case "date":
            return st.dates(date(1950, 1, 1), date(2100, 12, 31))
        case "choice":
            return st.sampled_from(list(CHOICES[kind, column.name]))
        case "trl":
            return st.integers(1, 9)
        case "year":
            return st.integers(1900, 2100)
        case "count":
            return st.integers(0, 1000)
        case "uscc":
            return st.just("91350100M000100Y43")
        case "email":
            return st.just("=a@example.com")
        case "system_id":
            return st.uuids()
        case _:
            return st.just([{"name": "强度", "operator": "≥", "value": 5, "upper": None, "unit": "MPa"}])


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", list(COLUMNS))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_exported_values_are_imported_unchanged(
    kind: KindName, format: str, data: st.DataObject, tmp_path: Path
) -> None:
    columns = [column for column in COLUMNS[kind] if not column.is_import_only]
    row = {column.name: data.draw(st.none() | values_of(column, kind), column.name) for column in columns}
    row |= {column.name: "甲" for column in columns if column.is_required and not row[column.name]}
    for earlier, later in (("start_date", "deadline"), ("trl_now", "trl_wanted")):
        if row.get(earlier) and row.get(later):
            row[earlier], row[later] = sorted((row[earlier], row[later]))
    path = tmp_path / "export"
    write_file(path, format, columns, [row])
    head, raw = read.read_rows(path.read_bytes(), FileFormat(format))
    (found,) = [judge_row(line, resolve(head.header, kind), is_escaped=format != "jsonl") for line in raw]
    assert found.messages == ()
    expected = {name: value for name, value in row.items() if value is not None and value not in ("", [])}
    assert found.values == expected


@pytest.mark.parametrize("format", ["xlsx", "csv", "jsonl"])
def test_importing_an_export_changes_nothing(
    context: AppContext, import_file: ImportFile, format: str
) -> None:
    given = {
        "requirements": jsonl(
            {
                "id": "R1",
                "title": "=甲",
                "problem": "-5 ℃ 开裂",
                "organization": {"name": "一厂"},
                "budget_wan": 3,
            },
            {"title": "乙", "organization": {"name": "二厂"}, "keywords": ["deep learning"]},
        ),
        "solvers": jsonl({"id": "S1", "name": "甲队", "kind": "team", "exclusions": ["一厂", "二厂"]}),
        "achievements": jsonl(
            {"id": "A1", "title": "丙", "solver": {"id": "S1", "name": "甲队"}},
            {"title": "无主", "year": 2020},
        ),
    }
    for kind, content in given.items():
        import_file(content, f"{kind}.jsonl")
        exported = export(context, SYSTEM, kind, format)
        again = import_file(exported, f"{kind}.{format}")
        assert again.record.is_applied
        assert again.counts == (0, 0, len(content.splitlines()), 0)


def export(context: AppContext, actor: Actor, kind: str, format: str, **filters: Any) -> bytes:
    with context.db.write() as session:
        record = service.start_export(session, actor, kind=ImportKind(kind), format=format, filters=filters)
    assert record.job_id is not None
    job = run_inline(context, record.job_id)
    assert job.status == "succeeded", job.error
    with context.db.read() as session:
        content = session.get_one(Export, record.id).content
    assert content is not None
    return content


def user_of(db: Database, role: Role, organization: Organization | None) -> Actor:
    user = factories.make_user(db, role, organization, email=f"{uuid.uuid4().hex}@example.com")
    return Actor(user.id, (Grant(role, organization.id if organization else None),))


def test_an_export_holds_what_its_maker_may_see_and_no_more(
    context: AppContext, seeker_organization: Organization, other_organization: Organization
) -> None:
    db = context.db
    factories.make_requirement(db, seeker_organization, title="自己的难题")
    factories.make_requirement(db, other_organization, title="别人的难题", confidentiality="restricted")
    seeker = user_of(db, Role.SEEKER, seeker_organization)
    text = export(context, seeker, "requirements", "csv").decode("utf-8-sig")
    assert "自己的难题" in text
    assert "别人的难题" not in text
    assert other_organization.name not in text
    assert "别人的难题" in export(context, SYSTEM, "requirements", "csv").decode("utf-8-sig")


def test_filters_narrow_an_export(context: AppContext, seeker_organization: Organization) -> None:
    factories.make_requirement(context.db, seeker_organization, title="甲")
    assert export(context, SYSTEM, "requirements", "jsonl", status=["published"]) == b""
    organization = str(seeker_organization.id)
    assert export(context, SYSTEM, "requirements", "jsonl", organization_id=organization).count(b"\n") == 1
