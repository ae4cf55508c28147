"""Papers on agreements: the summary of a challenge's agreements, and the certificate of a single one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from app.agreements import repository
from app.documents.model import (
    INTERNAL,
    Bar,
    Bars,
    Block,
    Cell,
    Document,
    Heading,
    Paragraph,
    Table,
)
from app.kit.clock import beijing_time
from app.models.agreement import STANDING_STATUSES, Agreement
from app.reports.annex import Annex, share, shown_number
from app.reports.collected import NOT_STATED
from app.reports.made import Made, Order, Tell
from app.reports.recommending import cited

DEALS, RECEIPTS, STEPS = "协议", "到账", "里程碑"
STANDING, ENDED = "计入签约", "不计入签约"
HEADERS = (
    "编号", "协议名称", "合同编号", "需求", "需求单位", "解决方", "其他各方", "合同类别", "所属领域", "状态", "口径",
    "合同金额（万元）", "已到账（万元）", "签订日期", "截止日期", "系统编号",
)  # fmt: skip


def make(session: Session, order: Order, tell: Tell) -> Made:
    """The summary: agreements with their money, by kind and field; terminated and cancelled ones do not count."""
    filters = repository.Filters(challenge_id=order.challenge.id)
    statement = repository.with_everything(repository.narrow(repository.visible_to(order.actor), filters))
    rows = list(session.scalars(statement.order_by(Agreement.signed_on, Agreement.id)))
    annex = _annex(rows)
    tell(len(rows), len(rows))
    document = Document(
        title="合作协议汇总",
        subtitle=order.challenge.name,
        issuer=order.issuer,
        as_of=order.as_of,
        blocks=list(_blocks(order, annex)),
        marking=INTERNAL,
        is_landscape=True,
    )
    return Made(document, annex.sheets())


def certificate_of(agreement: Agreement, *, issuer: str, as_of: datetime) -> Made:
    """What its parties can show: who agreed with whom on what, when and for how much."""
    challenge = agreement.challenge.name if agreement.challenge else "技术需求对接"
    others = f"、{'、'.join(agreement.other_parties)}" if agreement.other_parties else ""
    signed = f"{agreement.signed_on:%Y 年 %-m 月 %-d 日}" if agreement.signed_on else "尚未签署"
    facts = [
        ("协议名称", agreement.title),
        ("合同编号", agreement.number or NOT_STATED),
        ("技术需求", agreement.requirement.title),
        ("需求单位（甲方）", agreement.requirement.organization.name),
        ("解决方（乙方）", f"{agreement.solver.name}{others}"),
        ("合同类别", agreement.kind.label),
        ("合同金额", f"{shown_number(agreement.amount_wan)} 万元"),
        ("签订日期", signed),
        ("截止日期", f"{agreement.ends_on:%Y 年 %-m 月 %-d 日}" if agreement.ends_on else NOT_STATED),
        ("登记状态", agreement.status.label),
        ("登记编号", str(agreement.id)),
    ]
    blocks: list[Block] = [
        Paragraph("合作协议登记证明", "title"),
        Paragraph(
            f"兹证明，{agreement.requirement.organization.name}与{agreement.solver.name}{others}"
            f"就技术需求“{agreement.requirement.title}”在{challenge}中达成合作，协议登记情况如下："
        ),
        Table("", ("项目", "内容"), facts, (2, 6)),
        Paragraph(f"{issuer}\n{beijing_time(as_of)[:10]}", "right"),
        Paragraph("本证明依据系统登记出具，合同内容以双方签署的文本为准。", "note"),
    ]
    document = Document(
        title="合作协议登记证明",
        issuer=issuer,
        as_of=as_of,
        blocks=blocks,
        has_cover=False,
        is_numbered=False,
    )
    return Made(document)


def _annex(rows: Sequence[Agreement]) -> Annex:
    lines: list[dict[str, Cell]] = []
    receipts: list[dict[str, Cell]] = []
    steps: list[dict[str, Cell]] = []
    for place, row in enumerate(rows, start=1):
        label = f"{place:03d}"
        standing = STANDING if row.status in STANDING_STATUSES else ENDED
        paid = [payment for payment in row.payments if payment.voided_at is None]
        lines.append(
            {
                "编号": label,
                "协议名称": row.title,
                "合同编号": row.number,
                "需求": row.requirement.title,
                "需求单位": row.requirement.organization.name,
                "解决方": row.solver.name,
                "其他各方": "、".join(row.other_parties),
                "合同类别": row.kind.label,
                "所属领域": row.requirement.field.label if row.requirement.field else NOT_STATED,
                "状态": row.status.label,
                "口径": standing,
                "合同金额（万元）": row.amount_wan,
                "已到账（万元）": sum((payment.amount_wan for payment in paid), Decimal(0)),
                "签订日期": row.signed_on,
                "截止日期": row.ends_on,
                "系统编号": str(row.id),
            }
        )
        receipts += [
            {
                "编号": label,
                "协议名称": row.title,
                "到账日期": payment.received_on,
                "金额（万元）": payment.amount_wan,
                "备注": payment.note,
            }
            for payment in paid
        ]
        steps += [
            {
                "编号": label,
                "协议名称": row.title,
                "里程碑": step.title,
                "应达日期": step.due_on,
                "达成日期": step.reached_on,
                "付款（万元）": step.amount_wan,
            }
            for step in row.milestones
        ]
    annex = Annex()
    annex.add(DEALS, HEADERS, lines, (7, 36, 16, 36, 28, 28, 20, 11, 14, 10, 11, 14, 14, 12, 12))
    annex.add(
        RECEIPTS, ("编号", "协议名称", "到账日期", "金额（万元）", "备注"), receipts, (7, 36, 12, 14, 40)
    )
    headers = ("编号", "协议名称", "里程碑", "应达日期", "达成日期", "付款（万元）")
    annex.add(STEPS, headers, steps, (7, 36, 36, 12, 12, 14))
    return annex


def _blocks(order: Order, annex: Annex) -> Iterator[Block]:
    where: dict[str, Cell] = {"口径": STANDING}
    signed = annex.count("已签约协议", DEALS, where)
    amount = annex.total("合同金额合计", DEALS, "合同金额（万元）", where)
    paid = annex.total("已签约协议到账合计", DEALS, "已到账（万元）", where)
    settled = annex.total("全部协议到账合计", DEALS, "已到账（万元）")
    yield Heading("总体情况")
    yield Paragraph(
        f"截至 {beijing_time(order.as_of)}，{order.challenge.name}登记协议 {len(annex.rows(DEALS))} 份，"
        f"其中已签约（签署、履行中或已完成）{cited(signed)}，合同金额 {cited(amount)}；"
        f"已签约协议到账 {cited(paid)}，占合同金额 {share(paid.value, amount.value)}；"
        f"连同已终止的协议共到账 {cited(settled)}。"
    )
    if not annex.rows(DEALS):
        return
    for column in ("合同类别", "所属领域"):
        names = sorted({str(row[column]) for row in annex.rows(DEALS, where)})
        if not names:
            continue
        figures = [
            annex.total(f"{column}：{name}，合同金额", DEALS, "合同金额（万元）", {**where, column: name})
            for name in names
        ]
        bars = [
            Bar(name, float(one.value), f"{shown_number(one.value)} 万元〔{one.code}〕")
            for name, one in zip(names, figures, strict=True)
        ]
        yield Bars(f"按{column}的合同金额", bars)
    yield Heading("协议清单")
    yield Table(
        "协议清单",
        (
            "编号",
            "协议名称",
            "需求单位",
            "解决方",
            "类别",
            "金额（万元）",
            "到账（万元）",
            "签订日期",
            "状态",
        ),
        [
            (
                str(row["编号"]),
                str(row["协议名称"]),
                str(row["需求单位"]),
                str(row["解决方"]),
                str(row["合同类别"]),
                _money(row["合同金额（万元）"]),
                _money(row["已到账（万元）"]),
                str(row["签订日期"] or "—"),
                str(row["状态"]),
            )
            for row in annex.rows(DEALS)
        ],
        (1, 4.6, 3.4, 3.4, 1.5, 1.7, 1.7, 1.9, 1.4),
        numeric=frozenset({5, 6}),
    )


def _money(value: Cell) -> str:
    return shown_number(value) if isinstance(value, int | Decimal) else "—"
