"""The ledger extract (反馈台账摘录): per requirement what was answered, what is owed, and by when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.documents.model import INTERNAL, Block, Cell, Document, Heading, Paragraph, Table
from app.kit.clock import beijing_time
from app.models.challenge import ChallengeEntry
from app.models.requirement import Requirement
from app.reports.annex import Annex, Figure, share, shown_number
from app.reports.letters import answers_to, owed_on
from app.reports.made import Made, Order, Tell
from app.reports.recommending import cited
from app.requirements import repository as requirements

LEDGER, ANSWERS = "台账", "答复明细"
OVERDUE, OPEN, DONE = "逾期未答复", "待答复（未逾期）", "无待办答复"
HEADERS = (
    "编号", "需求", "需求单位", "办理状态", "提交时间", "答复次数", "最近答复", "最近答复时间",
    "待办事项", "承诺时限", "答复情况", "系统编号",
)  # fmt: skip
ANSWER_HEADERS = ("编号", "需求", "时间", "类型", "答复内容")


def make(session: Session, order: Order, tell: Tell) -> Made:
    """The ledger of all that was submitted to the challenge, at the instant of the report."""
    entered = select(ChallengeEntry.requirement_id).where(ChallengeEntry.challenge_id == order.challenge.id)
    statement = requirements.visible_to(order.actor).where(
        Requirement.id.in_(entered), Requirement.submitted_at.is_not(None)
    )
    rows = list(session.scalars(statement.order_by(Requirement.submitted_at, Requirement.id)))
    annex = _annex(session, order, rows)
    tell(len(rows), len(rows))
    document = Document(
        title="反馈台账摘录",
        subtitle=order.challenge.name,
        issuer=order.issuer,
        as_of=order.as_of,
        blocks=list(_blocks(order, annex)),
        marking=INTERNAL,
        is_landscape=True,
    )
    return Made(document, annex.sheets())


def _annex(session: Session, order: Order, rows: Sequence[Requirement]) -> Annex:
    ids = [row.id for row in rows]
    answers, owed = answers_to(session, ids), owed_on(session, ids)
    lines: list[dict[str, Cell]] = []
    told: list[dict[str, Cell]] = []
    for place, row in enumerate(rows, start=1):
        label, got, obligation = f"{place:03d}", answers.get(row.id, []), owed.get(row.id)
        due = obligation.due_at if obligation else None
        state = DONE if obligation is None else OVERDUE if due is not None and due <= order.as_of else OPEN
        lines.append(
            {
                "编号": label,
                "需求": row.title,
                "需求单位": row.organization.name,
                "办理状态": row.status.label,
                "提交时间": beijing_time(row.submitted_at) if row.submitted_at else None,
                "答复次数": len(got),
                "最近答复": got[-1].kind.label if got else None,
                "最近答复时间": beijing_time(got[-1].created_at) if got else None,
                "待办事项": obligation.kind.label if obligation else None,
                "承诺时限": beijing_time(due) if due else None,
                "答复情况": state,
                "系统编号": str(row.id),
            }
        )
        told += [
            {
                "编号": label,
                "需求": row.title,
                "时间": beijing_time(answer.created_at),
                "类型": answer.kind.label,
                "答复内容": answer.text,
            }
            for answer in got
        ]
    annex = Annex()
    annex.add(LEDGER, HEADERS, lines, (7, 44, 28, 11, 19, 9, 14, 19, 14, 19, 16))
    annex.add(ANSWERS, ANSWER_HEADERS, told, (7, 44, 19, 14, 90))
    return annex


def _blocks(order: Order, annex: Annex) -> Iterator[Block]:
    submitted = annex.count("已提交的需求", LEDGER)
    figures: list[Figure] = [
        submitted,
        *(annex.count(state, LEDGER, {"答复情况": state}) for state in (OVERDUE, OPEN, DONE)),
        annex.count("答复", ANSWERS, unit="次"),
    ]
    answered = submitted.value - figures[1].value
    yield Heading("答复情况")
    yield Paragraph(
        f"截至 {beijing_time(order.as_of)}，{order.challenge.name}已提交需求 {cited(submitted)}，"
        f"到期答复均已给出的占 {share(answered, submitted.value)}，逾期未答复 {cited(figures[1])}。"
    )
    yield Table(
        "主要数字",
        ("指标", "数值", "单位", "附表编号"),
        [(one.label, shown_number(one.value), one.unit, one.code) for one in figures],
        (5, 2, 1.2, 1.6),
        numeric=frozenset({1}),
    )
    rows = annex.rows(LEDGER)
    if not rows:
        return
    yield Heading("台账")
    yield Table(
        "反馈台账",
        (
            "编号",
            "需求",
            "需求单位",
            "办理状态",
            "提交时间",
            "答复",
            "最近答复",
            "待办事项",
            "承诺时限",
            "情况",
        ),
        [
            (
                str(row["编号"]),
                str(row["需求"]),
                str(row["需求单位"]),
                str(row["办理状态"]),
                str(row["提交时间"] or "")[:10],
                str(row["答复次数"]),
                f"{row['最近答复'] or '—'}\n{str(row['最近答复时间'] or '')[:10]}".strip(),
                str(row["待办事项"] or "—"),
                str(row["承诺时限"] or "—")[:10],
                str(row["答复情况"]),
            )
            for row in rows
        ],
        (1, 5, 3.4, 1.5, 1.9, 0.9, 2, 2, 2.1, 1.9),
        numeric=frozenset({5}),
        note=f"每次答复的全文见附表“{ANSWERS}”。",
    )
