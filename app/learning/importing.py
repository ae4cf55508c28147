"""Reads a list of grades (requirement, achievement, grade; external ids, tab-separated) into judgments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.errors import JiebangError
from app.learning import service
from app.learning.service import Opinion
from app.models.learning import JudgmentSource
from app.models.requirement import Requirement
from app.models.solver import Achievement, SolverProfile

GRADES = {"1", "2", "3", "4"}
Row = TypeVar("Row", Requirement, Achievement)


class JudgmentListInvalid(JiebangError):
    code, status = "judgment_list_invalid", 422
    zh = "第 {line} 行有误：应为“需求编号、成果编号、等级 1–4”三列，以制表符分隔"
    en = "Line {line}: expected requirement, achievement and grade 1 to 4, separated by tabs"


@dataclass
class Imported:
    """How many judgments are new and how many replaced an earlier one; `unknown` are lines whose requirement or
    achievement does not exist, or whose external id several have."""

    added: int = 0
    replaced: int = 0
    unknown: list[int] = field(default_factory=list)


def import_list(session: Session, actor: Actor, text: str) -> Imported:
    """Records every line as a grade given by the actor; imported again, it changes nothing but the instant.

    A first line without a grade is a header. Raises `JudgmentListInvalid` before anything is recorded.
    """
    lines = list(_parsed(text))
    requirements = _by_external_id(session, Requirement)
    achievements = _by_external_id(session, Achievement)
    done = Imported()
    for number, requirement_id, achievement_id, grade in lines:
        requirement = requirements.get(requirement_id)
        achievement = achievements.get(achievement_id)
        if requirement is None or achievement is None:
            done.unknown.append(number)
            continue
        _, is_new = service.give(
            session,
            actor,
            requirement,
            session.get_one(SolverProfile, achievement.solver_id),
            achievement=achievement,
            opinion=Opinion(JudgmentSource.GRADED, grade),
        )
        done.added += is_new
        done.replaced += not is_new
    return done


def _parsed(text: str) -> Iterator[tuple[int, str, str, int]]:
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in line.split("\t")]
        if not line.strip() or (number == 1 and not cells[-1].isdigit()):
            continue
        if len(cells) != 3 or cells[2] not in GRADES or not all(cells):
            raise JudgmentListInvalid(line=number)
        yield number, cells[0], cells[1], int(cells[2])


def _by_external_id(session: Session, kind: type[Row]) -> dict[str, Row | None]:
    """Rows by their external id; None where several sources use the same one."""
    found: dict[str, Row | None] = {}
    for row in session.scalars(select(kind).where(kind.external_id.is_not(None))):
        found[str(row.external_id)] = None if row.external_id in found else row
    return found
