"""`jiebang match`: rankings for operators, one line of JSON per candidate."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.auth.actor import SYSTEM
from app.challenges import entries
from app.context import AppContext, open_context
from app.errors import FieldError, InvalidInput
from app.kit.progress import progress_bar
from app.matches.ranking import Ranked, rank_all
from app.models.challenge import ChallengeEntry
from app.models.requirement import END_STATUSES, Requirement
from app.requirements import repository as requirements

commands = typer.Typer()
errors = Console(stderr=True)
BATCH = 20


@commands.command()
def match(
    everything: Annotated[bool, typer.Option("--all", help="匹配全部未结束的需求")] = False,
    requirement: Annotated[
        list[str] | None, typer.Option("--requirement", help="需求编号（外部编号或系统编号），可重复")
    ] = None,
    challenge: Annotated[str | None, typer.Option(help="只匹配该赛事的需求")] = None,
    top: Annotated[int, typer.Option(min=1, max=200, help="每项需求保留的候选数")] = 10,
    out: Annotated[Path | None, typer.Option(help="写入 JSONL 文件；缺省输出到标准输出")] = None,
) -> None:
    """为需求匹配解决方，每个候选输出一行 JSON。"""
    if everything == bool(requirement):
        zh, en = "请指定 --all 或至少一个 --requirement", "Give either --all or at least one --requirement"
        raise InvalidInput(fields=(FieldError("requirement", "missing", zh, en),))
    with open_context() as context, progress_bar(errors) as progress:
        with context.db.read() as session:
            rows = _wanted(session, requirement or [], challenge)
        _bring_up_to_date(context, progress)
        task = progress.add_task("匹配", total=len(rows))
        lines = 0
        with _output(out) as stream:
            for start in range(0, len(rows), BATCH):
                chunk = rows[start : start + BATCH]
                with context.db.read() as session:
                    for line in _lines(session, context, chunk, top):
                        stream.write(json.dumps(line, ensure_ascii=False) + "\n")
                        lines += 1
                progress.update(task, advance=len(chunk))
    errors.print(f"已为 {len(rows)} 项需求匹配，共 {lines} 个候选", highlight=False)


def _wanted(session: Session, ids: Sequence[str], challenge: str | None) -> list[Requirement]:
    statement = requirements.visible_to(SYSTEM).where(Requirement.status.not_in(END_STATUSES))
    if challenge is not None:
        entered = select(ChallengeEntry.requirement_id).where(
            ChallengeEntry.challenge_id == entries.by_code(session, challenge).id
        )
        statement = statement.where(Requirement.id.in_(entered))
    if ids:
        keys = [key for key in map(_as_uuid, ids) if key is not None]
        statement = statement.where(or_(Requirement.external_id.in_(ids), Requirement.id.in_(keys)))
    rows = list(session.scalars(statement.order_by(Requirement.organization_id, Requirement.id)))
    known = {row.external_id for row in rows} | {str(row.id) for row in rows}
    unknown = [name for name in ids if name not in known]
    if unknown:
        zh = f"没有可匹配的需求：{'、'.join(unknown)}（不存在、已结束或不属于该赛事）"
        en = f"Nothing to match: {', '.join(unknown)} (unknown, ended, or not in the challenge)"
        raise InvalidInput(fields=(FieldError("requirement", "unknown_requirement", zh, en),))
    return rows


def _as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _bring_up_to_date(context: AppContext, progress: Progress) -> None:
    loading = progress.add_task("载入索引", total=None)
    context.index.load()
    waiting = context.index.status().lag_rows
    progress.update(loading, total=waiting or 1, completed=0 if waiting else 1)
    done = context.index.settle(lambda total: progress.update(loading, completed=total.settled))
    progress.update(loading, total=max(1, done.settled), completed=max(1, done.settled))
    if done.written:
        context.index.save()


def _lines(
    session: Session, context: AppContext, rows: Sequence[Requirement], top: int
) -> Iterator[dict[str, Any]]:
    names = {row.id: row.external_id or str(row.id) for row in rows}
    for ranking in rank_all(session, context.index, rows, limit=top):
        for item in ranking.candidates:
            yield {"requirement": names[ranking.requirement_id], **_line(item)}


def _line(item: Ranked) -> dict[str, Any]:
    return {
        "rank": item.rank,
        "solver": item.solver.external_id or str(item.solver.id),
        "achievement": item.achievement.external_id or str(item.achievement.id),
        "score": item.score,
        "grade": item.grade,
        "expected_grade": item.expected_grade,
        "probability": item.probability,
        "is_adequate": item.is_adequate,
        "evidence": item.evidence,
    }


@contextmanager
def _output(path: Path | None) -> Iterator[TextIO]:
    """The file, which appears only when it is complete; standard output without one."""
    if path is None:
        yield sys.stdout
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as stream:
            yield stream
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
