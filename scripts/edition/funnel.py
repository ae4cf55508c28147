"""The funnel of an edition, read from the service and held against what the steps have seen."""

from __future__ import annotations

from decimal import Decimal

from rich.console import Console
from rich.table import Table

from edition.contracts import totals
from edition.plan import UNPUBLISHED
from edition.service import Row, check, check_equal
from edition.world import World

ROWS: tuple[tuple[str, str], ...] = (
    ("submitted", "提交的技术需求"),
    ("returned", "　退回补正"),
    ("put_right", "　　补正后重新提交"),
    ("rejected", "　不予受理"),
    ("refined", "　挖掘凝练"),
    ("published", "发布的赛题"),
    ("withdrawn", "　发布后撤回"),
    ("with_candidates", "　匹配到合适团队"),
    ("without_adequate", "　暂无合适团队"),
    ("invitations", "发出的邀约"),
    ("invitations_accepted", "　接受"),
    ("invitations_declined", "　谢绝"),
    ("invitations_expired", "　逾期未复"),
    ("invitations_cancelled", "　撤销"),
    ("alternates", "　其中递补"),
    ("proposals", "提交的方案"),
    ("proposals_selected", "　入选"),
    ("meetings_held", "对接会面"),
    ("finals", "现场赛路演"),
    ("agreements", "签订的协议"),
    ("amount_wan", "　合同金额（万元）"),
    ("agreements_paid", "　已到账的项目"),
    ("paid_wan", "　到账金额（万元）"),
    ("answers", "给需求方的答复"),
    ("interim_answers", "　其中阶段性答复"),
    ("acknowledged", "　需求方已确认"),
    ("reopened", "　要求重新答复"),
    ("proved", "办结证明的行数"),
    ("overdue_answers", "曾逾期的答复"),
    ("coverage_percent", "反馈覆盖率（%）"),
)
"""The table, top to bottom."""


def measure(world: World) -> dict[str, float]:
    """Every figure of the funnel. Raises `Unexpected` when one differs from what the steps did."""
    figures: dict[str, float] = dict(world.facts)
    coverage = world.coverage()
    figures["submitted"] = coverage["submitted"]
    figures["coverage_percent"] = coverage["coverage"] * 100
    count = world.organizer.total
    for status in ("accepted", "declined", "expired", "cancelled"):
        figures[f"invitations_{status}"] = count("/invitations", status=status)
    rows = list(world.organizer.every("/invitations"))
    figures["invitations"] = len(rows)
    figures["alternates"] = sum(row["instead_of_id"] is not None for row in rows)
    figures["rejected"] = count("/requirements", status="rejected", challenge_id=world.challenge_id)
    figures["proposals"] = sum(
        row["number"] > 0 and row["status"] != "withdrawn" for row in world.organizer.every("/proposals")
    )
    figures["proposals_selected"] = count("/proposals", status="selected")
    signed = totals(world)
    figures |= {"agreements": signed["signed"], "amount_wan": float(signed["amount_wan"])}
    figures |= {"agreements_paid": signed["paid"], "paid_wan": float(signed["paid_wan"])}
    figures["answers"] = prove(world)
    hold_against(world, figures)
    return figures


def prove(world: World) -> int:
    """Row by row: every seeker reads an answer to each of its problems. Returns how many answers there are."""
    answers = 0
    for problem in world.problems:
        found = problem.seeker.get(f"{problem.path}/responses")
        check(found["total"] > 0, f"the seeker of {problem.form['title']} reads no answer")
        check(all(row["text"].strip() for row in found["items"]), "an answer without words")
        answers += found["total"]
    return answers


def hold_against(world: World, figures: dict[str, float]) -> None:
    """The figures of the service are those of the steps, and nobody waits any more."""
    size, coverage = world.size, world.coverage()
    check_equal("problems handed in", figures["submitted"], size.requirements)
    check_equal("coverage", coverage["coverage"], 1.0)
    check_equal("overdue answers", coverage["overdue"], 0)
    check_equal("problems with an answer", coverage["responded"], size.requirements)
    check_equal("problems rejected", figures["rejected"], len(world.with_fate(*UNPUBLISHED)))
    check_equal("proposals", figures["proposals"], world.facts["proposals"])
    check_equal("proposals selected", figures["proposals_selected"], len(world.selected))
    check_equal("agreements", figures["agreements"], size.agreements)
    check_equal("amount in 万元", Decimal(str(figures["amount_wan"])), Decimal(size.amount_wan))
    check_equal("agreements with a payment", figures["agreements_paid"], size.paid)
    check_equal("paid in 万元", Decimal(str(figures["paid_wan"])), Decimal(size.paid_wan))
    replies = sum(figures[f"invitations_{name}"] for name in ("accepted", "declined", "expired", "cancelled"))
    check_equal("invitations that came to an end", replies, figures["invitations"])
    running = size.agreements - world.facts.get("completed", 0)
    check_equal("problems still followed", size.requirements - coverage["ended"], running)


def show(figures: dict[str, float], timing: Row) -> None:
    """Prints the funnel, and how long it took."""
    table = Table(title="赛事漏斗")
    table.add_column("阶段")
    table.add_column("数量", justify="right")
    for name, label in ROWS:
        table.add_row(label, f"{figures[name]:,.10g}")
    console = Console()
    console.print(table)
    console.print(
        f"{timing['requests']:,} 次请求，{timing['seconds']:.1f} s（模型：{timing['encoder']}）", style="dim"
    )
