"""Requirements near one: duplicates and those with the same bottleneck, among what the actor may see or anybody.

What the actor reads of a neighbour, and which key words count as shared, comes from the text that is shown to
this actor, so that an anonymous neighbour's hidden name cannot be found out by trying.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.analysis.reading import text_of
from app.analysis.service import reading_of
from app.auth.actor import VISITOR, Actor
from app.context import AppContext
from app.indexing.documents import requirement_document
from app.indexing.visibility import PUBLISHED, requirements_visible_to
from app.models.requirement import Requirement
from app.requirements import repository as requirements
from app.requirements.presenter import present
from app.requirements.schemas import RequirementView
from matching.analyse import Neighbour, analyse, neighbours


@dataclass(frozen=True, slots=True)
class Near:
    """Another requirement as the actor may read it, and how it relates. `is_public`: read as strangers read it."""

    shown: RequirementView
    neighbour: Neighbour
    is_public: bool


def near(
    context: AppContext, session: Session, actor: Actor, requirement: Requirement, *, limit: int
) -> list[Near]:
    """The neighbours, most similar first; at most `limit`. Raises `Unavailable` while the index is.

    To what the actor may see anyway comes what is published: a reviewer or a seeker reads of it what any visitor
    does.
    """
    visible = (*requirements_visible_to(actor), PUBLISHED)
    document = requirement_document(requirement, requirement.organization)
    hits = context.index.similar(document, limit=limit, filter=visible)
    keys = [uuid.UUID(hit.key) for hit in hits]
    public = requirements.visible_to(VISITOR).where(Requirement.id.in_(keys))
    shown = {str(row.id): present(VISITOR, row) for row in session.scalars(public)}
    mine = {
        str(row.id): present(actor, row)
        for row in session.scalars(requirements.visible_to(actor).where(Requirement.id.in_(keys)))
    }
    shown |= mine
    own = [one["word"] for one in reading_of(session, requirement).parts["keywords"]]
    found = neighbours(
        [hit for hit in hits if hit.key in shown],
        keywords=own,
        keywords_of={key: _keywords(view) for key, view in shown.items()},
    )
    return [Near(shown[one.key], one, one.key not in mine) for one in found]


def _keywords(view: RequirementView) -> list[str]:
    read = [one.word for one in analyse(text_of(view)).keywords]
    return list(dict.fromkeys([*view.keywords, *read]))
