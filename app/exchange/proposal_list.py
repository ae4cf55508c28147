"""The proposals for a requirement as a workbook: what the reader may see, for staff with the ranking."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.exchange.columns import Column
from app.exchange.exporting import write_file
from app.exchange.listing import Cells
from app.kit.clock import beijing_time
from app.models.proposal import Proposal
from app.proposals import assessing, calls, repository
from app.proposals.presenter import present

COLUMNS = (
    Column("solver", "解决方", "line"),
    Column("title", "方案名称", "line"),
    Column("status_label", "状态", "line"),
    Column("number", "版次", "count"),
    Column("submitted_at", "首次提交（北京时间）", "line"),
    Column("price_wan", "报价（万元）", "money"),
    Column("months", "周期（月）", "count"),
    Column("reason", "结果与理由", "text"),
    Column("id", "系统编号", "line"),
)
RANKING = (
    Column("rank", "名次", "count"),
    Column("tied", "并列", "line"),
    Column("mean", "加权均分", "money"),
    Column("lowest", "最低", "money"),
    Column("highest", "最高", "money"),
    Column("scorecards", "评分表数", "count"),
)


def workbook_of(session: Session, actor: Actor, requirement_id: uuid.UUID) -> bytes:
    """The workbook. Raises `NotFound` when the requirement is not the reader's to see."""
    requirement = repository.requirement_for(session, actor, requirement_id)
    filters = repository.Filters(requirement_id=requirement.id)
    statement = repository.with_everything(repository.narrow(repository.visible_to(actor), filters))
    rows = list(session.scalars(statement.order_by(Proposal.submitted_at, Proposal.id)))
    places = _places(session, requirement.id) if actor.is_staff else {}
    if places:
        rows.sort(key=lambda row: places.get(row.id, {}).get("rank") or len(rows) + 1)
    columns = (*RANKING, *COLUMNS) if places else COLUMNS
    with tempfile.TemporaryDirectory(prefix="jiebang-") as folder:
        path = Path(folder) / "proposals.xlsx"
        cells = ({**places.get(row.id, {}), **_cells(actor, row)} for row in rows)
        write_file(path, "xlsx", columns, cells, sheet="解决方案")
        return path.read_bytes()


def _places(session: Session, requirement_id: uuid.UUID) -> dict[uuid.UUID, dict[str, Any]]:
    call = calls.get(session, requirement_id)
    if call is None or call.closed_at is None:
        return {}
    return {
        item.proposal.id: {
            "rank": item.rank,
            "tied": "并列" if item.is_tied else None,
            "mean": item.mean,
            "lowest": item.lowest,
            "highest": item.highest,
            "scorecards": item.scorecards,
        }
        for item in assessing.state_of(session, call).ranked
    }


def _cells(actor: Actor, proposal: Proposal) -> Cells:
    view = present(actor, proposal)
    return {
        **{column.name: getattr(view, column.name) for column in COLUMNS},
        "solver": view.solver.name,
        "submitted_at": beijing_time(view.submitted_at) if view.submitted_at else None,
    }
