"""Takes people's judgments, starts training, and decides which version of the ranking is live."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import FieldError, InvalidInput, JiebangError
from app.jobs import service as jobs
from app.kit.clock import now
from app.learning import repository, signals
from app.learning.showing import showing_of
from app.models.job import Job
from app.models.learning import GIVEN, Judgment, JudgmentSource, RankerStatus, RankerVersion
from app.models.requirement import Requirement
from app.models.solver import Achievement, SolverProfile


class TrainingInProgress(JiebangError):
    code, status = "training_in_progress", 409
    zh, en = "训练任务正在进行，请等待其完成", "Training is under way; wait until it has ended"


class RankerNotBetter(JiebangError):
    code, status = "ranker_not_better", 409
    zh = "版本 {number} 在留出的反馈上并未显著优于使用中的版本，不能启用"
    en = "Version {number} was not better beyond noise on held-back feedback and cannot be used"


class RankerOutdated(JiebangError):
    code, status = "ranker_outdated", 409
    zh = "版本 {number} 是在另一向量模型或匹配配方下学得的，不适用于当前引擎，请重新训练"
    en = "Version {number} was learned under another model or recipe and does not fit; train again"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a person says of a pair. `grade` is 1 to 4; a shortlisting has none."""

    source: JudgmentSource
    grade: int | None
    reason: str = ""


def give(
    session: Session,
    actor: Actor,
    requirement: Requirement,
    solver: SolverProfile,
    *,
    achievement: Achievement | None,
    opinion: Opinion,
) -> tuple[Judgment, bool]:
    """Records an opinion, in place of what this person said of the pair before; whether it is a new one.

    Raises `InvalidInput` for a source that people do not give, a missing grade, or another team's achievement.
    """
    _check(solver, achievement, opinion)
    about = achievement.id if achievement is not None else solver.id
    origin = f"{requirement.id}:{about}:{actor.user_id or 'import'}"
    row = repository.find_judgment(session, opinion.source, origin)
    is_new = row is None
    instant = now()
    if row is None:
        seen = showing_of(
            session,
            requirement.id,
            solver.id,
            achievement_id=achievement.id if achievement else None,
            before=instant,
        )
        row = Judgment(
            requirement_id=requirement.id,
            solver_id=solver.id,
            achievement_id=seen.achievement_id,
            source=opinion.source,
            origin=origin,
            round_id=seen.round_id,
            rank=seen.rank,
            propensity=seen.propensity,
            parts=seen.parts,
            recipe=seen.recipe,
        )
        session.add(row)
    row.grade = signals.SHORTLISTED.grade if opinion.grade is None else float(opinion.grade)
    row.trust = signals.GIVEN_TRUST[opinion.source]
    row.reason, row.judged_at, row.judged_by_id = opinion.reason, instant, actor.user_id
    session.flush()
    return row, is_new


def record(session: Session, actor: Actor, row: Judgment) -> None:
    """Notes a single judgment in the audit log."""
    audit.record(
        session,
        "judgment.given",
        actor_id=actor.user_id,
        object_kind="requirement",
        object_id=row.requirement_id,
        judgment_id=str(row.id),
        source=row.source.value,
    )


def start_training(session: Session, actor: Actor, *, promote: bool) -> Job:
    """Queues the job that collects, trains and compares; with `promote` a version that is better goes live.

    Raises `TrainingInProgress`.
    """
    if repository.training_under_way(session) is not None:
        raise TrainingInProgress()
    job = jobs.enqueue(session, repository.TASK, {"promote": promote}, actor=actor)
    audit.record(
        session,
        "ranker.training_started",
        actor_id=actor.user_id,
        object_kind="job",
        object_id=job.id,
        promote=promote,
    )
    return job


def record_version(session: Session, actor: Actor, version: RankerVersion) -> None:
    """Notes a version that was just stored in the audit log."""
    better = version.is_better
    _audit(session, actor, "ranker.trained", version.id, number=version.number, is_better=better)


def use(session: Session, actor: Actor, version: RankerVersion, *, recipe: str) -> RankerVersion:
    """Makes a version live in the place of what was; every process follows within a second.

    Going back to one that was live before is always possible while it fits. Raises `RankerNotBetter` for a
    candidate that the rule does not allow and `RankerOutdated` for one of another recipe.
    """
    if version.status is RankerStatus.LIVE:
        return version
    if version.recipe != recipe:
        raise RankerOutdated(number=version.number)
    if not version.may_be_used and version.used_at is None:
        raise RankerNotBetter(number=version.number)
    before = _retire_live(session)
    version.status, version.used_at, version.retired_at = RankerStatus.LIVE, now(), None
    session.flush()
    _audit(session, actor, "ranker.used", version.id, number=version.number, instead_of=before)
    return version


def use_shipped(session: Session, actor: Actor) -> None:
    """Goes back to the weights that come with the program; does nothing when they are in use."""
    before = _retire_live(session)
    if before:
        _audit(session, actor, "ranker.used", None, number=0, instead_of=before)


def _retire_live(session: Session) -> int:
    live = repository.lock_live(session)
    if live is None:
        return 0
    live.status, live.retired_at = RankerStatus.RETIRED, now()
    # At once: two live versions would break the index that allows one.
    session.flush()
    return live.number


def _check(solver: SolverProfile, achievement: Achievement | None, opinion: Opinion) -> None:
    problems = []
    if opinion.source not in GIVEN:
        problems.append(FieldError("source", "invalid", "此来源由系统自动收集", "collected, not given"))
    elif (opinion.grade is None) != (opinion.source is JudgmentSource.SHORTLISTED):
        zh, en = (
            "评级与满意度须给出 1–4 级，入围不填等级",
            "grade and satisfaction take 1 to 4, shortlisting none",
        )
        problems.append(FieldError("grade", "invalid", zh, en))
    if achievement is not None and achievement.solver_id != solver.id:
        zh, en = "该成果不属于该解决方", "the achievement is another team's"
        problems.append(FieldError("achievement_id", "invalid", zh, en))
    if problems:
        raise InvalidInput(fields=tuple(problems))


def _audit(
    session: Session, actor: Actor, action: str, object_id: uuid.UUID | None, **detail: int | bool
) -> None:
    audit.record(session, action, actor_id=actor.user_id, object_kind="ranker", object_id=object_id, **detail)
