"""What a running task sees of its job, and the one way in which it stores work: a step."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from app.jobs import claims

if TYPE_CHECKING:
    from app.context import AppContext


class JobStopped(BaseException):
    """A job must end here, between two steps. Not an `Exception`, which tasks catch to get past bad rows."""


class JobCancelled(JobStopped):
    """Somebody asked for the job to end."""


class JobPaused(JobStopped):
    """The worker is shutting down; the job goes on elsewhere from its last checkpoint."""


class JobLost(JobStopped):
    """Another worker has taken the job over, so nothing that this one does may be stored."""


@dataclass(frozen=True)
class Progress:
    """How far a job is: `done` of `total` (unknown: None) units, and the name of the stage."""

    done: int
    total: int | None
    stage: str


class JobContext:
    """One attempt at one job.

    `arguments` and `checkpoint` are as last stored; `app` holds the process's parts; `created_by_id` and
    `organization_id` name on whose behalf the job runs.
    """

    def __init__(
        self,
        app: AppContext,
        claimed: claims.ClaimedJob,
        *,
        is_stopping: Callable[[], bool] = lambda: False,
        on_progress: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        self.app = app
        self.id: uuid.UUID = claimed.id
        self.name: str = claimed.name
        self.claim: uuid.UUID = claimed.claim
        self.created_by_id: uuid.UUID | None = claimed.created_by_id
        self.organization_id: uuid.UUID | None = claimed.organization_id
        self.arguments: dict[str, Any] = claimed.arguments
        self.checkpoint: dict[str, Any] = claimed.checkpoint
        self.progress = Progress(claimed.done, claimed.total, claimed.stage)
        self._is_stopping = is_stopping
        self._on_progress = on_progress
        self._stop_reason: type[JobStopped] | None = None

    @contextmanager
    def step(
        self,
        *,
        checkpoint: dict[str, Any] | None = None,
        done: int | None = None,
        total: int | None = None,
        stage: str | None = None,
    ) -> Iterator[Session]:
        """One write transaction: the work of the block, the checkpoint and the progress, all or nothing.

        `checkpoint` (JSON values) is stored as it stands when the block ends, so the block may fill it in;
        what is None keeps its stored value. Raises `JobCancelled` before the block when cancellation was
        requested, `JobPaused` when the worker is shutting down, and `JobLost` (nothing is stored)
        when another worker has the job.
        """
        self.check()
        with self.app.db.write() as session:
            _raise_for(claims.standing(session, self.id, claim=self.claim))
            yield session
            session.flush()
            values: dict[str, Any] = {"done": done, "total": total, "stage": stage}
            values = {name: value for name, value in values.items() if value is not None}
            stored = json.loads(json.dumps(checkpoint, allow_nan=False)) if checkpoint is not None else None
            if stored is not None:
                values["checkpoint"] = stored
            if not claims.record_step(session, self.id, claim=self.claim, values=values):
                raise JobLost
        if stored is not None:
            self.checkpoint = stored
        self.progress = Progress(
            self.progress.done if done is None else done,
            self.progress.total if total is None else total,
            self.progress.stage if stage is None else stage,
        )
        self._on_progress(self.progress)

    def check(self) -> None:
        """Ends a long computation between two steps: raises as `step` does, at once and without any I/O.

        It knows what the last heartbeat saw, so a request to cancel arrives some seconds late here.
        """
        if self._stop_reason is not None:
            raise self._stop_reason
        if self._is_stopping():
            raise JobPaused

    def note_standing(self, standing: claims.Standing) -> None:
        """The heartbeat passes on what it saw of the job's row."""
        self._stop_reason = _REASONS[standing]


_REASONS: dict[claims.Standing, type[JobStopped] | None] = {
    claims.Standing.OURS: None,
    claims.Standing.CANCELLED: JobCancelled,
    claims.Standing.LOST: JobLost,
}


def _raise_for(standing: claims.Standing) -> None:
    reason = _REASONS[standing]
    if reason is not None:
        raise reason
