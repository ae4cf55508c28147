"""`/indicator-targets` and `/report-recipients`: what districts are to reach, and which leaders read their reports."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Path, Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, WriteSession, needs
from app.monitoring import repository, targets
from app.monitoring.schemas import (
    RecipientCreate,
    RecipientView,
    TargetsPut,
    TargetView,
    recipient_view,
)
from app.routing import concept_router
from app.users import repository as users

router = concept_router("动态监测")


@router.get("/indicator-targets/{year}", response_model=list[TargetView], summary="年度监测目标")
def list_indicator_targets(
    year: Annotated[int, Path(ge=2000, le=2999)],
    session: ReadSession,
    actor: Actor = needs("indicator-reports:write"),
) -> list[TargetView]:
    return [TargetView.model_validate(row) for row in repository.targets(session, year)]


@router.put("/indicator-targets/{year}", response_model=list[TargetView], summary="设置区县年度目标")
def put_indicator_targets(
    year: Annotated[int, Path(ge=2000, le=2999)],
    body: TargetsPut,
    session: WriteSession,
    actor: Actor = needs("indicator-reports:write"),
) -> list[TargetView]:
    """Those of one district, in place of what was set. Issued reports keep the targets they were issued with."""
    wanted = {
        item.indicator: targets.Wanted(item.annual, item.green_from, item.yellow_from)
        for item in body.targets
    }
    rows = targets.set_targets(session, actor, year, body.region, wanted)
    return [TargetView.model_validate(row) for row in rows]


@router.get("/report-recipients", response_model=list[RecipientView], summary="监测报告接收人")
def list_report_recipients(
    session: ReadSession, actor: Actor = needs("indicator-reports:write")
) -> list[RecipientView]:
    return [recipient_view(row) for row in repository.recipients(session)]


@router.post(
    "/report-recipients", response_model=RecipientView, status_code=201, summary="指定监测报告接收人"
)
def create_report_recipient(
    body: RecipientCreate,
    session: WriteSession,
    response: Response,
    actor: Actor = needs("indicator-reports:write"),
) -> RecipientView:
    """An account of any role; it reads the district's issued reports and nothing else by this."""
    user = users.get(session, actor, body.user_id)
    found = targets.name_recipient(session, actor, body.region, user)
    response.headers["Location"] = f"/api/v1/report-recipients/{found.id}"
    return RecipientView(id=found.id, region=found.region, user_id=user.id, name=user.name, email=user.email)


@router.delete("/report-recipients/{recipient_id}", status_code=204, summary="取消监测报告接收人")
def delete_report_recipient(
    recipient_id: uuid.UUID, session: WriteSession, actor: Actor = needs("indicator-reports:write")
) -> None:
    targets.drop_recipient(session, actor, recipient_id)
