"""Draws the published round: requirements with their best candidates, and the coverage of answers."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from app.auth.actor import SYSTEM
from app.demo.load import ACCOUNTS, CHALLENGE_NAME, PASSWORD
from app.kit.clock import now
from app.matches import repository
from app.models.matching import Candidate, MatchRound
from app.models.requirement import Requirement
from app.responses.coverage import Coverage, Figure, measure

SHOWN_CANDIDATES = 3
GRADE_STYLES = {"A": "bold green", "B": "green", "C": "yellow", "D": "dim"}


def round_table(session: Session, round_id: uuid.UUID, *, only: Collection[str] = ()) -> Table:
    """A block per requirement: its three best solvers with score, calibrated grade, a line of evidence.

    `only` narrows the table to these external ids.
    """
    found = session.get_one(MatchRound, round_id)
    candidates = repository.all_candidates(session, round_id)
    table = Table(title=f"{CHALLENGE_NAME}：匹配结果", show_lines=False, expand=True, pad_edge=False)
    table.add_column("技术需求", ratio=5, overflow="fold")
    table.add_column("候选解决方", ratio=4, overflow="fold")
    table.add_column("得分", justify="right", no_wrap=True)
    table.add_column("等级", justify="center", no_wrap=True)
    table.add_column("依据", ratio=9, overflow="ellipsis", no_wrap=True)
    for key in found.requirement_ids:
        requirement = session.get_one(Requirement, uuid.UUID(key))
        if only and requirement.external_id not in only:
            continue
        best = candidates.get(requirement.id, [])[:SHOWN_CANDIDATES]
        for position, candidate in enumerate(best):
            title = f"{requirement.external_id} {requirement.title}" if position == 0 else ""
            table.add_row(title, *_cells(candidate), end_section=position == len(best) - 1)
        if not best:
            table.add_row(
                f"{requirement.external_id} {requirement.title}",
                "—",
                "",
                "",
                "未检索到候选",
                end_section=True,
            )
    return table


def _cells(candidate: Candidate) -> tuple[str, str, str, str]:
    style = GRADE_STYLES[candidate.grade]
    return (
        candidate.solver.name,
        f"{candidate.score:.2f}",
        f"[{style}]{candidate.grade}[/] {candidate.probability:.0%}",
        candidate.summary,
    )


def print_round(console: Console, session: Session, round_id: uuid.UUID) -> None:
    """The table, the legend and the coverage."""
    found = session.get_one(MatchRound, round_id)
    console.print(round_table(session, round_id))
    console.print(
        f"检索 {found.searched_achievements} 项成果、{found.searched_solvers} 个解决方；"
        "等级 A–D 后为“合适”（人工评级 ≥ 3）的校准概率。",
        style="dim",
    )
    coverage = measure(session, actor=SYSTEM, at=now(), challenge_id=found.challenge_id)
    console.print(coverage_table(coverage))


def coverage_table(coverage: Coverage) -> Table:
    """The figures of the answer ledger in one line."""
    table = Table(title="反馈台账")
    for figure in Figure:
        table.add_column(figure.label, justify="right")
    table.add_column(
        "反馈覆盖率", justify="right", style="bold green" if coverage.coverage == 1 else "bold red"
    )
    table.add_row(*(str(coverage.counts[figure]) for figure in Figure), f"{coverage.coverage:.0%}")
    return table


def print_accounts(console: Console) -> None:
    """Who can sign in, and with which password."""
    table = Table(title=f"演示账号（密码均为 {PASSWORD}）")
    table.add_column("角色")
    table.add_column("邮箱")
    for account in ACCOUNTS:
        table.add_row(account.role.label, account.email)
    console.print(table)
