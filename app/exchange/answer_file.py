"""Bulk answers as a table: a workbook of what is owed to fill in, and the filled one, given whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.documents.model import Sheet
from app.documents.workbook import workbook_of
from app.errors import FieldError, InvalidInput
from app.exchange.small_tables import SmallRow, at_row, read_small
from app.kit.clock import in_shanghai, now
from app.ledger import obligations
from app.models.ledger import Obligation
from app.models.requirement import Requirement
from app.requirements import repository as requirements
from app.responses.bulk import Given, Outcome, answer_many
from app.responses.schemas import MOST_AT_ONCE

TITLE = "批量答复"
HEADERS = ("系统编号", "需求编号", "技术需求名称", "需求单位", "应答复", "期限", "答复内容")
WIDTHS = (38, 16, 40, 28, 14, 18, 60)
HELP = (
    "每行一项待答复的需求，只填“答复内容”一列；留空的行不会答复。",
    "行可以删除，列的顺序可以调整，表头文字和“系统编号”（或“需求编号”）请保留。",
    f"一次最多 {MOST_AT_ONCE} 行。有一行不正确，整份文件都不会答复。",
    "答复后需求方立即可见，不能撤回；需要更正时请再答复一次。",
)


def template(session: Session, actor: Actor, *, challenge_id: uuid.UUID | None = None) -> bytes:
    """The workbook of what is owed now on the requirements that are the actor's to handle, earliest day first."""
    mine = requirements.visible_to(actor).where(requirements.concerning(actor))
    owed = obligations.owed(mine, obligations.Filters(challenge_id=challenge_id))
    rows = list(session.scalars(owed.order_by(Obligation.due_at.is_(None), Obligation.due_at, Obligation.id)))
    found = {
        row.id: row
        for row in session.scalars(
            mine.where(Requirement.id.in_(owed.with_only_columns(Obligation.requirement_id)))
        ).unique()
    }
    table = [_line(found[row.requirement_id], row) for row in rows[:MOST_AT_ONCE]]
    sheets = [
        Sheet(TITLE, HEADERS, table, WIDTHS),
        Sheet("填写说明", ("填写说明",), [(text,) for text in HELP], (90,)),
    ]
    return workbook_of(sheets, title=TITLE, issuer="", as_of=now())


def _line(requirement: Requirement, owed: Obligation) -> tuple[str, ...]:
    return (
        str(requirement.id),
        requirement.external_id or "",
        requirement.title,
        requirement.organization.name,
        owed.kind.label,
        f"{in_shanghai(owed.due_at):%Y-%m-%d %H:%M}" if owed.due_at else "",
        "",
    )


def give(session: Session, actor: Actor, *, filename: str, content: bytes, max_mb: int) -> list[Outcome]:
    """Answers every row that has words. Raises a `FileError`, and `InvalidInput` naming each bad row.

    Nothing may be committed after it raised: rows before a bad one are answered in the session by then.
    """
    rows = read_small("answers", filename=filename, content=content, max_mb=max_mb, most_rows=MOST_AT_ONCE)
    filled = [row for row in rows if row.errors or row.values.get("text")]
    if not filled:
        raise InvalidInput(
            fields=(FieldError("file", "no_answers", "文件里没有填写任何答复", "No row holds an answer"),)
        )
    given, errors = _addressed(session, actor, filled)
    outcomes = answer_many(session, actor, [row for _, row in given], all_or_nothing=False)
    for (number, _), outcome in zip(given, outcomes, strict=True):
        if outcome.error is not None:
            error = outcome.error
            errors.append(at_row(number, error.code, error.detail("zh"), error.detail("en")))
    if errors:
        raise InvalidInput(fields=tuple(sorted(errors, key=lambda item: int(item.field.split(".")[1]))))
    return outcomes


def _addressed(
    session: Session, actor: Actor, rows: Sequence[SmallRow]
) -> tuple[list[tuple[int, Given]], list[FieldError]]:
    """The rows with the requirements they mean, and what is wrong with the others."""
    codes = [row.values["id"] for row in rows if "id" in row.values and "system_id" not in row.values]
    known: dict[str, list[uuid.UUID]] = {}
    statement = requirements.visible_to(actor).where(
        requirements.concerning(actor), Requirement.external_id.in_(codes)
    )
    for row in session.scalars(statement).unique():
        known.setdefault(str(row.external_id), []).append(row.id)
    given: list[tuple[int, Given]] = []
    errors: list[FieldError] = []
    for item in rows:
        meant = [item.values["system_id"]] if "system_id" in item.values else None
        if meant is None:
            meant = known.get(str(item.values.get("id", "")), [])
        if item.errors:
            errors += item.errors
        elif len(meant) == 1:
            given.append((item.number, Given(meant[0], item.values["text"])))
        elif meant:
            zh = "这个需求编号对应多项需求，请填“系统编号”"
            errors.append(at_row(item.number, "ambiguous_id", zh, "Several requirements have this id"))
        else:
            zh = "没有这项需求，请核对“系统编号”或“需求编号”"
            errors.append(at_row(item.number, "unknown_requirement", zh, "No such requirement"))
    return given, errors
