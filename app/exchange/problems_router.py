"""`/public/challenges/{code}/problems`: the published list of problems, which everyone reads without signing in."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated

from fastapi import Path, Response

from app.auth.actor import VISITOR
from app.auth.dependencies import ReadSession
from app.exchange.problem_list import challenge_of, problems_of, workbook_of
from app.kit.downloads import XLSX, documented, file_answer
from app.kit.schemas import View, WanView
from app.models.requirement import Cooperation, Field
from app.requirements.schemas import TargetView
from app.routing import concept_router

router = concept_router("赛题清单", prefix="/public/challenges/{code}")

Code = Annotated[str, Path(max_length=40, pattern=r"^[\w.\-]{1,40}$", description="赛事代码")]


class ProblemView(View):
    """A published problem in its refined words. `organization` is null where the seeker stays anonymous."""

    number: int
    requirement_id: uuid.UUID
    title: str
    problem: str
    key_indicators: str
    goal: str
    keywords: list[str]
    targets: list[TargetView]
    field: Field | None
    industry: str
    region: str
    cooperation: Cooperation | None
    budget_wan: WanView | None
    deadline: date | None
    organization: str | None
    published_at: datetime | None


class ProblemListView(View):
    """The whole list. A number that is missing belongs to a problem that is not shown any more."""

    code: str
    name: str
    items: list[ProblemView]
    total: int


_PLAIN = tuple(
    name
    for name in ProblemView.model_fields
    if name not in ("number", "requirement_id", "organization", "published_at")
)


@router.get("/problems", response_model=ProblemListView, summary="公开赛题清单")
def read_problems(code: Code, session: ReadSession) -> ProblemListView:
    """By number. A number is given once, at publication, and never to another problem."""
    challenge = challenge_of(session, VISITOR, code)
    items = [
        ProblemView(
            **{name: getattr(item.requirement, name) for name in _PLAIN},
            number=item.entry.number or 0,
            requirement_id=item.entry.requirement_id,
            organization=item.requirement.organization.name if item.requirement.organization else None,
            published_at=item.entry.published_at,
        )
        for item in problems_of(session, VISITOR, challenge)
    ]
    return ProblemListView(code=challenge.code, name=challenge.name, items=items, total=len(items))


@router.get("/problems.xlsx", summary="下载公开赛题清单", response_class=Response, responses=documented(XLSX))
def download_problems(code: Code, session: ReadSession) -> Response:
    """The same list as a workbook."""
    challenge = challenge_of(session, VISITOR, code)
    content = workbook_of(problems_of(session, VISITOR, challenge))
    return file_answer(content, f"{challenge.code}赛题清单.xlsx", XLSX)
