"""Renders agreements and their figures; whoever may see an agreement reads all of it."""

from __future__ import annotations

from dataclasses import asdict

from app.agreements.delivery import paid_wan
from app.agreements.figures import Summary
from app.agreements.schemas import (
    AgreementView,
    FiguresView,
    GroupView,
    MilestoneView,
    PartyView,
    PaymentView,
    ReportView,
    TotalsView,
)
from app.models.agreement import Agreement, AgreementReport

_PLAIN = (
    "id",
    "status",
    "requirement_id",
    "other_parties",
    "challenge_id",
    "proposal_id",
    "kind",
    "title",
    "number",
    "amount_wan",
    "signed_on",
    "ends_on",
    "ended_at",
    "termination_reason",
    "created_at",
    "updated_at",
    "version",
)


def present(agreement: Agreement) -> AgreementView:
    """The agreement as its parties and staff read it."""
    return AgreementView(
        **{name: getattr(agreement, name) for name in _PLAIN},
        status_label=agreement.status.label,
        kind_label=agreement.kind.label,
        requirement=agreement.requirement.title,
        organization=PartyView.model_validate(agreement.requirement.organization),
        solver=PartyView.model_validate(agreement.solver),
        challenge=agreement.challenge.name if agreement.challenge else None,
        paid_wan=paid_wan(agreement),
        milestones=[MilestoneView.model_validate(row) for row in agreement.milestones],
        payments=[PaymentView.model_validate(row) for row in agreement.payments],
        reports=[_report(row) for row in agreement.reports],
    )


def present_figures(summary: Summary) -> FiguresView:
    return FiguresView(
        total=TotalsView.model_validate(summary.total),
        groups=[
            GroupView(key=group.key, label=group.label, **asdict(group.totals)) for group in summary.groups
        ],
    )


def _report(row: AgreementReport) -> ReportView:
    return ReportView(
        id=row.id,
        kind=row.kind,
        kind_label=row.kind.label,
        status=row.status,
        status_label=row.status.label,
        text=row.text,
        created_at=row.created_at,
        decided_at=row.decided_at,
        decision_reason=row.decision_reason,
    )
