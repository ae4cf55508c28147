"""What a requirement's time line shows: every answer, what its seeker said of it, questions, what is owed next."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.auth.actor import Actor
from app.console.language import gettext as _
from app.ledger import obligations
from app.ledger import service as ledger
from app.models.requirement import Requirement
from app.requirements import policy
from app.responses import obligation_presenter, presenter


def of(session: Session, actor: Actor, requirement: Requirement, *, is_insider: bool) -> dict[str, Any]:
    """The values of `timeline.html`; nothing of it is for strangers."""
    if not is_insider:
        return {"answers": [], "owed": None, "questions": [], "is_own": False, "grades": []}
    answers = presenter.present(session, requirement, ledger.responses_to(session, requirement.id))
    history = obligation_presenter.present(session, obligations.history_of(session, requirement.id))
    return {
        "answers": answers,
        "owed": next((row for row in reversed(history) if row.closed_at is None), None),
        "questions": [pause for row in reversed(history) for pause in row.pauses if pause.ended_at],
        "is_own": policy.is_own(actor, requirement),
        "grades": _grades(),
    }


def _grades() -> list[tuple[int, str]]:
    return [(5, _("很满意")), (4, _("满意")), (3, _("一般")), (2, _("不满意")), (1, _("很不满意"))]
