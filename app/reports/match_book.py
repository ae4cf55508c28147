"""The match book (对接手册): per problem its teams with evidence, per team its problems, and the dates."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.documents.model import (
    INTERNAL,
    Block,
    Bullets,
    Cell,
    Document,
    Heading,
    Paragraph,
    Sheet,
    Table,
)
from app.kit.clock import beijing_time
from app.models.challenge import Challenge
from app.models.matching import Candidate, RoundStatus
from app.models.stage import ChallengeStage
from app.reports.collected import NOT_STATED, Collected, collect
from app.reports.made import Made, Order, Tell
from app.reports.supply import Supply, supply_of, team_name

EVIDENCE = 3
"""So many pieces of evidence stand beside a team; the strongest come first."""
HEADERS = (
    "编号", "赛题编号", "需求", "需求单位", "安排", "次序", "团队", "类别", "等级", "可用概率",
    "代表成果", "证据", "须人工核实", "团队联系人", "团队电话", "团队邮箱",
)  # fmt: skip


def make(session: Session, order: Order, tell: Tell) -> Made:
    """The book of the last round: published, else draft, which it then says."""
    rows = collect(session, order.actor, order.challenge, is_public=False, tell=tell)
    supply = supply_of(session, order.challenge, [row.id for row in rows])
    matched = [row for row in rows if supply is not None and row.id in supply.requirement_ids]
    stages = _stages(session, order.challenge)
    document = Document(
        title="供需对接手册",
        subtitle=order.challenge.name,
        issuer=order.issuer,
        as_of=order.as_of,
        blocks=list(_blocks(order, supply, matched, stages)),
        marking=INTERNAL,
        is_numbered=False,
    )
    lines = [] if supply is None else list(_lines(supply, matched))
    return Made(
        document, [Sheet("对接安排", HEADERS, lines, (7, 9, 44, 28, 9, 7, 32, 11, 7, 10, 44, 60, 36))]
    )


def _blocks(
    order: Order, supply: Supply | None, rows: Sequence[Collected], stages: Sequence[tuple[str, str, str]]
) -> Iterator[Block]:
    yield Heading("说明")
    if supply is None:
        yield Paragraph(f"{order.challenge.name}还没有算出匹配轮次，对接安排待匹配后编印。")
        return
    state = "已发布" if supply.found.status is RoundStatus.PUBLISHED else "尚未发布，仅供内部核对"
    pairs = sum(len(supply.recommended(row.id)) for row in rows)
    yield Paragraph(
        f"本手册依据 {beijing_time(supply.found.created_at)} 的匹配轮次（{state}）编制，"
        f"收入需求 {len(rows)} 项、拟对接与备选组合 {pairs} 个。等级 A～D 与可用概率由系统按已有评审意见校准，"
        "证据为需求与成果中相互对应的词句，须由双方在对接中核实。"
    )
    if stages:
        yield Heading("时间安排")
        yield Table("赛事阶段（北京时间）", ("阶段", "开始", "截止"), stages, (2, 3, 3))
    yield Heading("按需求查团队")
    for row in rows:
        yield from _need(row, supply)
    yield Heading("按团队查需求")
    yield from _teams(supply, rows)


def _need(row: Collected, supply: Supply) -> Iterator[Block]:
    view = row.view
    number = f"赛题 {row.number} 号" if row.number is not None else "未编号"
    yield Heading(f"{row.label}  {view.title}", 2)
    contact = "，".join(part for part in (view.contact, view.phone, view.email) if part) or NOT_STATED
    yield Paragraph(f"{number}　{row.organization}　联系方式：{contact}", "plain")
    found = supply.recommended(row.id)
    if not found:
        result = supply.results.get(row.id)
        reason = result.unserved.label if result and result.unserved else "本轮未安排"
        yield Paragraph(f"没有安排团队：{reason}。")
        return
    yield Table(
        "",
        ("安排", "团队", "类别", "等级", "可用概率", "代表成果"),
        [
            (
                one.role.label,
                team_name(one.solver),
                one.solver.kind.label,
                one.grade,
                f"{one.probability:.0%}",
                one.achievement.title if one.achievement else "—",
            )
            for one in found
        ],
        (1.1, 3.2, 1.3, 0.8, 1.2, 4),
        numeric=frozenset({4}),
    )
    yield Bullets([f"{team_name(one.solver)}：{_evidence(one)}" for one in found])


def _evidence(one: Candidate) -> str:
    meeting = "；".join(
        f"“{item['requirement']}”对应“{item['achievement']}”" for item in one.evidence[:EVIDENCE]
    )
    unclear = _to_check(one)
    told = meeting or one.summary or "没有可引的词句"
    return f"{told}。" + (f"须人工核实：{unclear}。" if unclear else "")


def _to_check(one: Candidate) -> str:
    return "；".join(
        str(gate.get("text") or gate.get("label")) for gate in one.gates if gate.get("passed") is None
    )


def _teams(supply: Supply, rows: Sequence[Collected]) -> Iterator[Block]:
    by_team: dict[uuid.UUID, list[tuple[Collected, Candidate]]] = {}
    for row in rows:
        for one in supply.recommended(row.id):
            by_team.setdefault(one.solver_id, []).append((row, one))
    if not by_team:
        yield Paragraph("本轮没有安排团队。")
    order = sorted(by_team, key=lambda key: (team_name(by_team[key][0][1].solver), str(key)))
    for key in order:
        pairs = by_team[key]
        solver = pairs[0][1].solver
        yield Heading(team_name(solver), 2)
        contact = "，".join(part for part in (solver.contact, solver.phone, solver.email) if part)
        yield Paragraph(
            f"{solver.kind.label}　{solver.region.replace('/', '') or '地区未填写'}　"
            f"可承接 {solver.capacity} 项　联系方式：{contact or NOT_STATED}",
            "plain",
        )
        yield Table(
            "",
            ("编号", "需求", "需求单位", "安排", "等级", "代表成果"),
            [
                (
                    row.label,
                    row.view.title,
                    row.organization,
                    one.role.label,
                    one.grade,
                    one.achievement.title if one.achievement else "—",
                )
                for row, one in pairs
            ],
            (0.9, 3.6, 2.8, 1.1, 0.8, 3.2),
        )


def _lines(supply: Supply, rows: Sequence[Collected]) -> Iterator[tuple[Cell, ...]]:
    for row in rows:
        for one in supply.recommended(row.id):
            yield (
                row.label,
                row.number,
                row.view.title,
                row.organization,
                one.role.label,
                one.place,
                team_name(one.solver),
                one.solver.kind.label,
                one.grade,
                round(one.probability, 4),
                one.achievement.title if one.achievement else None,
                "；".join(f"{item['requirement']} ↔ {item['achievement']}" for item in one.evidence),
                _to_check(one),
                one.solver.contact,
                one.solver.phone,
                one.solver.email,
            )


def _stages(session: Session, challenge: Challenge) -> list[tuple[str, str, str]]:
    statement = select(ChallengeStage).where(ChallengeStage.challenge_id == challenge.id)
    return [
        (stage.kind.label, beijing_time(stage.opens_at), beijing_time(stage.closes_at))
        for stage in session.scalars(statement.order_by(ChallengeStage.opens_at, ChallengeStage.kind))
    ]
