"""Computes match rounds: candidates in batches, each of them one step, and then the assignment of them all.

A round cut off goes on from its last batch; the assignment is short and is done again from its start.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Database
from app.errors import NotFound
from app.indexing.rankers import numbered
from app.indexing.service import SearchIndex
from app.jobs.context import JobContext
from app.jobs.registry import task
from app.matches import assignment, repository
from app.matches.inputs import gather, wishes_of
from app.matches.ranking import Ranking, rank_all
from app.matches.skipped import note_skipped
from app.models.learning import ranker_number
from app.models.matching import MatchRound, RoundStatus
from app.models.requirement import Requirement
from matching.learn import Ranker

BATCH = 20
BROKEN_RECORD = (ValueError, TypeError, KeyError)
"""What a record raises that no form would have let through; anything else ends the job."""

log = logging.getLogger("jiebang.matches")


@task("matches.run")
def run(job: JobContext) -> dict[str, Any]:
    """Ranks solvers for every requirement of the round `round_id` and assigns teams; it is a draft in the end."""
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
    with db.read() as session:
        ranker = numbered(session, found.ranker_number, index.recipe)
    ids = [uuid.UUID(key) for key in found.requirement_ids]
    start = int(job.checkpoint.get("next", 0))
    searched = int(job.checkpoint.get("searched", 0))
    model_id = str(job.checkpoint.get("model_id", ""))
    broken: list[str] = list(job.checkpoint.get("broken", []))
    for position in range(start, len(ids), BATCH):
        job.check()
        with db.read() as session:
            rows = repository.requirements_in_order(session, ids[position : position + BATCH])
            rows.sort(key=lambda row: (row.organization_id, row.id))
            rankings, failed = _rank(session, index, rows, top=found.top, ranker=ranker)
        broken += failed
        searched = max([searched, *(ranking.pool for ranking in rankings)])
        model_id = rankings[0].model_id if rankings else model_id
        done = min(position + BATCH, len(ids))
        checkpoint = {"next": done, "searched": searched, "model_id": model_id, "broken": broken}
        with job.step(checkpoint=checkpoint, done=done, total=len(ids), stage="匹配") as session:
            repository.replace(session, found.id, rankings)
    solvers = index.counts()["solvers"]
    with job.step(stage=assignment.FIRST_STAGE) as session:
        note_skipped(session, session.get_one(MatchRound, found.id), not_rankable=broken)
    with db.read() as session:
        current = session.get_one(MatchRound, found.id)
        inputs = gather(session, current, wishes=wishes_of(current), previous_id=current.previous_round_id)

    def on_stage(stage: str) -> None:
        with job.step(stage=stage):
            pass

    outcome = assignment.solve(inputs, on_stage=on_stage)
    with job.step(stage="完成") as session:
        stored = session.get_one(MatchRound, found.id)
        assignment.store(session, stored, inputs, outcome)
        if stored.status is RoundStatus.RUNNING:
            stored.status = RoundStatus.DRAFT
        stored.model_id = model_id
        stored.ranker_number, stored.recipe = ranker_number(ranker.name), index.recipe
        stored.searched_achievements = searched
        stored.searched_solvers = solvers
    return _result(db, found)


def _rank(
    session: Session, index: SearchIndex, rows: Sequence[Requirement], *, top: int, ranker: Ranker
) -> tuple[list[Ranking], list[str]]:
    """The rankings of a batch, and the requirements whose record is broken: they stop nobody else."""
    try:
        return rank_all(session, index, rows, limit=top, ranker=ranker), []
    except BROKEN_RECORD:
        if len(rows) <= 1:
            log.warning("requirement cannot be ranked", exc_info=True)
            return [], [str(row.id) for row in rows]
    rankings: list[Ranking] = []
    broken: list[str] = []
    for row in rows:
        ranked, failed = _rank(session, index, [row], top=top, ranker=ranker)
        rankings += ranked
        broken += failed
    return rankings, broken


def _result(db: Database, found: MatchRound) -> dict[str, Any]:
    with db.read() as session:
        answered, total = repository.counts(session, found.id)
        assigned = repository.assigned_count(session, found.id)
    return {
        "round_id": str(found.id),
        "requirements": len(found.requirement_ids),
        "with_adequate_candidates": answered,
        "candidates": total,
        "assigned": assigned,
    }
