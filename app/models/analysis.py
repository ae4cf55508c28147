"""What was read from a requirement (需求解析), and what people corrected in that reading."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.columns import Base, UtcDateTime, Versioned


class RequirementAnalysis(Versioned, Base):
    """The one current reading of a requirement. `edits` are people's own values by part of the analysis.

    They are kept apart from `computed`, so that reading the text again never undoes them. `text_hash` tells
    whether the text is still the one that was read; `analyser` names who read it, with its version.
    """

    __tablename__ = "requirement_analyses"

    requirement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requirements.id"), unique=True)
    requirement_version: Mapped[int]
    text_hash: Mapped[str] = mapped_column(String(64))
    analyser: Mapped[str] = mapped_column(String(100))
    computed: Mapped[dict[str, Any]] = mapped_column(JSON)
    edits: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    edited_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
