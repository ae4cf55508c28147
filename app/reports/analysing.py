"""Gathers what the requirement analysis report tells of, and puts it together."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.reports.analysis_rows import annex_of, groups_of
from app.reports.collected import collect, vectors_of
from app.reports.made import Made, Order, Tell
from app.reports.requirement_analysis import Analysis, document_of
from app.reports.supply import supply_of
from matching.cluster import clusters


def make(session: Session, order: Order, tell: Tell) -> Made:
    """The report with its annex."""
    rows = collect(session, order.actor, order.challenge, is_public=order.is_public, tell=tell)
    labels, vectors = vectors_of(session, rows)
    groups = groups_of(rows, clusters(labels, vectors))
    supply = None
    if not order.is_public:
        supply = supply_of(session, order.challenge, [row.id for row in rows])
    annex = annex_of(rows, groups, supply, is_public=order.is_public)
    analysis = Analysis(
        name=order.challenge.name,
        issuer=order.issuer,
        as_of=order.as_of,
        is_public=order.is_public,
        rows=rows,
        groups=groups,
        clustered=len(labels),
        supply=supply,
        annex=annex,
    )
    document = document_of(analysis)
    return Made(document, annex.sheets())
