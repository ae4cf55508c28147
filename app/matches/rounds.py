"""The life of a match round: started as a job, a draft when computed, run again, published, withdrawn."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import JiebangError
from app.indexing.rankers import live_version
from app.jobs import service as jobs
from app.kit.clock import now
from app.ledger import service as ledger
from app.matches import pair_rules, repository
from app.matches.answers import answer_to, withdrawal_notice, withdrawal_text
from app.matches.assignment import check_feasible
from app.matches.inputs import Pair, Wishes, gather
from app.matches.ranking import Ranking
from app.models.access import Role
from app.models.challenge import Challenge, ChallengeEntry
from app.models.job import Job
from app.models.learning import ranker_number
from app.models.ledger import ResponseKind
from app.models.matching import MatchRound, RoundStatus
from app.models.requirement import MATCHABLE_STATUSES, Requirement, RequirementStatus
from app.notifications.service import Event, RoleHolders, Subject, notify
from app.requirements import service as requirements
from app.requirements.service import Answer

ANSWERABLE = frozenset(
    {RequirementStatus.PUBLISHED, RequirementStatus.MATCHING, RequirementStatus.IN_CONTACT}
)
"""States in which candidates can be published to the seeker."""


class NothingToMatch(JiebangError):
    code, status = "nothing_to_match", 409
    zh = "没有可匹配的需求：需求须已审核通过或已发布"
    en = "There is no requirement to match: they must be approved or published"


class RoundInProgress(JiebangError):
    code, status = "round_in_progress", 409
    zh, en = "该赛事已有一轮匹配正在计算", "A match round of this challenge is being computed"


class RoundNotPublishable(JiebangError):
    code, status = "round_not_publishable", 409
    zh, en = (
        "匹配轮次当前为“{state}”，只有“待发布”的轮次可以发布",
        "The round is {state_code}; only a draft can be published",
    )


class RoundNotWithdrawable(JiebangError):
    code, status = "round_not_withdrawable", 409
    zh, en = (
        "匹配轮次当前为“{state}”，不能撤回",
        "The round is {state_code} and cannot be withdrawn",
    )


class RoundNotRepeatable(JiebangError):
    code, status = "round_not_repeatable", 409
    zh = "匹配轮次当前为“{state}”，只有待发布或已发布的赛事轮次可以重新运行"
    en = "The round is {state_code}; only a draft or published round of a challenge can be run again"


class PairsNotAssigned(JiebangError):
    code, status = "pairs_not_assigned", 422
    zh, en = "要保留的组合不在该轮的分配之中", "Pairs to keep are not among those assigned in this round"


@dataclass(frozen=True, slots=True)
class Publication:
    """What became of the requirements of a round: answered with candidates, answered that nobody was found,
    and passed over because they are not (or no longer) published. `struck_out`: assigned teams and alternates
    that a rule forbids since the round was computed, and whom nobody was told of."""

    with_candidates: tuple[uuid.UUID, ...]
    without_adequate: tuple[uuid.UUID, ...]
    passed_over: tuple[uuid.UUID, ...]
    struck_out: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """How a round is computed: `top` solvers kept, `teams` and `alternates` wanted per requirement; the
    earlier round that it repeats, and what should stay of it."""

    top: int
    teams: int = 3
    alternates: int = 3
    previous_id: uuid.UUID | None = None
    wishes: Wishes = field(default_factory=Wishes)


def start_round(
    session: Session, actor: Actor, challenge: Challenge, *, top: int, teams: int = 3, alternates: int = 3
) -> tuple[MatchRound, Job]:
    """A round over all approved or published requirements of a challenge, computed by the job `matches.run`.

    `top` is how many solvers are kept per requirement. Raises `NothingToMatch` and `RoundInProgress`.
    """
    settings = Settings(top=max(top, teams), teams=teams, alternates=alternates)
    return _start(session, actor, challenge, settings)


def rerun(
    session: Session,
    actor: Actor,
    found: MatchRound,
    *,
    keep: Sequence[Pair] | None = None,
    keeping_value: float,
    must_stay: bool = False,
) -> tuple[MatchRound, Job]:
    """The round computed anew over the challenge as it stands, keeping pairs of `found` (None: all assigned).

    Each is worth `keeping_value` to keep (0 to 10, in units of probability), or must stay; what that costs
    is told in the figures of the new round. Raises `RoundNotRepeatable`, `PairsNotAssigned`,
    `RoundInfeasible`, `NothingToMatch`, `RoundInProgress`.
    """
    if found.status not in (RoundStatus.DRAFT, RoundStatus.PUBLISHED) or found.challenge_id is None:
        raise RoundNotRepeatable(state=found.status.label, state_code=found.status.value)
    assigned = repository.assigned_pairs(session, found.id)
    if keep is not None and not set(keep) <= assigned:
        raise PairsNotAssigned()
    kept = frozenset(assigned if keep is None else keep)
    wishes = Wishes(kept, keeping_value, must_stay)
    check_feasible(gather(session, found, wishes=wishes, previous_id=found.id))
    challenge = session.get_one(Challenge, found.challenge_id)
    settings = Settings(found.top, found.teams, found.alternates, found.id, wishes)
    return _start(session, actor, challenge, settings)


def _start(
    session: Session, actor: Actor, challenge: Challenge, settings: Settings
) -> tuple[MatchRound, Job]:
    # The lock on the challenge lets two requests see each other's round.
    session.scalar(select(Challenge.id).where(Challenge.id == challenge.id).with_for_update())
    if repository.running_in(session, challenge.id) is not None:
        raise RoundInProgress()
    statement = (
        select(Requirement.id)
        .join(ChallengeEntry, ChallengeEntry.requirement_id == Requirement.id)
        .where(ChallengeEntry.challenge_id == challenge.id, Requirement.status.in_(MATCHABLE_STATUSES))
        .order_by(ChallengeEntry.number, Requirement.id)
    )
    return start_round_over(
        session, actor, list(session.scalars(statement)), settings=settings, challenge_id=challenge.id
    )


def start_round_over(
    session: Session,
    actor: Actor,
    requirement_ids: Sequence[uuid.UUID],
    *,
    settings: Settings,
    challenge_id: uuid.UUID | None = None,
) -> tuple[MatchRound, Job]:
    """A round over the given requirements. Raises `NothingToMatch` for none."""
    if not requirement_ids:
        raise NothingToMatch()
    live = live_version(session)
    found = MatchRound(
        challenge_id=challenge_id,
        ranker_number=live.number if live is not None else 0,
        created_by_id=actor.user_id,
        status=RoundStatus.RUNNING,
        top=settings.top,
        teams=settings.teams,
        alternates=settings.alternates,
        previous_round_id=settings.previous_id,
        keep=[
            {"requirement_id": str(row), "solver_id": str(team)} for row, team in sorted(settings.wishes.keep)
        ],
        keeping_value=settings.wishes.value,
        must_stay=settings.wishes.must_stay,
        requirement_ids=[str(key) for key in requirement_ids],
    )
    session.add(found)
    session.flush()
    job = jobs.enqueue(session, "matches.run", {"round_id": str(found.id)}, actor=actor)
    found.job_id = job.id
    session.flush()
    _audit(session, actor, found, "round.started", requirements=len(requirement_ids))
    return found, job


def keep_ranking(
    session: Session, actor: Actor, ranking: Ranking, *, top: int, searched_solvers: int
) -> MatchRound:
    """Keeps a ranking that was just computed for one requirement as a draft round of its own.

    An unpublished draft of the same requirement alone is overwritten, so that refreshing leaves one.
    """
    found = repository.latest_of(session, ranking.requirement_id, [RoundStatus.DRAFT])
    if found is None or found.requirement_ids != [str(ranking.requirement_id)]:
        found = MatchRound(
            created_by_id=actor.user_id,
            status=RoundStatus.DRAFT,
            requirement_ids=[str(ranking.requirement_id)],
        )
        session.add(found)
    found.top = top
    found.model_id = ranking.model_id
    found.ranker_number, found.recipe = ranker_number(ranking.ranker), ranking.recipe
    found.searched_achievements = ranking.pool
    found.searched_solvers = searched_solvers
    session.flush()
    repository.replace(session, found.id, [ranking])
    _audit(session, actor, found, "round.refreshed")
    return found


def publish_round(session: Session, actor: Actor, found: MatchRound) -> Publication:
    """Answers every published requirement of the round: with its candidates, or with what was searched.

    Teams that were assigned come first. Published requirements move on to matching. Raises
    `RoundNotPublishable` unless the round is a draft, and `RoundOutdated` when pins or bans changed since it
    was computed.
    """
    if found.status is not RoundStatus.DRAFT:
        raise RoundNotPublishable(state=found.status.label, state_code=found.status.value)
    pair_rules.check_is_current(session, found)
    candidates = repository.all_candidates(session, found.id)
    ids = [uuid.UUID(key) for key in found.requirement_ids]
    rows = {row.id: row for row in repository.requirements_in_order(session, ids)}
    struck = pair_rules.strike_out(session, found, rows, candidates)
    with_candidates: list[uuid.UUID] = []
    without: list[uuid.UUID] = []
    passed_over: list[uuid.UUID] = []
    for key in ids:
        requirement = rows.get(key)
        if requirement is None or requirement.status not in ANSWERABLE:
            passed_over.append(key)
            continue
        answer = answer_to(found, requirement, candidates.get(key, []))
        _tell(session, actor, requirement, answer)
        (with_candidates if answer.kind is ResponseKind.CANDIDATES else without).append(key)
    found.status, found.published_at = RoundStatus.PUBLISHED, now()
    session.flush()
    _audit(
        session,
        actor,
        found,
        "round.published",
        answered=len(with_candidates) + len(without),
        passed_over=len(passed_over),
        struck_out=len(struck),
    )
    _tell_organizers(session, actor, found, len(with_candidates) + len(without))
    pairs = tuple((candidate.requirement_id, candidate.solver_id) for candidate in struck)
    return Publication(tuple(with_candidates), tuple(without), tuple(passed_over), pairs)


def _tell_organizers(session: Session, actor: Actor, found: MatchRound, count: int) -> None:
    if found.challenge_id is None or not count:
        return
    notify(
        session,
        event=Event.ROUND_PUBLISHED,
        recipients=[RoleHolders(Role.ORGANIZER)],
        subject=Subject("round", found.id, challenge_id=found.challenge_id),
        parameters={"count": count},
        once=f"round:{found.id}",
        but_not=actor.user_id,
    )


def withdraw_round(session: Session, actor: Actor, found: MatchRound, *, reason: str) -> MatchRound:
    """Takes a round back; every seeker that got an answer from it is told why.

    Candidates are owed again where no other published round gave any and contact was not made yet.

    Raises `RoundNotWithdrawable` for a round that is being computed or was withdrawn before.
    """
    if found.status not in (RoundStatus.DRAFT, RoundStatus.PUBLISHED):
        raise RoundNotWithdrawable(state=found.status.label, state_code=found.status.value)
    was_published = found.status is RoundStatus.PUBLISHED
    found.status = RoundStatus.WITHDRAWN
    session.flush()
    if was_published:
        _take_back(session, actor, found, reason)
    _audit(session, actor, found, "round.withdrawn", was_published=was_published)
    return found


def _take_back(session: Session, actor: Actor, found: MatchRound, reason: str) -> None:
    ids = [uuid.UUID(key) for key in found.requirement_ids]
    told = ledger.answered_about(session, ids, found.id)
    detail = {"round_id": str(found.id)}
    for requirement in repository.requirements_in_order(session, ids):
        if requirement.id not in told:
            continue
        if _is_left_with_nothing(session, requirement):
            answer = Answer(ResponseKind.WRITTEN, withdrawal_text(reason), detail)
            requirements.move(session, actor, requirement, RequirementStatus.PUBLISHED, answer)
            continue
        # Nothing was answered by this, so what is owed keeps its deadline.
        text = withdrawal_notice(requirement, reason)
        ledger.give_notice(session, requirement, text=text, author_id=actor.user_id, detail=detail)


def _is_left_with_nothing(session: Session, requirement: Requirement) -> bool:
    if requirement.status is not RequirementStatus.MATCHING:
        return False
    return repository.latest_with_candidates(session, requirement.id, [RoundStatus.PUBLISHED]) is None


def _tell(session: Session, actor: Actor, requirement: Requirement, answer: Answer) -> None:
    if requirement.status is RequirementStatus.PUBLISHED:
        requirements.move(session, actor, requirement, RequirementStatus.MATCHING, answer)
        return
    ledger.answer(
        session,
        requirement,
        kind=answer.kind,
        text=answer.text,
        author_id=actor.user_id,
        detail=dict(answer.detail or {}),
    )


def _audit(session: Session, actor: Actor, found: MatchRound, action: str, **detail: int | bool) -> None:
    audit.record(session, action, actor_id=actor.user_id, object_kind="round", object_id=found.id, **detail)
