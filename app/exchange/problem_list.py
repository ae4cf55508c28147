"""The published list of problems (赛题清单) of a challenge, with its numbers: what everyone reads, and the workbook."""

from __future__ import annotations

import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.challenges import repository as challenges
from app.errors import NotFound
from app.exchange.columns import Column
from app.exchange.exporting import write_file
from app.exchange.listing import Cells
from app.kit.clock import in_shanghai
from app.listings import service as listings
from app.models.challenge import Challenge, ChallengeEntry
from app.requirements.presenter import present
from app.requirements.schemas import RequirementView

COLUMNS = (
    Column("number", "赛题编号", "count"),
    Column("title", "赛题名称", "line"),
    Column("problem", "主要问题", "text"),
    Column("key_indicators", "技术关键与主要指标", "text"),
    Column("goal", "预期目标", "text"),
    Column("targets", "考核指标", "targets"),
    Column("keywords", "关键词", "keywords"),
    Column("field", "所属领域", "line"),
    Column("industry", "应用行业", "line"),
    Column("region", "所在地区", "line"),
    Column("budget_wan", "拟投入资金（万元）", "money"),
    Column("cooperation", "合作方式", "line"),
    Column("deadline", "完成时限", "date"),
    Column("organization", "需求单位", "line"),
    Column("published_on", "发布日期", "date"),
    Column("id", "系统编号", "line"),
)


@dataclass(frozen=True)
class Problem:
    """A line of the list as the reader may read it."""

    entry: ChallengeEntry
    requirement: RequirementView


def challenge_of(session: Session, actor: Actor, code: str) -> Challenge:
    """The challenge with this code. Raises `NotFound` for what does not exist and for what is not announced."""
    challenge = session.scalar(challenges.visible_to(actor).where(Challenge.code == code))
    if challenge is None:
        raise NotFound()
    return challenge


def problems_of(session: Session, actor: Actor, challenge: Challenge) -> list[Problem]:
    """Every published problem that the reader may see, by number. A gap is a problem that is not shown any more."""
    statement = listings.entries_of(actor, challenge).where(ChallengeEntry.number.is_not(None))
    entries = list(session.scalars(statement.order_by(ChallengeEntry.number)))
    found: dict[uuid.UUID, RequirementView] = {}
    for start in range(0, len(entries), 500):
        chunk = listings.requirements_of(session, actor, entries[start : start + 500])
        found |= {key: present(actor, row) for key, row in chunk.items()}
    return [Problem(entry, found[entry.requirement_id]) for entry in entries]


def workbook_of(problems: list[Problem]) -> bytes:
    """The list as a workbook."""
    with tempfile.TemporaryDirectory(prefix="jiebang-") as folder:
        path = Path(folder) / "problems.xlsx"
        write_file(path, "xlsx", COLUMNS, map(_cells, problems), sheet="赛题清单")
        return path.read_bytes()


def _cells(problem: Problem) -> Cells:
    view = problem.requirement
    published_at = problem.entry.published_at
    return {
        **{column.name: getattr(view, column.name, None) for column in COLUMNS},
        "number": problem.entry.number,
        "targets": [target.model_dump() for target in view.targets],
        "organization": view.organization.name if view.organization else "（匿名）",
        "published_on": in_shanghai(published_at).date() if published_at else None,
    }
