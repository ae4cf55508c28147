"""What the index knows of a row: which texts are searched and which facts filters may ask for.

A requirement's document never holds a contact, and holds its unit's name only when the requirement is public.
Storing, encoding and searching are left to others.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.kit.clock import in_shanghai
from app.kit.masking import mask_contacts, mask_organization
from app.models.challenge import ChallengeEntry
from app.models.indexing import IndexCollection
from app.models.organization import Organization
from app.models.proposal import ACTIVE_ASSESSMENTS, ProposalAssessment, ProposalCall
from app.models.requirement import Confidentiality, Requirement, stated
from app.models.review import AssignmentStatus, ReviewAssignment
from app.models.solver import UNNAMED, Achievement, SolverProfile
from matching import Document

AnyRow = Row[*tuple[Any, ...]]
CHUNK = 500
"""Keys per statement, below every database's limit of parameters."""

_KEYS: Mapping[IndexCollection, InstrumentedAttribute[uuid.UUID]] = {
    IndexCollection.REQUIREMENTS: Requirement.id,
    IndexCollection.ACHIEVEMENTS: Achievement.id,
    IndexCollection.SOLVERS: SolverProfile.id,
}


def keys(session: Session, collection: IndexCollection) -> Iterator[list[uuid.UUID]]:
    """The keys of all rows that have a document, in order, in chunks."""
    column = _KEYS[collection]
    statement = select(column)
    if collection is IndexCollection.SOLVERS:
        statement = statement.where(SolverProfile.source != UNNAMED, SolverProfile.merged_into_id.is_(None))
    last: uuid.UUID | None = None
    while True:
        after = statement if last is None else statement.where(column > last)
        chunk = list(session.scalars(after.order_by(column).limit(CHUNK)))
        if not chunk:
            return
        yield chunk
        last = chunk[-1]


def load(
    session: Session, collection: IndexCollection, wanted: Sequence[uuid.UUID]
) -> Iterator[tuple[uuid.UUID, AnyRow]]:
    """The rows that exist among `wanted`, with everything that `build` needs."""
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        rows = session.execute(_STATEMENTS[collection].where(_KEYS[collection].in_(chunk)))
        for row in rows:
            yield row.id, row


