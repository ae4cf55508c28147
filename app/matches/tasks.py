"""Computes match rounds in batches; each batch is one step, so a round cut off goes on from there."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from app.db import Database
from app.errors import NotFound
from app.jobs.context import JobContext
from app.jobs.registry import task
from app.matches import repository
from app.matches.ranking import rank_all
from app.models.matching import MatchRound, RoundStatus

BATCH = 20


@task("matches.run")
def run(job: JobContext) -> dict[str, Any]:
    """Ranks solvers for every requirement of the round `round_id`, which is a draft in the end."""
    index, db = job.app.index, job.app.db
    with db.read() as session:
        found = session.scalar(
            select(MatchRound).where(MatchRound.id == uuid.UUID(job.arguments["round_id"]))
        )
    if found is None:
        raise NotFound()
    if found.status is not RoundStatus.RUNNING:
        # The job was killed between its last step and the note of its success.
        return _result(db, found)
    ids = [uuid.UUID(key) for key in found.requirement_ids]
    start = int(job.checkpoint.get("next", 0))
    searched = int(job.checkpoint.get("searched", 0))
    model_id = str(job.checkpoint.get("model_id", ""))
    for position in range(start, len(ids), BATCH):
        job.check()
        with db.read() as session:
            rows = repository.requirements_in_order(session, ids[position : position + BATCH])
            rows.sort(key=lambda row: (row.organization_id, row.id))
            rankings = rank_all(session, index, rows, limit=found.top)
        searched = max([searched, *(ranking.pool for ranking in rankings)])
        model_id = rankings[0].model_id if rankings else model_id
        done = min(position + BATCH, len(ids))
        checkpoint = {"next": done, "searched": searched, "model_id": model_id}
        with job.step(checkpoint=checkpoint, done=done, total=len(ids), stage="匹配") as session:
            repository.replace(session, found.id, rankings)
    solvers = index.counts()["solvers"]
    with job.step(stage="完成") as session:
        stored = session.get_one(MatchRound, found.id)
        if stored.status is RoundStatus.RUNNING:
            stored.status = RoundStatus.DRAFT
        stored.model_id = model_id
        stored.searched_achievements = searched
        stored.searched_solvers = solvers
    return _result(db, found)


def _result(db: Database, found: MatchRound) -> dict[str, Any]:
    with db.read() as session:
        answered, total = repository.counts(session, found.id)
    return {
        "round_id": str(found.id),
        "requirements": len(found.requirement_ids),
        "with_adequate_candidates": answered,
        "candidates": total,
    }
