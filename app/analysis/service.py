"""Keeps the analysis of each requirement current, and takes people's corrections.

An analysis that is missing or out of date is computed when it is asked for, so nobody ever waits for one;
what is stored serves the corrections and whoever looks at many requirements at once.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import audit
from app.analysis import policy, repository
from app.analysis.reading import ANALYSER, EDITABLE, hash_of, read, read_conditions, text_of, with_edits
from app.auth.actor import Actor
from app.jobs import service as jobs
from app.kit.clock import now
from app.models.analysis import RequirementAnalysis
from app.models.challenge import Challenge
from app.models.job import Job
from app.models.requirement import Requirement
from app.requirements import service as requirements
from matching.analyse.types import SECTIONS

LONGEST_AT_ONCE = 8_000
"""Characters that are read within somebody's transaction (some ten ms); a longer form waits for a job or a reader."""

TASK = "analyses.run"

UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError)
"""What a text raises that the engine does not expect; anything else ends the request or the job."""

log = logging.getLogger("jiebang.analysis")


@dataclass(frozen=True, slots=True)
class Reading:
    """An analysis as it counts: `parts` with the corrections in them, `computed` without.

    `version` is 0 while nothing is stored; `is_stored` says whether the table holds this very reading.
    """

    requirement_id: uuid.UUID
    requirement_version: int
    analyser: str
    parts: Mapping[str, Any]
    computed: Mapping[str, Any]
    edited: tuple[str, ...]
    edited_by_id: uuid.UUID | None
    edited_at: datetime | None
    analysed_at: datetime | None
    is_stored: bool
    version: int


def reading_of(session: Session, requirement: Requirement) -> Reading:
    """The current analysis of one requirement; computed now where the stored one is missing or out of date."""
    return readings_of(session, [requirement])[requirement.id]


def readings_of(session: Session, wanted: Sequence[Requirement]) -> dict[uuid.UUID, Reading]:
    """The current analyses of many requirements by their ids."""
    rows = repository.stored(session, [requirement.id for requirement in wanted])
    return {requirement.id: _reading(requirement, rows.get(requirement.id)) for requirement in wanted}


def conditions_of(
    session: Session, wanted: Sequence[Requirement]
) -> dict[uuid.UUID, tuple[Sequence[Mapping[str, Any]], bool]]:
    """What requirements ask of solvers, by their ids, and whether a person has written or checked that.

    Much cheaper than whole readings where none is stored.
    """
    rows = repository.stored(session, [requirement.id for requirement in wanted])
    return {requirement.id: _conditions(requirement, rows.get(requirement.id)) for requirement in wanted}


def edit(
    session: Session, actor: Actor, requirement: Requirement, changes: Mapping[str, Any]
) -> RequirementAnalysis:
    """Puts people's values in the place of computed parts; None takes a correction back.

    `requirement` is locked; `changes` hold parts of `EDITABLE` as plain values.
    Raises `NotPermitted` or `NotEditable`.
    """
    policy.check_may_edit(actor, requirement)
    row = bring_up_to_date(session, requirement)
    edits = {**row.edits, **changes}
    kept = {name: edits[name] for name in EDITABLE if edits.get(name) is not None}
    if kept == row.edits:
        return row
    row.edits, row.edited_by_id, row.edited_at = kept, actor.user_id, now()
    session.flush()
    _audit(session, actor, requirement, "analysis.edited", fields=",".join(sorted(changes)))
    return row


def refresh(session: Session, actor: Actor, requirement: Requirement) -> RequirementAnalysis:
    """Reads the text again, whether it changed or not; corrections stay. Raises `NotPermitted`, `NotEditable`."""
    policy.check_may_edit(actor, requirement)
    row = bring_up_to_date(session, requirement, always=True)
    _audit(session, actor, requirement, "analysis.refreshed")
    return row