def entries(session: Session, requirement_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """The challenges (ids as text) that each requirement takes part in."""
    found: dict[uuid.UUID, list[str]] = {}
    for start in range(0, len(requirement_ids), CHUNK):
        statement = select(ChallengeEntry.requirement_id, ChallengeEntry.challenge_id).where(
            ChallengeEntry.requirement_id.in_(requirement_ids[start : start + CHUNK])
        )
        for requirement_id, challenge_id in session.execute(statement):
            found.setdefault(requirement_id, []).append(str(challenge_id))
    return found


def reviewers(session: Session, requirement_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """The persons (ids as text) who review each requirement or assess proposals for it."""
    found: dict[uuid.UUID, set[str]] = {}
    for start in range(0, len(requirement_ids), CHUNK):
        chunk = requirement_ids[start : start + CHUNK]
        reviewing = select(ReviewAssignment.requirement_id, ReviewAssignment.reviewer_id).where(
            ReviewAssignment.requirement_id.in_(chunk), ReviewAssignment.status == AssignmentStatus.ACTIVE
        )
        assessing = (
            select(ProposalCall.requirement_id, ProposalAssessment.reviewer_id)
            .join(ProposalAssessment, ProposalAssessment.call_id == ProposalCall.id)
            .where(ProposalCall.requirement_id.in_(chunk), ProposalAssessment.status.in_(ACTIVE_ASSESSMENTS))
        )
        for statement in (reviewing, assessing):
            for requirement_id, reviewer_id in session.execute(statement):
                found.setdefault(requirement_id, set()).add(str(reviewer_id))
    return {requirement_id: sorted(people) for requirement_id, people in found.items()}


def build(
    collection: IndexCollection, row: AnyRow, challenges: Iterable[str] = (), reviewers: Iterable[str] = ()
) -> Document:
    """The index document of one row that `load` gave."""
    if collection is IndexCollection.REQUIREMENTS:
        return _requirement(
            row,
            names=(row.organization_name, row.organization_region, row.organization_former_names),
            challenges=challenges,
            reviewers=reviewers,
        )
    if collection is IndexCollection.ACHIEVEMENTS:
        return _achievement(row)
    return _solver(row)


def requirement_document(requirement: Requirement, organization: Organization) -> Document:
    """The document of a requirement at hand, the same text as the index holds once it has caught up."""
    return _requirement(
        requirement,
        names=(organization.name, organization.region, organization.former_names),
    )


def _requirement(
    row: Any,
    *,
    names: tuple[str, str, Sequence[str]],
    challenges: Iterable[str] = (),
    reviewers: Iterable[str] = (),
) -> Document:
    is_public = row.confidentiality is Confidentiality.PUBLIC
    texts = [stated(row, name) for name in ("description", "problem", "key_indicators", "goal")]
    parts = (*texts, "、".join(stated(row, "keywords") or ()))
    body = "\n".join(part for part in map(str.strip, parts) if part)

    def shown(text: str) -> str:
        text = mask_contacts(text)
        return text if is_public else mask_organization(text, *names)

    field = stated(row, "field")
    year = in_shanghai(row.submitted_at or row.created_at).year
    return Document(
        key=str(row.id),
        title=shown(stated(row, "title")),
        description=shown(body),
        attributes=_facts(
            status=row.status.value,
            confidentiality=row.confidentiality.value,
            organization=str(row.organization_id),
            filed_by_staff="yes" if row.is_filed_by_staff else None,
            field=field.value if field else None,
            region=region_levels(row.region),
            industry=row.industry,
            cooperation=row.cooperation.value if row.cooperation else None,
            year=str(year),
            challenge=sorted(challenges),
            reviewer=sorted(reviewers),
        ),
    )


def _achievement(row: Any) -> Document:
    words = "、".join(row.keywords or ())
    return Document(
        key=str(row.id),
        title=row.title,
        description=mask_contacts("\n".join(part for part in (row.description.strip(), words) if part)),
        owner=str(row.solver_id),
        attributes=_facts(
            kind=row.kind.value,
            field=row.field.value if row.field else None,
            year=str(row.year) if row.year else None,
            trl=str(row.trl) if row.trl else None,
            **_solver_facts(row),
        ),
    )


def _solver(row: Any) -> Document:
    words = "、".join(dict.fromkeys([*(row.keywords or ()), *(row.interests or ())]))
    body = "\n".join(part for part in (row.profile.strip(), words) if part)
    return Document(
        key=str(row.id),
        title=row.name,
        description=mask_contacts(body),
        attributes=_facts(**_solver_facts(row)),
    )


def _solver_facts(row: Any) -> dict[str, Any]:
    # An unclaimed profile may be the seeker's own unit under the same name.
    named = "" if row.solver_source == UNNAMED else same_name(row.solver_name)
    own = [str(row.solver_organization_id or ""), named]
    return {
        "solver_kind": row.solver_kind.value,
        "region": region_levels(row.solver_region),
        "organization": [value for value in own if value],
        "excludes": sorted({same_name(name) for name in row.exclusions or () if name.strip()}),
        "active": "yes" if row.is_active else "no",
    }


def _facts(**values: str | Sequence[str] | None) -> dict[str, str | tuple[str, ...]]:
    """Facts that are known; several values become a tuple."""
    return {
        name: value if isinstance(value, str) else tuple(value) for name, value in values.items() if value
    }


def region_levels(region: str) -> tuple[str, ...]:
    """A region and all that contain it: 山东省/潍坊市 gives (山东省, 山东省/潍坊市)."""
    parts = [part.strip() for part in region.split("/") if part.strip()]
    return tuple("/".join(parts[: count + 1]) for count in range(len(parts)))


def same_name(name: str) -> str:
    """A name as it is compared: width, case and blanks do not matter."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


_STATEMENTS: dict[IndexCollection, Select[*tuple[Any, ...]]] = {
    IndexCollection.REQUIREMENTS: select(
        Requirement.id,
        Requirement.organization_id,
        Requirement.is_filed_by_staff,
        Requirement.status,
        Requirement.confidentiality,
        Requirement.title,
        Requirement.description,
        Requirement.problem,
        Requirement.key_indicators,
        Requirement.goal,
        Requirement.keywords,
        Requirement.field,
        Requirement.region,
        Requirement.industry,
        Requirement.refined,
        Requirement.cooperation,
        Requirement.submitted_at,
        Requirement.created_at,
        Organization.name.label("organization_name"),
        Organization.region.label("organization_region"),
        Organization.former_names.label("organization_former_names"),
    ).join(Organization, Organization.id == Requirement.organization_id),
    IndexCollection.ACHIEVEMENTS: select(
        Achievement.id,
        Achievement.solver_id,
        Achievement.title,
        Achievement.description,
        Achievement.kind,
        Achievement.keywords,
        Achievement.field,
        Achievement.trl,
        Achievement.year,
        SolverProfile.name.label("solver_name"),
        SolverProfile.source.label("solver_source"),
        SolverProfile.kind.label("solver_kind"),
        SolverProfile.region.label("solver_region"),
        SolverProfile.organization_id.label("solver_organization_id"),
        SolverProfile.exclusions,
        SolverProfile.is_active,
    ).join(SolverProfile, SolverProfile.id == Achievement.solver_id),
    IndexCollection.SOLVERS: select(
        SolverProfile.id,
        SolverProfile.name,
        SolverProfile.name.label("solver_name"),
        SolverProfile.source.label("solver_source"),
        SolverProfile.kind.label("solver_kind"),
        SolverProfile.region.label("solver_region"),
        SolverProfile.organization_id.label("solver_organization_id"),
        SolverProfile.profile,
        SolverProfile.keywords,
        SolverProfile.interests,
        SolverProfile.exclusions,
        SolverProfile.is_active,
        SolverProfile.version,
    ).where(SolverProfile.source != UNNAMED, SolverProfile.merged_into_id.is_(None)),
}
