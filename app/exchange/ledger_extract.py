"""The extract of the answer ledger as a workbook: the closing proof of a challenge, row by row."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path

from sqlalchemy.orm import Session, joinedload

from app.auth.actor import Actor
from app.challenges import service as challenges
from app.exchange.columns import Column
from app.exchange.exporting import write_file
from app.exchange.listing import Cells
from app.kit.clock import beijing_time
from app.ledger import proof
from app.models.requirement import Requirement
from app.requirements import repository as requirements
from app.responses.presenter import present_proof
from app.responses.schemas import ProofRowView

COLUMNS = (
    Column("external_id", "需求编号", "line"),
    Column("title", "技术需求名称", "line"),
    Column("organization", "需求单位", "line"),
    Column("status_label", "状态", "line"),
    Column("submitted_at", "提交时间（北京时间）", "line"),
    Column("is_answered", "是否已答复", "line"),
    Column("answer_kind_label", "最后答复类型", "line"),
    Column("answer", "最后答复", "text"),
    Column("readable_since", "需求方可读时间（北京时间）", "line"),
    Column("readers", "需求方在用账户数", "count"),
    Column("acknowledged_at", "需求方确认时间（北京时间）", "line"),
    Column("satisfaction", "满意度（1–5）", "count"),
    Column("reopened_at", "要求重新答复时间（北京时间）", "line"),
    Column("requirement_id", "系统编号", "line"),
)
_INSTANTS = frozenset({"submitted_at", "readable_since", "acknowledged_at", "reopened_at"})


def workbook_of(session: Session, actor: Actor, challenge_id: uuid.UUID) -> tuple[str, bytes]:
    """File name and workbook: what the reader may see, in the order of submission. Raises `NotFound`."""
    challenge = challenges.get(session, actor, challenge_id)
    statement = (
        requirements.visible_to(actor)
        .where(proof.submitted_to(challenge.id))
        .options(joinedload(Requirement.organization))
        .order_by(Requirement.submitted_at, Requirement.id)
    )
    rows = list(session.scalars(statement))
    views = present_proof(session, proof.prove(session, rows))
    with tempfile.TemporaryDirectory(prefix="jiebang-") as folder:
        path = Path(folder) / "ledger.xlsx"
        write_file(path, "xlsx", COLUMNS, map(_cells, views), sheet="反馈台账")
        return f"{challenge.code}反馈台账.xlsx", path.read_bytes()


def _cells(view: ProofRowView) -> Cells:
    cells: Cells = {column.name: getattr(view, column.name) for column in COLUMNS}
    for name in _INSTANTS:
        cells[name] = beijing_time(cells[name]) if cells[name] else None
    cells["is_answered"] = "是" if view.is_answered else "否"
    cells["requirement_id"] = str(view.requirement_id)
    return cells
