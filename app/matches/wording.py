"""Says in one sentence why a pair is or is not assigned, and which rules are in each other's way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import FieldError, JiebangError
from matching.assign import InfeasibleWishes, Obstacle

RULES: dict[str, tuple[str, str]] = {
    "paused": ("解决方暂停承接新需求", "the team takes on no further problems for now"),
    "inactive": ("解决方档案已停用", "the team's profile is switched off"),
    "conflict_of_interest": ("解决方与需求方为同一单位", "team and seeker are one organization"),
    "excluded_by_solver": ("解决方声明回避该需求方", "the team excludes this seeker"),
    "must_place": (
        "不符合需求必备条件中的所在地要求",
        "the team breaks the requirement's condition on its place",
    ),
    "must_not_place": (
        "所在地为需求必备条件所排除",
        "the requirement's conditions rule out the team's place",
    ),
    "must_kind": (
        "不符合需求必备条件中的单位类型要求",
        "the team breaks the requirement's condition on its kind",
    ),
    "must_not_kind": (
        "单位类型为需求必备条件所排除",
        "the requirement's conditions rule out the team's kind",
    ),
    "banned": ("承办单位禁止该组合", "the organizer forbids the pair"),
    "pinned": ("承办单位指定该组合", "the organizer pins the pair"),
    "accepted": ("已确认的对接须保留", "the confirmed pair must stay"),
}
"""Every rule on a pair by its code, in words."""

SHOWN = 6


class RoundInfeasible(JiebangError):
    code, status = "round_infeasible", 409
    zh = "所列规则互相冲突，无法同时满足，请先取消其中之一：{rules}"
    en = "These rules cannot all be kept; lift one of them first: {rules_en}"

    def detail(self, language: str) -> str:
        template = self.en if language == "en" else self.zh
        return template.format(rules=self.parameters["rules"], rules_en=self.parameters["rules_en"])


@dataclass(frozen=True, slots=True)
class Named:
    """A requirement or a team: its id, and the short name that the sentences use for it."""

    id: str
    name: str


def infeasible(error: InfeasibleWishes, rows: Sequence[Named], columns: Sequence[Named]) -> RoundInfeasible:
    """The smallest set of rules in the way: named in the sentence, with full ids in the list of errors."""
    told = [_obstacle(obstacle, rows, columns) for obstacle in error.smallest]
    zh, en = [item.zh for item in told[:SHOWN]], [item.en for item in told[:SHOWN]]
    if len(told) > SHOWN:
        zh.append(f"等共 {len(told)} 条")
        en.append(f"{len(told)} in all")
    return RoundInfeasible(fields=tuple(told), rules="；".join(zh), rules_en="; ".join(en))


def _obstacle(obstacle: Obstacle, rows: Sequence[Named], columns: Sequence[Named]) -> FieldError:
    row = rows[obstacle.row] if obstacle.row is not None else Named("", "")
    column = columns[obstacle.column] if obstacle.column is not None else Named("", "")
    place = ".".join(part for part in ("pairs", row.id, column.id) if part)
    if obstacle.kind == "capacity":
        zh = f"解决方 {column.name} 剩余名额为 {obstacle.limit} 项"
        return FieldError(place, "capacity", zh, f"team {column.name} has {obstacle.limit} places left")
    if obstacle.kind == "wanted":
        zh = f"需求 {row.name} 最多分配 {obstacle.limit} 个团队"
        return FieldError(place, "wanted", zh, f"requirement {row.name} gets at most {obstacle.limit} teams")
    if obstacle.kind == "must_serve":
        zh = f"需求 {row.name} 必须得到合适的团队"
        return FieldError(place, "must_serve", zh, f"requirement {row.name} must get an adequate team")
    zh, en = RULES[obstacle.name]
    pair_zh, pair_en = (
        f"需求 {row.name} 与解决方 {column.name}",
        f"requirement {row.name} and team {column.name}",
    )
    return FieldError(place, obstacle.name, f"{pair_zh}：{zh}", f"{pair_en}: {en}")


def assigned(
    probability: float, grade: str, *, place: int, rules: Sequence[str], is_kept: bool, displaced: int
) -> str:
    """Why a team is assigned."""
    parts = [f"{_match(probability, grade)}，列第 {place} 位拟对接团队"]
    parts += [RULES[code][0] for code in rules]
    if is_kept and "accepted" not in rules:
        parts.append("沿用上一轮的分配")
    if displaced:
        parts.append(f"该团队名额已满，另有 {displaced} 项需求因此未能分得该团队")
    return "；".join(parts) + "。"


def alternate(probability: float, grade: str, *, place: int) -> str:
    """Why a team is a stand-in."""
    return f"{_match(probability, grade)}，列备选第 {place} 位：需求名额已分给更合适的团队，该团队尚有余额。"


def forbidden(rules: Sequence[str]) -> str:
    """Why a pair must not be."""
    return f"不得分配：{'、'.join(RULES[code][0] for code in rules)}。"


def full(probability: float, grade: str, *, places: int) -> str:
    """Why a team without a place left was not assigned."""
    taken = f"本轮可用的 {places} 个名额已分给其他需求" if places else "名额已被此前的对接占满"
    return f"{_match(probability, grade)}，未分配：该团队{taken}。"


def outranked(probability: float, grade: str) -> str:
    """Why a team with a place left was not assigned."""
    return f"{_match(probability, grade)}，未分配：该需求的名额已由更合适、指定或须保留的团队占用。"


def not_adequate(probability: float, grade: str) -> str:
    """Why a team was not assigned though slots may have stayed empty."""
    return f"{_match(probability, grade)}，未达到合适标准，不自动分配和邀约；如确有把握，可由承办单位指定。"


def _match(probability: float, grade: str) -> str:
    return f"匹配概率 {probability:.0%}（{grade} 级）"
