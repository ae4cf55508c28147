"""Pins and bans that people set on pairs of a challenge, and whether a round still agrees with them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import audit
from app.auth.actor import Actor
from app.errors import JiebangError, NotFound
from app.matches import wording
from app.matches.assignment import check_feasible
from app.matches.gates import barred, gates_of
from app.matches.inputs import described, gather, pair_rules_of, wishes_of
from app.models.challenge import Challenge
from app.models.matching import (
    Candidate,
    CandidateRole,
    MatchRound,
    PairRule,
    PairVerdict,
    RoundStatus,
)
from app.models.requirement import Requirement
from app.models.solver import SolverProfile
from app.solvers import places

OPEN_TO_RULES = frozenset({RoundStatus.DRAFT, RoundStatus.PUBLISHED})
"""States of a round through which rules of its challenge can be set."""


class RoundNotOpenToRules(JiebangError):
    code, status = "round_not_open_to_rules", 409
    zh = "匹配轮次当前为“{state}”，不能设置指定或禁止；请在待发布或已发布的轮次上设置"
    en = "The round is {state_code}; pins and bans are set on a draft or published round"


class RoundWithoutChallenge(JiebangError):
    code, status = "round_without_challenge", 409
    zh = "单项需求的匹配结果不属于任何赛事，不能设置指定或禁止"
    en = "This ranking of one requirement belongs to no challenge, so no pairs can be pinned or forbidden"


class RoundOutdated(JiebangError):
    code, status = "round_outdated", 409
    zh = "本轮计算之后，指定或禁止的组合有变动；请重新运行本轮后再发布"
    en = "Pins or bans have changed since this round was computed; run it again before publishing"


def rules_of(found: MatchRound) -> Select[PairRule]:
    """All rules of the round's challenge."""
    return select(PairRule).where(PairRule.challenge_id == found.challenge_id)


def set_rule(
    session: Session,
    actor: Actor,
    found: MatchRound,
    pair: tuple[uuid.UUID, uuid.UUID],
    *,
    verdict: PairVerdict,
    reason: str,
) -> PairRule:
    """Pins or forbids the pair (requirement, team) for every later computation of the challenge.

    Raises `NotFound` for a requirement that is not in the round or an unknown team, `RoundInfeasible` when
    the wish contradicts other rules, `RoundNotOpenToRules`, `RoundWithoutChallenge`.
    """
    challenge_id = _challenge_of(session, found)
    requirement_id, solver_id = pair
    if str(requirement_id) not in found.requirement_ids or session.get(SolverProfile, solver_id) is None:
        raise NotFound()
    rule = _find(session, challenge_id, pair)
    if rule is None:
        rule = PairRule(challenge_id=challenge_id, requirement_id=requirement_id, solver_id=solver_id)
        session.add(rule)
    rule.verdict, rule.reason, rule.created_by_id = verdict, reason, actor.user_id
    session.flush()
    check_feasible(gather(session, found, wishes=wishes_of(found), previous_id=found.previous_round_id))
    _audit(session, actor, found, f"pair.{verdict.value}", pair)
    return rule


def lift_rule(session: Session, actor: Actor, found: MatchRound, pair: tuple[uuid.UUID, uuid.UUID]) -> None:
    """Removes the rule on a pair. Raises `NotFound` when there is none, and as `set_rule` does."""
    rule = _find(session, _challenge_of(session, found), pair)
    if rule is None:
        raise NotFound()
    session.delete(rule)
    session.flush()
    _audit(session, actor, found, "pair.lifted", pair)


def check_is_current(session: Session, found: MatchRound) -> None:
    """Raises `RoundOutdated` when the pins and bans are not those that the round was computed with."""
    if found.challenge_id is None or not found.figures:
        return
    skipped = {item["id"] for item in found.skipped if item["kind"] == "requirement"}
    ids = [uuid.UUID(key) for key in found.requirement_ids if key not in skipped]
    if described(pair_rules_of(session, found.challenge_id, ids)) != found.pair_rules:
        raise RoundOutdated()


def strike_out(
    session: Session,
    found: MatchRound,
    requirements: Mapping[uuid.UUID, Requirement],
    candidates: Mapping[uuid.UUID, Sequence[Candidate]],
) -> list[Candidate]:
    """Marks candidates that a rule forbids by now; returns those that were assigned or alternates."""
    banned: set[tuple[uuid.UUID, uuid.UUID]] = set()
    for rule in pair_rules_of(session, found.challenge_id, requirements):
        if rule.verdict is PairVerdict.FORBIDDEN:
            banned.add((rule.requirement_id, rule.solver_id))
    struck = []
    gates, day = gates_of(session, list(requirements.values())), places.today()
    for requirement_id, requirement in requirements.items():
        for candidate in candidates.get(requirement_id, ()):
            codes = list(barred(candidate.solver, requirement.organization, gates[requirement_id]))
            if candidate.solver.is_paused_on(day) and not candidate.is_kept:
                codes.append("paused")
            if (requirement_id, candidate.solver_id) in banned:
                codes.append("banned")
            if not codes or candidate.is_forbidden:
                continue
            if candidate.role is not CandidateRole.CANDIDATE:
                struck.append(candidate)
            candidate.role, candidate.place = CandidateRole.CANDIDATE, None
            candidate.rules, candidate.is_forbidden = codes, True
            candidate.reason = wording.forbidden(codes)
    session.flush()
    return struck


def _challenge_of(session: Session, found: MatchRound) -> uuid.UUID:
    if found.challenge_id is None:
        raise RoundWithoutChallenge()
    if found.status not in OPEN_TO_RULES:
        raise RoundNotOpenToRules(state=found.status.label, state_code=found.status.value)
    # Two people who set rules at once must see each other's, or each finds its own wish feasible.
    session.scalar(select(Challenge.id).where(Challenge.id == found.challenge_id).with_for_update())
    return found.challenge_id


def _find(session: Session, challenge_id: uuid.UUID, pair: tuple[uuid.UUID, uuid.UUID]) -> PairRule | None:
    return session.scalar(
        select(PairRule).where(
            PairRule.challenge_id == challenge_id,
            PairRule.requirement_id == pair[0],
            PairRule.solver_id == pair[1],
        )
    )


def _audit(
    session: Session, actor: Actor, found: MatchRound, action: str, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="round",
        object_id=found.id,
        requirement_id=str(pair[0]),
        solver_id=str(pair[1]),
    )
