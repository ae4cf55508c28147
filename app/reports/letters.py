"""Answer letters (需求答复函): everything a seeker was answered on a requirement, as a letter to its unit."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.documents.model import Block, Document, Heading, PageBreak, Paragraph
from app.kit.clock import beijing_time, in_shanghai
from app.models.challenge import ChallengeEntry
from app.models.ledger import Obligation, Response
from app.models.requirement import Requirement
from app.reports.made import Made, Order, Tell
from app.requirements import repository as requirements

CHUNK = 500


def make(session: Session, order: Order, tell: Tell) -> Made:
    """A letter for every requirement submitted to the challenge, each on a page of its own."""
    entered = select(ChallengeEntry.requirement_id).where(ChallengeEntry.challenge_id == order.challenge.id)
    statement = requirements.visible_to(order.actor).where(
        Requirement.id.in_(entered), Requirement.submitted_at.is_not(None)
    )
    rows = sorted(session.scalars(statement), key=lambda row: (row.organization.name, str(row.id)))
    letters = letters_to(session, rows, issuer=order.issuer, as_of=order.as_of)
    blocks: list[Block] = []
    for place, (row, letter) in enumerate(zip(rows, letters, strict=True), start=1):
        blocks += [PageBreak()] if place > 1 else []
        blocks += [Heading(f"{_title(row)}（{row.organization.name}）"), *letter]
        tell(place, len(rows))
    if not rows:
        blocks.append(Paragraph(f"{order.challenge.name}还没有提交的需求。"))
    return Made(
        Document(
            title="技术需求答复函",
            subtitle=order.challenge.name,
            issuer=order.issuer,
            as_of=order.as_of,
            blocks=blocks,
            is_numbered=False,
        )
    )


def letter_of(session: Session, requirement: Requirement, *, issuer: str, as_of: datetime) -> Made:
    """The letter on one requirement."""
    letter = letters_to(session, [requirement], issuer=issuer, as_of=as_of)[0]
    blocks = [Paragraph(_title(requirement), "title"), *letter]
    return Made(
        Document(
            title="技术需求答复函",
            issuer=issuer,
            as_of=as_of,
            blocks=blocks,
            has_cover=False,
            is_numbered=False,
        )
    )


def letters_to(
    session: Session, rows: Sequence[Requirement], *, issuer: str, as_of: datetime
) -> list[list[Block]]:
    """The letters without their titles, in the order of the requirements, which come with their organizations."""
    answers = answers_to(session, [row.id for row in rows])
    owed = owed_on(session, [row.id for row in rows])
    return [
        list(_letter(row, answers.get(row.id, []), owed.get(row.id), issuer=issuer, as_of=as_of))
        for row in rows
    ]


def _letter(
    row: Requirement, answers: Sequence[Response], owed: Obligation | None, *, issuer: str, as_of: datetime
) -> Iterator[Block]:
    yield Paragraph(f"{row.organization.name}：", "plain")
    submitted = f"于 {_day(row.submitted_at)} " if row.submitted_at else ""
    yield Paragraph(
        f"贵单位{submitted}提交的技术需求“{row.title}”（系统编号 {row.external_id or row.id}）"
        f"目前状态为“{row.status.label}”。现将办理情况答复如下。"
    )
    if not answers:
        yield Paragraph("该需求已收到，正在办理，尚无书面答复。")
    for place, answer in enumerate(answers, start=1):
        yield Paragraph(f"{place}. {beijing_time(answer.created_at)[:16]}　{answer.kind.label}", "lead")
        yield Paragraph(answer.text)
    if owed is not None:
        by = f"将于 {_day(owed.due_at)} 前答复" if owed.due_at else "待贵单位补充后继续办理"
        yield Paragraph(f"下一步为“{owed.kind.label}”，{by}。")
    else:
        yield Paragraph("该需求的答复事项已全部办结。如有异议，请直接与我们联系。")
    yield Paragraph(f"{issuer}\n{_day(as_of)}", "right")


def answers_to(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Response]]:
    """The answers to requirements, oldest first, by requirement."""
    found: dict[uuid.UUID, list[Response]] = {}
    for start in range(0, len(ids), CHUNK):
        statement = select(Response).where(Response.requirement_id.in_(ids[start : start + CHUNK]))
        for row in session.scalars(statement.order_by(Response.created_at, Response.id)):
            found.setdefault(row.requirement_id, []).append(row)
    return found


def owed_on(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Obligation]:
    """The answer that is owed on each requirement that has one open."""
    found: dict[uuid.UUID, Obligation] = {}
    for start in range(0, len(ids), CHUNK):
        statement = select(Obligation).where(
            Obligation.requirement_id.in_(ids[start : start + CHUNK]), Obligation.closed_at.is_(None)
        )
        found |= {row.requirement_id: row for row in session.scalars(statement)}
    return found


def _title(row: Requirement) -> str:
    return f"关于“{row.title}”的答复函"


def _day(instant: datetime | None) -> str:
    return f"{in_shanghai(instant):%Y 年 %-m 月 %-d 日}" if instant else ""
