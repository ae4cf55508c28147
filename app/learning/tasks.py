"""Trains a version of the ranking: collects what was done, computes parts, fits, compares, promotes.

A job that is cut off starts the computation again; the version it stores bears the job's id, so there is one.
"""

from __future__ import annotations

from typing import Any

from app.auth.actor import SYSTEM, Actor
from app.exchange.service import actor_of_user
from app.indexing.rankers import live_version, numbered
from app.jobs.context import JobContext
from app.jobs.registry import task
from app.kit.clock import now
from app.learning import repository, service, training
from app.learning.collecting import COLLECTORS, collect
from app.learning.training import Stored
from app.models.learning import RankerVersion, ranker_name
from matching.learn import Example

BATCH = 10


@task(repository.TASK)
def run(job: JobContext) -> dict[str, Any]:
    """Stores a candidate version; with `promote` it goes live when the rule says that it is better."""
    db, index = job.app.db, job.app.index
    with db.read() as session:
        known = repository.version_of_job(session, job.id)
    if known is not None:
        # The job was killed between its last step and the note of its success.
        return _result(known)
    for source in COLLECTORS:
        with job.step(stage="收集反馈") as session:
            collect(session, source)
    recipe = index.recipe
    with db.read() as session:
        found = training.stored(session, recipe=recipe, at=now())
        live = live_version(session)
        beside = numbered(session, live.number if live else 0, recipe)
    used, examples = _with_parts(job, found)
    total = sum(len(own) for own in found.values())

    def on_fold(done: int, folds: int) -> None:
        with job.step(stage=f"比较（第 {done + 1}/{folds} 折）"):
            pass

    learned = training.learn(examples, beside, name="candidate", on_fold=on_fold)
    if learned is None:
        return {"ranker": None, "judgments": total, "reasons": ["too_few_requirements"]}
    with job.step(stage="完成") as session:
        version = training.version_of(
            learned,
            used,
            number=repository.next_number(session),
            recipe=recipe,
            live=beside,
            left_out=total - len(used),
            job_id=job.id,
            created_by_id=job.created_by_id,
        )
        session.add(version)
        session.flush()
        actor: Actor = actor_of_user(session, job.created_by_id) if job.created_by_id else SYSTEM
        service.record_version(session, actor, version)
        if job.arguments.get("promote") and version.is_better:
            service.use(session, actor, version, recipe=recipe)
    return _result(version)


def _with_parts(job: JobContext, found: dict[Any, list[Stored]]) -> tuple[list[Stored], list[Example]]:
    used: list[Stored] = []
    examples: list[Example] = []
    ids = list(found)
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        with job.app.db.read() as session:
            documents = training.documents(session, some)
        for key in some:
            job.check()
            for one, example in training.examples(found[key], documents.get(key), job.app.index.parts):
                used.append(one)
                examples.append(example)
        with job.step(done=min(start + BATCH, len(ids)), total=len(ids), stage="计算特征"):
            pass
    return used, examples


def _result(version: RankerVersion) -> dict[str, Any]:
    return {
        "ranker": ranker_name(version.number),
        "ranker_id": str(version.id),
        "status": version.status.value,
        "is_better": version.is_better,
        "may_be_used": version.may_be_used,
        "reasons": version.reasons,
        "judgments": version.data["judgments"],
    }
