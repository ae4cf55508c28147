"""`/search`: one hybrid search for problems, achievements and solvers."""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field as Limits

from app.auth.actor import Actor
from app.auth.dependencies import Context, ReadSession, needs
from app.errors import FieldError, InvalidInput
from app.kit.schemas import Line
from app.models.indexing import IndexCollection
from app.models.requirement import Field, Requirement, RequirementStatus
from app.models.solver import Achievement
from app.requirements.presenter import present
from app.routing import concept_router
from app.search.schemas import HitsView, HitView
from app.search.service import DEPTH, Found, SearchFilters, search

router = concept_router("检索")


def search_filters(
    field: Annotated[list[Field] | None, Query(description="所属领域")] = None,
    region: Annotated[Annotated[str, Line(200)] | None, Query(description="地区，如 江苏省/南京市")] = None,
    kind: Annotated[
        list[Annotated[str, Line(20)]] | None, Query(max_length=10, description="成果类型或解决方类型")
    ] = None,
    status: Annotated[list[RequirementStatus] | None, Query(description="需求状态")] = None,
    year: Annotated[
        list[Annotated[int, Limits(ge=1900, le=2100)]] | None, Query(max_length=20, description="年份")
    ] = None,
    challenge_id: uuid.UUID | None = None,
) -> SearchFilters:
    """The query parameters that narrow a search; each applies where its collection knows it."""
    return SearchFilters(
        field=tuple(value.value for value in field or ()),
        region=region or "",
        kind=tuple(kind or ()),
        status=tuple(value.value for value in status or ()),
        year=tuple(str(value) for value in year or ()),
        challenge=str(challenge_id) if challenge_id else "",
    )


@router.get("/search", response_model=HitsView, summary="检索需求、成果与解决方")
def search_documents(
    session: ReadSession,
    context: Context,
    q: Annotated[Annotated[str, Line(500)], Query(description="检索词或一段描述")],
    filters: Annotated[SearchFilters, Depends(search_filters)],
    collection: Annotated[
        IndexCollection, Query(alias="in", description="requirements、achievements 或 solvers")
    ] = IndexCollection.REQUIREMENTS,
    limit: Annotated[int, Query(ge=1, le=100, description="每页条数")] = 20,
    cursor: Annotated[str | None, Query(max_length=60, description="上一页返回的 next_cursor")] = None,
    actor: Actor = needs("search:read"),
) -> HitsView:
    """By words and by sense, over what the caller may see; a whole paragraph makes a good query."""
    found = search(
        context,
        session,
        actor,
        collection,
        q,
        limit=limit,
        offset=_offset(cursor),
        filters=filters,
    )
    return HitsView(
        items=[_view(actor, collection, item) for item in found.items],
        next_cursor=_cursor(found.next_offset),
        total=found.total,
    )


def _view(actor: Actor, collection: IndexCollection, found: Found) -> HitView:
    hit, row = found.hit, found.row
    common = {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "collection": collection,
        "id": row.id,
        "snippet": hit.snippet,
        "marks": list(hit.marks),
    }
    if isinstance(row, Requirement):
        shown = present(actor, row)
        return HitView(
            **common,
            external_id=shown.external_id,
            title=shown.title,
            status=shown.status.value,
            field=shown.field.value if shown.field else None,
            region=shown.region,
        )
    if isinstance(row, Achievement):
        return HitView(
            **common,
            external_id=row.external_id,
            title=row.title,
            field=row.field.value if row.field else None,
            kind=row.kind.value,
            year=row.year,
            solver_id=row.solver_id,
            solver=row.solver.name,
        )
    return HitView(
        **common, external_id=row.external_id, title=row.name, kind=row.kind.value, region=row.region
    )


def _cursor(offset: int | None) -> str | None:
    return None if offset is None else base64.urlsafe_b64encode(f"o{offset}".encode()).decode().rstrip("=")


def _offset(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        offset = int(text.removeprefix("o"))
    except (ValueError, binascii.Error) as error:
        raise _invalid_cursor() from error
    if not text.startswith("o") or not 0 <= offset <= DEPTH:
        raise _invalid_cursor()
    return offset


def _invalid_cursor() -> InvalidInput:
    zh, en = "分页游标无效，请从第一页重新检索", "Invalid cursor; search again from the first page"
    return InvalidInput(fields=(FieldError("cursor", "invalid_cursor", zh, en),))
