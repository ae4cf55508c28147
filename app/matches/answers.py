"""Writes what a seeker reads when candidates are published to it, withdrawn, or when nobody was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.models.learning import ranker_name
from app.models.ledger import ResponseKind
from app.models.matching import Candidate, CandidateRole, MatchRound
from app.models.requirement import END_STATUSES, Requirement, RequirementStatus
from app.models.solver import UNNAMED
from app.requirements.service import Answer

NAMED = 5
"""So many candidates are told in words; the answer's `detail` holds all of them."""


ORDER = {CandidateRole.ASSIGNED: 0, CandidateRole.ALTERNATE: 1, CandidateRole.CANDIDATE: 2}


def told(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates that a seeker is recommended: assigned teams first, then alternates, then by rank.

    Forbidden pairs are never among them; pairs that people pinned are, even if no adequate match was found.
    """
    return [candidate for candidate in _in_order(candidates) if candidate.is_told]


def _in_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    allowed = [candidate for candidate in candidates if not candidate.is_forbidden]
    return sorted(
        allowed, key=lambda item: (ORDER[item.role], item.place or 0, item.rank, str(item.solver_id))
    )


def answer_to(found: MatchRound, requirement: Requirement, candidates: Sequence[Candidate]) -> Answer:
    """The answer to one requirement of a round: its candidates, or what was searched and came nearest."""
    adequate = told(candidates)
    nearest = sorted(_in_order(candidates), key=lambda item: item.rank)
    detail = {
        "round_id": str(found.id),
        "searched": {"achievements": found.searched_achievements, "solvers": found.searched_solvers},
        "model_id": found.model_id,
        "ranker": ranker_name(found.ranker_number),
        "candidates" if adequate else "nearest": [
            _told(item, position) for position, item in enumerate(adequate or nearest, 1)
        ],
    }
    if adequate:
        return Answer(ResponseKind.CANDIDATES, _candidates_text(found, requirement, adequate), detail)
    return Answer(ResponseKind.NO_ADEQUATE_SOLVER, _nobody_text(found, requirement, nearest), detail)


def withdrawal_text(reason: str) -> str:
    """The answer when a published round is taken back and candidates are owed again."""
    return f"此前发布的匹配结果已撤回，将重新为您匹配。撤回原因：{reason}"


def withdrawal_notice(requirement: Requirement, reason: str) -> str:
    """What a seeker is told of a withdrawn round that leaves its requirement where it is."""
    if requirement.status is RequirementStatus.MATCHING:
        stands = "其他轮次发布的匹配结果仍然有效，请以其为准"
    elif requirement.status in END_STATUSES:
        stands = "需求的办结结果不受影响"
    else:
        stands = "需求当前的办理进度不受影响"
    return f"此前一轮匹配发布的结果已撤回，{stands}。撤回原因：{reason}"


def _searched(found: MatchRound) -> str:
    solvers = f"、{found.searched_solvers} 个解决方" if found.searched_solvers else ""
    return f"本轮检索了 {found.searched_achievements} 项科技成果{solvers}"


def _candidates_text(found: MatchRound, requirement: Requirement, candidates: Sequence[Candidate]) -> str:
    lines = [f"{_searched(found)}，为“{requirement.title}”筛选出 {len(candidates)} 个候选解决方："]
    lines += [_line(candidate, position) for position, candidate in enumerate(candidates[:NAMED], 1)]
    if len(candidates) > NAMED:
        lines.append(f"其余 {len(candidates) - NAMED} 个候选见匹配结果列表。")
    lines.append("承办单位将协助您与候选解决方对接；如认为结果不合适，请直接回复说明，我们会重新匹配。")
    return "\n".join(lines)


def _nobody_text(found: MatchRound, requirement: Requirement, nearest: Sequence[Candidate]) -> str:
    lines = [
        f"{_searched(found)}，逐项比对了“{requirement.title}”的名称、主要问题、技术指标与预期目标，"
        "暂未发现足够匹配的解决方。"
    ]
    if nearest:
        lines.append("以下成果与需求最为接近，供参考：")
        lines += [_line(candidate, position) for position, candidate in enumerate(nearest[:NAMED], 1)]
    words = "、".join(requirement.keywords[:5])
    about = f"（检索关键词：{words}）" if words else ""
    lines.append(
        f"该需求将继续参加后续轮次的匹配{about}；补充量化指标、现有工艺条件或放宽限制条件，有助于找到更合适的解决方。"
    )
    return "\n".join(lines)


def _line(candidate: Candidate, position: int) -> str:
    solver = candidate.solver
    about = "，".join(part for part in (solver.kind.label, solver.region.replace("/", "")) if part)
    name = "未登记单位的成果" if solver.source == UNNAMED else solver.name
    label = f"【{candidate.role.label}】" if candidate.role is not CandidateRole.CANDIDATE else ""
    parts = [f"{position}. {label}{name}（{about}），匹配等级 {candidate.grade}"]
    if candidate.achievement is not None:
        parts.append(f"代表成果《{candidate.achievement.title}》")
    text = "，".join(parts)
    return f"{text}。{candidate.summary}" if candidate.summary else f"{text}。"


def _told(candidate: Candidate, position: int) -> dict[str, Any]:
    achievement = candidate.achievement
    return {
        "rank": position,
        "role": candidate.role.value,
        "solver_id": str(candidate.solver_id),
        "solver": candidate.solver.name,
        "achievement_id": str(candidate.achievement_id) if achievement else None,
        "achievement": achievement.title if achievement else None,
        "grade": candidate.grade,
        "score": candidate.score,
        "probability": candidate.probability,
        "summary": candidate.summary,
    }
