"""The chapter on supply: how well each cluster is served, what nobody can solve, and which teams are wanted most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.documents.model import Bar, Bars, Block, Heading, Paragraph, Table
from app.kit.clock import beijing_time
from app.models.matching import RoundStatus
from app.reports.analysis_rows import ABLE, ALONE, FOUND, SERVED, TEAMS, UNSERVED, Group
from app.reports.annex import Annex, share, shown_number
from app.reports.recommending import cited
from app.reports.supply import Supply

TEAMS_SHOWN = 15


def chapter(annex: Annex, supply: Supply | None, groups: Sequence[Group]) -> Iterator[Block]:
    """The chapter. Without a round it says so."""
    yield Heading("供给情况")
    if supply is None:
        yield Paragraph("本赛事还没有算出匹配轮次，供给情况待匹配后补充。")
        return
    found = supply.found
    state = "已发布" if found.status is RoundStatus.PUBLISHED else "尚未发布（草案）"
    yield Paragraph(
        f"以下依据 {beijing_time(found.created_at)} 的匹配轮次（{state}）：检索科技成果 "
        f"{found.searched_achievements} 项、解决方 {found.searched_solvers} 个，每项需求保留前 {found.top} 个候选。"
        "“合格”指系统判定评审认为可用的把握足够、且没有回避和硬性条件冲突的团队。"
    )
    searched = annex.count("参加匹配的需求", FOUND)
    served = annex.count("有合格团队的需求", FOUND, {"结论": SERVED})
    unserved = annex.count("无合格团队的需求", FOUND, {"结论": UNSERVED})
    yield Paragraph(
        f"参加匹配 {cited(searched)}，有合格团队 {cited(served)}，占 {share(served.value, searched.value)}；"
        f"没有合格团队 {cited(unserved)}。"
    )
    yield from _by_group(annex, groups)
    yield from _gaps(annex)
    yield from _wanted(annex)


def _by_group(annex: Annex, groups: Sequence[Group]) -> Iterator[Block]:
    names = [(group.name, "、".join(group.words)) for group in groups]
    lines = []
    for name, words in [*names, (ALONE, "")]:
        where = {"主题组": name}
        rows = annex.rows(FOUND, where)
        if not rows:
            continue
        served = annex.count(f"{name}有合格团队的需求", FOUND, {**where, "结论": SERVED})
        able = annex.total(f"{name}合格团队人次", FOUND, "合格团队数", where, unit="次")
        lines.append(
            (
                name,
                words,
                str(len(rows)),
                shown_number(served.value),
                share(served.value, len(rows)),
                f"{int(able.value) / len(rows):.1f}",
                served.code,
            )
        )
    if lines:
        yield Heading("各主题组的供给", 2)
        yield Table(
            "各主题组的供给",
            ("组号", "主题", "参加匹配（项）", "有合格团队（项）", "占比", "平均合格团队", "附表编号"),
            lines,
            (1.4, 3.8, 1.5, 1.6, 1.2, 1.4, 1.3),
            numeric=frozenset({2, 3, 4, 5}),
        )


def _gaps(annex: Annex) -> Iterator[Block]:
    rows = annex.rows(FOUND, {"结论": UNSERVED})
    if not rows:
        return
    yield Heading("供给缺口", 2)
    yield Table(
        "没有合格团队的需求",
        ("编号", "名称", "主题组", "最高可用概率", "原因"),
        [
            (
                str(row["编号"]),
                str(row["名称"]),
                str(row["主题组"]),
                "—" if row["最高可用概率"] is None else f"{row['最高可用概率']:.2f}",
                str(row["未安排原因"] or "—"),
            )
            for row in rows
        ],
        (1, 4.4, 1.3, 1.5, 3.2),
        numeric=frozenset({3}),
    )


def _wanted(annex: Annex) -> Iterator[Block]:
    demand: dict[str, int] = {}
    for row in annex.rows(ABLE):
        demand[str(row["团队编号"])] = demand.get(str(row["团队编号"]), 0) + 1
    rows = sorted(annex.rows(TEAMS), key=lambda row: (-demand[str(row["团队编号"])], str(row["团队编号"])))
    if not rows:
        return
    shown = rows[:TEAMS_SHOWN]
    figures = [
        annex.count(f"{row['团队']}（{row['团队编号']}）合格的需求", ABLE, {"团队编号": row["团队编号"]})
        for row in shown
    ]
    yield Heading("需求最集中的团队", 2)
    yield Bars(
        f"合格需求最多的团队（前 {len(shown)} 支）",
        [
            Bar(str(row["团队"]), float(one.value), f"{one.value} 项")
            for row, one in zip(shown, figures, strict=True)
        ],
    )
    yield Table(
        "需求最集中的团队",
        ("团队", "类别", "合格需求（项）", "可承接（项）", "本轮已安排（项）", "附表编号"),
        [
            (
                str(row["团队"]),
                str(row["类别"]),
                shown_number(one.value),
                str(row["可承接数"]),
                str(row["本轮已安排"]),
                one.code,
            )
            for row, one in zip(shown, figures, strict=True)
        ],
        (4, 1.5, 1.5, 1.4, 1.7, 1.4),
        numeric=frozenset({2, 3, 4}),
        note=f"全部团队见附表“{TEAMS}”，逐项见附表“{ABLE}”。",
    )