def bring_up_to_date(
    session: Session, requirement: Requirement, *, always: bool = False
) -> RequirementAnalysis:
    """Stores a reading of the text as it is now; does nothing when that is what is stored.

    The caller has locked the requirement, so no second row can come into being.
    """
    row = repository.stored(session, [requirement.id]).get(requirement.id)
    text = text_of(requirement)
    digest = hash_of(text)
    if row is not None and not always and _is_current(row, digest):
        return row
    values: dict[str, Any] = {
        "requirement_version": requirement.version,
        "text_hash": digest,
        "analyser": ANALYSER,
        "computed": read(text),
    }
    if row is None:
        row = RequirementAnalysis(requirement_id=requirement.id, edits={}, **values)
        session.add(row)
    else:
        for name, value in values.items():
            setattr(row, name, value)
        row.updated_at = now()
    session.flush()
    return row


@requirements.follow
def follow_requirement(session: Session, requirement: Requirement) -> None:
    """After a requirement was submitted or its text changed. Whatever goes wrong, the form is filed all the same."""
    if _length(requirement) <= LONGEST_AT_ONCE:
        _try_to_analyse(session, requirement)


def start_batch(session: Session, actor: Actor, challenge: Challenge | None = None) -> Job:
    """Queues the job that reads all requirements under way (of one challenge) again where that is due."""
    arguments = {"challenge_id": str(challenge.id) if challenge else None}
    return jobs.enqueue(session, TASK, arguments, actor=actor)


def analyse_next(
    session: Session, *, after: uuid.UUID | None, challenge_id: uuid.UUID | None, limit: int
) -> tuple[uuid.UUID | None, int, list[str]]:
    """One batch: the last id looked at (None at the end), how many were looked at, and which cannot be read."""
    rows = repository.next_to_analyse(session, after=after, challenge_id=challenge_id, limit=limit)
    broken = [str(row.id) for row in rows if not _try_to_analyse(session, row)]
    return (rows[-1].id if rows else None), len(rows), broken


def _try_to_analyse(session: Session, requirement: Requirement) -> bool:
    try:
        bring_up_to_date(session, requirement)
    except UNREADABLE:
        # Reading is pure and comes before any statement, so the transaction is unharmed.
        log.warning("a requirement cannot be analysed", exc_info=True)
        return False
    return True


def _reading(requirement: Requirement, row: RequirementAnalysis | None) -> Reading:
    text = text_of(requirement)
    is_stored = row is not None and _is_current(row, hash_of(text))
    computed = row.computed if row is not None and is_stored else read(text)
    edits = row.edits if row is not None else {}
    return Reading(
        requirement_id=requirement.id,
        requirement_version=row.requirement_version if row and is_stored else requirement.version,
        analyser=ANALYSER,
        parts=with_edits(computed, edits),
        computed=computed,
        edited=tuple(name for name in EDITABLE if name in edits),
        edited_by_id=row.edited_by_id if row else None,
        edited_at=row.edited_at if row else None,
        analysed_at=row.updated_at if row and is_stored else None,
        is_stored=is_stored,
        version=row.version if row else 0,
    )


def _conditions(
    requirement: Requirement, row: RequirementAnalysis | None
) -> tuple[Sequence[Mapping[str, Any]], bool]:
    if row is not None and "conditions" in row.edits:
        return row.edits["conditions"], True
    text = text_of(requirement)
    if row is not None and _is_current(row, hash_of(text)):
        return row.computed["conditions"], False
    return read_conditions(text), False


def _is_current(row: RequirementAnalysis, digest: str) -> bool:
    return row.text_hash == digest and row.analyser == ANALYSER


def _length(requirement: Requirement) -> int:
    text = text_of(requirement)
    return sum(len(text.section(name)) for name in SECTIONS)


def _audit(session: Session, actor: Actor, requirement: Requirement, action: str, **detail: str) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="requirement",
        object_id=requirement.id,
        **detail,
    )
