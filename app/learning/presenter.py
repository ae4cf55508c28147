"""Renders judgments and versions of the ranking; their readers are staff and reviewers."""

from __future__ import annotations

from app.learning.schemas import CurvesView, DataView, FiguresView, JudgmentView, RankerView
from app.models.learning import Judgment, RankerVersion, ranker_name

_JUDGMENT = {"requirement", "solver", "achievement", "source_label"}
_RANKER = {"name", "status_label", "curves", "data", "figures"}


def present_judgment(row: Judgment) -> JudgmentView:
    """A judgment whose requirement, team and achievement are loaded."""
    plain = {name: getattr(row, name) for name in JudgmentView.model_fields if name not in _JUDGMENT}
    return JudgmentView(
        **plain,
        requirement=row.requirement.title,
        solver=row.solver.name,
        achievement=row.achievement.title if row.achievement is not None else None,
        source_label=row.source.label,
    )


def present_ranker(row: RankerVersion) -> RankerView:
    """A version with its figures."""
    plain = {name: getattr(row, name) for name in RankerView.model_fields if name not in _RANKER}
    return RankerView(
        **plain,
        name=ranker_name(row.number),
        status_label=row.status.label,
        curves=CurvesView(**row.curves),
        data=DataView(**row.data),
        figures=FiguresView(**row.figures),
    )
