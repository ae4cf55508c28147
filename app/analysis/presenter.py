"""Renders an analysis for insiders and neighbours for whoever asked."""

from __future__ import annotations

from collections.abc import Sequence

from app.analysis.neighbours import Near
from app.analysis.schemas import AnalysisView, NeighboursView, NeighbourView, PartsView
from app.analysis.service import Reading
from matching.analyse.classes import divisions

RELATIONS = {"duplicate": "疑似重复", "same_bottleneck": "同一瓶颈", "related": "相关"}


def present(found: Reading) -> AnalysisView:
    """The analysis with everything in it; only for those who may read the form in full."""
    names = dict(zip(divisions().codes, divisions().names, strict=True))
    return AnalysisView(
        **found.parts,
        requirement_id=found.requirement_id,
        requirement_version=found.requirement_version,
        analyser=found.analyser,
        division_name=names.get(found.parts["division"] or ""),
        edited=list(found.edited),
        edited_by_id=found.edited_by_id,
        edited_at=found.edited_at,
        computed=PartsView(**{name: found.computed[name] for name in PartsView.model_fields}),
        is_stored=found.is_stored,
        analysed_at=found.analysed_at,
        version=found.version,
    )


def present_neighbours(found: Sequence[Near]) -> NeighboursView:
    """Neighbours as the actor may read them."""
    items = [
        NeighbourView(
            id=item.shown.id,
            external_id=item.shown.external_id,
            title=item.shown.title,
            status=item.shown.status,
            field=item.shown.field,
            organization=item.shown.organization.name if item.shown.organization else None,
            relation=item.neighbour.relation,
            relation_label=RELATIONS[item.neighbour.relation],
            similarity=round(item.neighbour.similarity, 4),
            shared=list(item.neighbour.shared),
            is_public=item.is_public,
        )
        for item in found
    ]
    return NeighboursView(items=items, total=len(items))
