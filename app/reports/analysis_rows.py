"""The rows behind the requirement analysis report: requirements, words, gaps, clusters and what the round found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.documents.model import Cell
from app.models.matching import CandidateRole
from app.reports.annex import Annex
from app.reports.collected import NOT_STATED, Collected, without_common_parts
from app.reports.supply import Supply, team_name
from matching.cluster import Cluster, theme

NEEDS, WORDS, LACKS, GROUPS, FOUND, ABLE, TEAMS = (
    "需求明细", "关键词", "描述缺项", "主题组", "供需匹配", "合格候选", "团队",
)  # fmt: skip
ALONE = "未成组"
SERVED, UNSERVED = "有合格团队", "无合格团队"

BUDGET = "拟投入资金（万元）"
_NEED_HEADERS = (
    "编号", "赛题编号", "名称", "需求单位", "办理状态", "所属领域", "应用行业", "所在地区", BUDGET,
    "资金档次", "现有成熟度", "目标成熟度", "合作方式", "主题组",
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """A named cluster: `name` as 主题 1, `words` the theme, `members` labels, the most typical first."""

    name: str
    words: tuple[str, ...]
    members: tuple[str, ...]
    cohesion: float


def groups_of(rows: Sequence[Collected], found: Sequence[Cluster]) -> list[Group]:
    """The clusters with names; labels of `found` are those of `rows`."""
    words = {row.label: row.keywords for row in rows}
    titles = {row.label: row.view.title for row in rows}
    return [
        Group(f"主题 {place}", theme(one.members, words, titles), one.members, one.cohesion)
        for place, one in enumerate(found, start=1)
    ]


def annex_of(
    rows: Sequence[Collected], groups: Sequence[Group], supply: Supply | None, *, is_public: bool
) -> Annex:
    """Every sheet of the report. A public one says nothing of rounds, nor of how well forms were filled in."""
    annex = Annex()
    group_of = {label: group.name for group in groups for label in group.members}
    _add_needs(annex, rows, group_of, is_public=is_public)
    annex.add(
        WORDS,
        ("关键词", "编号", "名称"),
        [
            {"关键词": word, "编号": row.label, "名称": row.view.title}
            for row in rows
            for word in row.keywords
        ],
        (24, 8, 60),
    )
    _add_groups(annex, rows, groups)
    if not is_public:
        annex.add(
            LACKS,
            ("缺项", "编号", "名称", "需求单位"),
            [
                {"缺项": gap, "编号": row.label, "名称": row.view.title, "需求单位": row.organization}
                for row in rows
                for gap in row.gaps
            ],
            (16, 8, 60, 30),
        )
    if supply is not None and not is_public:
        _add_supply(annex, rows, group_of, supply)
        _add_teams(annex, rows, supply)
    return annex


def _add_needs(annex: Annex, rows: Sequence[Collected], group_of: dict[str, str], *, is_public: bool) -> None:
    districts = without_common_parts([row.district for row in rows])
    lines: list[dict[str, Cell]] = []
    for row in rows:
        view = row.view
        line: dict[str, Cell] = {
            "编号": row.label,
            "赛题编号": row.number,
            "名称": view.title,
            "需求单位": row.organization,
            "办理状态": view.status.label,
            "所属领域": view.field.label if view.field else NOT_STATED,
            "应用行业": row.industry,
            "所在地区": districts[row.district],
            BUDGET: view.budget_wan,
            "资金档次": row.budget_class,
            "现有成熟度": _level(view.trl_now),
            "目标成熟度": _level(view.trl_wanted),
            "合作方式": view.cooperation.label if view.cooperation else NOT_STATED,
            "主题组": group_of.get(row.label, ALONE),
            "完整度": round(row.completeness, 4),
            "描述质量": row.quality,
            "系统编号": str(row.id),
        }
        lines.append(line)
    own = () if is_public else ("完整度", "描述质量")
    headers = (*_NEED_HEADERS, *own, "系统编号")
    annex.add(NEEDS, headers, lines, (8, 9, 48, 30, 11, 16, 26, 18, 14, 14, 11, 11, 11, 10))


def _level(trl: int | None) -> str:
    return NOT_STATED if trl is None else f"{trl} 级"


def _add_groups(annex: Annex, rows: Sequence[Collected], groups: Sequence[Group]) -> None:
    by_label = {row.label: row for row in rows}
    lines: list[dict[str, Cell]] = [
        {
            "主题组": group.name,
            "主题": "、".join(group.words),
            "平均相似度": round(group.cohesion, 4),
            "代表性次序": place,
            "编号": label,
            "名称": by_label[label].view.title,
            "需求单位": by_label[label].organization,
        }
        for group in groups
        for place, label in enumerate(group.members, start=1)
    ]
    headers = ("主题组", "主题", "平均相似度", "代表性次序", "编号", "名称", "需求单位")
    annex.add(GROUPS, headers, lines, (10, 30, 11, 11, 8, 60, 30))


def _add_supply(annex: Annex, rows: Sequence[Collected], group_of: dict[str, str], supply: Supply) -> None:
    lines: list[dict[str, Cell]] = []
    for row in rows:
        if row.id not in supply.requirement_ids:
            continue
        adequate, result = supply.adequate(row.id), supply.results.get(row.id)
        best = max((one.probability for one in supply.candidates.get(row.id, [])), default=None)
        assigned = [one for one in supply.recommended(row.id) if one.role is CandidateRole.ASSIGNED]
        lines.append(
            {
                "编号": row.label,
                "名称": row.view.title,
                "主题组": group_of.get(row.label, ALONE),
                "结论": SERVED if adequate else UNSERVED,
                "合格团队数": len(adequate),
                "最高可用概率": None if best is None else round(best, 4),
                "安排团队数": len(assigned),
                "未安排原因": result.unserved.label if result and result.unserved else None,
            }
        )
    headers = ("编号", "名称", "主题组", "结论", "合格团队数", "最高可用概率", "安排团队数", "未安排原因")
    annex.add(FOUND, headers, lines, (8, 60, 10, 12, 11, 13, 11, 36))


def _add_teams(annex: Annex, rows: Sequence[Collected], supply: Supply) -> None:
    pairs = [(row, one) for row in rows for one in supply.adequate(row.id)]
    solvers = {one.solver_id: one.solver for _, one in pairs}
    order = sorted(solvers, key=lambda key: (team_name(solvers[key]), str(key)))
    labels = {key: f"T{place:03d}" for place, key in enumerate(order, start=1)}
    annex.add(
        ABLE,
        ("团队编号", "团队", "编号", "名称", "等级", "可用概率", "本轮安排"),
        [
            {
                "团队编号": labels[one.solver_id],
                "团队": team_name(one.solver),
                "编号": row.label,
                "名称": row.view.title,
                "等级": one.grade,
                "可用概率": round(one.probability, 4),
                "本轮安排": one.role.label,
            }
            for row, one in pairs
        ],
        (9, 36, 8, 60, 7, 11, 11),
    )
    lines: list[dict[str, Cell]] = []
    for key in order:
        team = supply.teams.get(key)
        capacity = team.capacity if team is not None else solvers[key].capacity
        lines.append(
            {
                "团队编号": labels[key],
                "团队": team_name(solvers[key]),
                "类别": solvers[key].kind.label,
                "地区": solvers[key].region,
                "可承接数": capacity,
                "本轮已安排": team.assigned if team is not None else 0,
            }
        )
    headers = ("团队编号", "团队", "类别", "地区", "可承接数", "本轮已安排")
    annex.add(TEAMS, headers, lines, (9, 40, 12, 24, 10, 11))
