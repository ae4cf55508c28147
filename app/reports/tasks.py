"""Makes a report: gathers, then writes its files. Cut off, it begins again, with a date of its own."""

from __future__ import annotations

import uuid
from typing import Any

from app.auth.actor import SYSTEM
from app.exchange.service import actor_of_user
from app.jobs.context import JobContext
from app.jobs.registry import task
from app.kit.clock import now
from app.models.challenge import Challenge
from app.models.report import ReportAudience, ReportFormat
from app.reports import service
from app.reports.made import Made, Order
from app.reports.makers import MAKERS


@task(service.TASK)
def run(job: JobContext) -> dict[str, Any]:
    """Makes the report `report_id` with the rights that its maker has now; all of it from one snapshot."""
    report_id = uuid.UUID(job.arguments["report_id"])
    with job.step(done=0, stage="汇总数据") as session:
        # What the report tells of is read right after, so this is the instant that it bears.
        service.begun(session, report_id).as_of = now()
    made, challenge = _gather(job, report_id)
    files: dict[ReportFormat, bytes] = {}
    for place, format in enumerate(made.formats):
        with job.step(done=place, total=len(made.formats), stage=f"生成 {format.label}"):
            pass
        files[format] = made.as_file(format)
    with job.step(done=len(files), total=len(files), stage="完成") as session:
        service.keep(session, report_id, files, challenge)
    return {
        "report_id": str(report_id),
        "formats": [format.value for format in files],
        "bytes": sum(map(len, files.values())),
    }


def _gather(job: JobContext, report_id: uuid.UUID) -> tuple[Made, Challenge]:
    def tell(done: int, total: int) -> None:
        with job.step(done=done, total=total, stage="汇总数据"):
            pass

    with job.app.db.read() as session:
        report = service.begun(session, report_id)
        challenge = session.get_one(Challenge, report.challenge_id)
        actor = SYSTEM if report.created_by_id is None else actor_of_user(session, report.created_by_id)
        actor.require("reports:write")
        order = Order(
            challenge=challenge,
            actor=actor,
            is_public=report.audience is ReportAudience.PUBLIC,
            issuer=service.issuer_of(session, challenge),
            as_of=report.as_of,
        )
        return MAKERS[report.kind](session, order, tell), challenge
