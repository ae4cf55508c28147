"""A job as its owner sees it. Arguments and checkpoint stay inside: they are the task's own business."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, computed_field

from app.kit.schemas import View
from app.models.job import JobStatus


class JobView(View):
    """Progress is `done` of `total` units (null while unknown); `error` is a sentence for people."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "019ab3f0-6c1e-7d52-9a54-0d6f3f0b7a11",
                    "name": "imports.run",
                    "status": "running",
                    "status_label": "进行中",
                    "done": 2400,
                    "total": 10000,
                    "stage": "逐行入库",
                    "is_cancelling": False,
                    "attempts": 1,
                    "error_code": None,
                    "error": None,
                    "result": None,
                    "created_at": "2026-11-24T04:10:00Z",
                    "started_at": "2026-11-24T04:10:01Z",
                    "finished_at": None,
                }
            ]
        }
    )

    id: uuid.UUID
    name: str
    status: JobStatus
    done: int
    total: int | None
    stage: str
    is_cancelling: bool
    attempts: int
    error_code: str | None
    error: str | None
    result: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @computed_field(description="状态的中文名")  # type: ignore[prop-decorator]
    @property
    def status_label(self) -> str:
        return self.status.label
