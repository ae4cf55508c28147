"""Recommendations of the requirement analysis report: stated rules over its figures, nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.reports.analysis_rows import ABLE, BUDGET, FOUND, LACKS, NEEDS, SERVED, TEAMS, UNSERVED, Group
from app.reports.annex import Annex, Figure, shown_number

JOINT_NEEDS, JOINT_UNITS = 3, 2
"""Requirements and units of a cluster from which working on it together is worth proposing."""
POORLY_SERVED = Decimal("0.5")
"""Share of a cluster's requirements with an adequate team below which teams are to be sought for it."""
COMMON_GAP = Decimal("0.3")
"""Share of requirements that lack an item from which the item is to be asked for in general."""
NAMED = 8
"""So many names stand in one recommendation; the annex has all."""

RULES = {
    "R1": f"同一主题组有 {JOINT_NEEDS} 项以上需求且来自 {JOINT_UNITS} 家以上单位，建议联合攻关。",
    "R2": "同一主题组参加匹配的需求中，有合格团队的不足一半，建议定向引进该方向的团队。",
    "R3": "参加匹配而没有合格团队的需求，建议扩大检索、面向更大范围发布，并向企业提供技术情报。",
    "R4": "三成以上的需求缺少同一项内容，建议在征集表和辅导中专门说明该项。",
    "R5": "合格需求数超过可承接数的团队，建议提前协调名额并落实备选团队。",
}
"""Each rule in words, as the report prints it."""


@dataclass(frozen=True)
class Recommendation:
    """What to do, by which rule, with the figures that it follows from."""

    rule: str
    text: str
    figures: tuple[Figure, ...]


def recommend(annex: Annex, groups: Sequence[Group], *, has_round: bool) -> list[Recommendation]:
    """All recommendations, in the order of the rules. Figures are added to the annex."""
    found = list(_joint_work(annex, groups))
    if has_round:
        found += [*_teams_to_seek(annex, groups), *_wider_search(annex)]
    found += _common_gaps(annex)
    if has_round:
        found += _wanted_teams(annex)
    return found


def cited(figure: Figure) -> str:
    """The figure with its unit and its line in the annex: 12 项〔F003〕."""
    return f"{shown_number(figure.value)} {figure.unit}〔{figure.code}〕"


def _joint_work(annex: Annex, groups: Sequence[Group]) -> Iterator[Recommendation]:
    for group in groups:
        where = {"主题组": group.name}
        units = len({row["需求单位"] for row in annex.rows(NEEDS, where)})
        if len(group.members) < JOINT_NEEDS or units < JOINT_UNITS:
            continue
        figures = (
            annex.count(f"{group.name}需求数", NEEDS, where),
            annex.count(f"{group.name}需求单位数", NEEDS, where, distinct="需求单位", unit="家"),
            annex.total(f"{group.name}拟投入资金", NEEDS, BUDGET, where),
        )
        text = (
            f"{group.name}“{'、'.join(group.words)}”有需求 {cited(figures[0])}，来自单位 {cited(figures[1])}，"
            f"拟投入资金合计 {cited(figures[2])}，建议组织这些企业联合攻关或组建产业联盟。"
        )
        yield Recommendation("R1", text, figures)


def _teams_to_seek(annex: Annex, groups: Sequence[Group]) -> Iterator[Recommendation]:
    for group in groups:
        where = {"主题组": group.name}
        searched = len(annex.rows(FOUND, where))
        served = len(annex.rows(FOUND, {**where, "结论": SERVED}))
        if not searched or Decimal(served) / searched >= POORLY_SERVED:
            continue
        figures = (
            annex.count(f"{group.name}参加匹配的需求", FOUND, where),
            annex.count(f"{group.name}有合格团队的需求", FOUND, {**where, "结论": SERVED}),
        )
        text = (
            f"{group.name}“{'、'.join(group.words)}”参加匹配 {cited(figures[0])}，"
            f"有合格团队的 {cited(figures[1])}，建议定向引进该方向的高校院所和团队。"
        )
        yield Recommendation("R2", text, figures)


def _wider_search(annex: Annex) -> Iterator[Recommendation]:
    rows = annex.rows(FOUND, {"结论": UNSERVED})
    if not rows:
        return
    figures = (annex.count("参加匹配而无合格团队的需求", FOUND, {"结论": UNSERVED}),)
    names = "、".join(f"“{row['名称']}”（{row['编号']}）" for row in rows[:NAMED])
    more = "等" if len(rows) > NAMED else ""
    text = (
        f"没有合格团队的需求 {cited(figures[0])}：{names}{more}。"
        "建议扩大成果检索范围、面向更大范围发布，并先向企业提供相近成果和技术情报。"
    )
    yield Recommendation("R3", text, figures)


def _common_gaps(annex: Annex) -> Iterator[Recommendation]:
    whole = len(annex.rows(NEEDS))
    counts: dict[str, int] = {}
    for row in annex.rows(LACKS):
        counts[str(row["缺项"])] = counts.get(str(row["缺项"]), 0) + 1
    for gap in sorted(counts, key=lambda name: (-counts[name], name)):
        if Decimal(counts[gap]) / whole < COMMON_GAP:
            return
        figures = (annex.count(f"缺“{gap}”的需求", LACKS, {"缺项": gap}),)
        text = f"“{gap}”不完整的需求 {cited(figures[0])}，建议在征集表中举例说明，并在辅导时逐项核对。"
        yield Recommendation("R4", text, figures)


def _wanted_teams(annex: Annex) -> Iterator[Recommendation]:
    demand: dict[str, int] = {}
    for row in annex.rows(ABLE):
        demand[str(row["团队编号"])] = demand.get(str(row["团队编号"]), 0) + 1
    teams = [row for row in annex.rows(TEAMS) if demand[str(row["团队编号"])] > _whole(row["可承接数"])]
    if not teams:
        return
    teams.sort(key=lambda row: (-demand[str(row["团队编号"])], str(row["团队编号"])))
    figures = tuple(
        annex.count(f"{row['团队']}合格的需求", ABLE, {"团队编号": row["团队编号"]}) for row in teams[:NAMED]
    )
    told = "；".join(
        f"{row['团队']}合格 {cited(figure)}，可承接 {row['可承接数']} 项"
        for row, figure in zip(teams, figures, strict=False)
    )
    more = f"等 {len(teams)} 支团队" if len(teams) > NAMED else ""
    yield Recommendation("R5", f"{told}{more}。建议提前协调名额，并为相关需求落实备选团队。", figures)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
