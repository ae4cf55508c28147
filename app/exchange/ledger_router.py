"""`/challenges/{id}/closing-proof.xlsx`: the extract of the answer ledger to file away."""

from __future__ import annotations

import uuid

from fastapi import Response

from app.auth.actor import Actor
from app.auth.dependencies import ReadSession, needs
from app.exchange import ledger_extract
from app.kit.downloads import XLSX, documented, file_answer
from app.routing import concept_router

router = concept_router("反馈台账", prefix="/challenges/{challenge_id}")


@router.get(
    "/closing-proof.xlsx", summary="导出反馈台账", response_class=Response, responses=documented(XLSX)
)
def get_ledger_extract(
    challenge_id: uuid.UUID, session: ReadSession, actor: Actor = needs("coverage:read")
) -> Response:
    """The closing proof as a workbook."""
    name, content = ledger_extract.workbook_of(session, actor, challenge_id)
    return file_answer(content, name, XLSX)
