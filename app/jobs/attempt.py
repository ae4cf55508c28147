"""One attempt at one job: runs its task, keeps the claim alive meanwhile, and writes down how it ended."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app.errors import JiebangError, Unavailable
from app.jobs import claims, registry
from app.jobs.context import JobCancelled, JobContext, JobLost, JobPaused
from matching import MatchingError

log = logging.getLogger("jiebang.jobs")

HEARTBEAT = timedelta(seconds=3)
DATABASE_TROUBLE = (OperationalError, PoolTimeout)
PAUSES_BEFORE_SETTLING_AGAIN = (0.2, 1.0, 3.0)

Ending = Callable[[Session], bool]


def attempt(job: JobContext, *, heartbeat: timedelta = HEARTBEAT, is_patient: bool = True) -> None:
    """Runs the task of a claimed job and stores its end.

    A patient attempt that meets `Unavailable` puts the job off; an impatient one fails it.

    Raises nothing that the task raised, except what is meant for the process (`KeyboardInterrupt` and the
    like), after cancelling the job.
    """
    started = time.monotonic()
    with structlog.contextvars.bound_contextvars(job_id=str(job.id), task=job.name):
        with _kept_alive(job, every=heartbeat):
            ending = _run(job, is_patient)
        if ending is not None:
            _settle(ending, job)
        log.info("job attempt ended", extra={"seconds": round(time.monotonic() - started, 3)})


def _run(job: JobContext, is_patient: bool) -> Ending | None:
    """How the job ends; None when it is not ours to end."""
    job_id, claim = job.id, job.claim
    try:
        result = registry.find_task(job.name)(job)
        return partial(claims.succeed, job_id=job_id, claim=claim, result=_plain(result))
    except JobCancelled:
        return partial(claims.cancel, job_id=job_id, claim=claim)
    except JobPaused:
        return partial(claims.release, job_id=job_id, claim=claim)
    except JobLost:
        log.warning("job was taken over by another worker")
        return None
    except DATABASE_TROUBLE as error:
        log.error("job interrupted by the database", exc_info=error)
        return partial(claims.release, job_id=job_id, claim=claim, is_interrupted=True)
    except Exception as error:
        code, text = describe(error)
        if is_patient and isinstance(error, Unavailable):
            log.warning("job put off", extra={"code": code})
            return partial(claims.postpone, job_id=job_id, claim=claim, code=code, text=text)
        if not is_patient and isinstance(error, JiebangError | MatchingError):
            # Whoever waits for the job tells the same in words of its own.
            log.info("job failed", extra={"code": code})
        else:
            log.error("job failed", extra={"code": code}, exc_info=error)
        return partial(claims.fail, job_id=job_id, claim=claim, code=code, text=text, is_told=is_patient)
    except BaseException:
        _settle(partial(claims.cancel, job_id=job_id, claim=claim), job)
        raise


def describe(error: Exception) -> tuple[str, str]:
    """The stable code and the Chinese sentence that people see. Texts of foreign errors may quote data."""
    if isinstance(error, JiebangError):
        return error.code, error.detail("zh")
    if isinstance(error, MatchingError):
        return error.code, error.zh
    return "internal_error", "任务执行出错，已保留完成的部分；请重试，仍失败时请把任务编号告知管理员"


def _plain(result: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(result, allow_nan=False))
    return plain


def beat(job: JobContext) -> None:
    """Shows the job as alive and tells it what became of its row."""
    with job.app.db.write() as session:
        claims.heartbeat(session, job.id, claim=job.claim)
        standing = claims.standing(session, job.id, claim=job.claim)
    job.note_standing(standing)


@contextmanager
def _kept_alive(job: JobContext, *, every: timedelta) -> Iterator[None]:
    has_ended = threading.Event()

    def keep_alive() -> None:
        while not has_ended.wait(every.total_seconds()):
            try:
                beat(job)
            except Exception as error:
                # A missed beat costs the job at most its lease, and then another worker goes on.
                log.warning("missed a heartbeat", extra={"kind": type(error).__name__})

    thread = threading.Thread(target=keep_alive, name="job-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        has_ended.set()
        thread.join()


def _settle(ending: Ending, job: JobContext) -> None:
    for pause in (*PAUSES_BEFORE_SETTLING_AGAIN, None):
        try:
            with job.app.db.write() as session:
                is_ours = ending(session)
        except DATABASE_TROUBLE as error:
            log.error("cannot store how the job ended", extra={"kind": type(error).__name__})
            if pause is None:
                # The lease runs out and another attempt starts from the checkpoint.
                return
            time.sleep(pause)
        else:
            if not is_ours:
                log.warning("job was taken over before its end was stored")
            return
