"""Every event of the table is raised somewhere: a switch for something that never comes would be a lie."""

from __future__ import annotations

import re
from pathlib import Path

from app.models.notification import Event

APP = Path(__file__).parents[3] / "app"


def test_every_event_has_a_caller() -> None:
    kept_apart = {"models", "notifications"}
    sources = [
        path
        for path in APP.rglob("*.py")
        if path.relative_to(APP).parts[0] not in kept_apart
        or path.name in ("occasions.py", "service.py", "webhooks.py")
    ]
    raised = {
        name
        for path in sources
        for name in re.findall(r"\bEvent\.([A-Z_]+)\b", path.read_text(encoding="utf-8"))
    }
    assert {event.name for event in Event} - raised == set()
