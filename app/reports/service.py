"""Orders reports, keeps their files and hands them out; making them is the job's work."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import audit
from app.agreements import repository as agreements
from app.auth.actor import Actor
from app.errors import JiebangError, NotFound
from app.jobs import service as jobs
from app.kit.clock import in_shanghai, now
from app.kit.filenames import plain_filename
from app.models.challenge import Challenge
from app.models.organization import Organization
from app.models.report import Report, ReportAudience, ReportFile, ReportFormat, ReportKind
from app.notifications.service import Event, Person, Subject, notify
from app.reports import repository
from app.reports.agreement_papers import certificate_of
from app.reports.letters import letter_of
from app.reports.made import Made
from app.reports.makers import FOR_THE_PUBLIC
from app.requirements import repository as requirements
from app.requirements import service as requirement_service

TASK = "reports.run"
NOBODY = "承办单位"
"""Who signs where a challenge has no bureau of its own."""


class ReportNotReady(JiebangError):
    code, status = "report_not_ready", 409
    zh, en = "报告还没有生成，请稍后再下载", "The report is not ready yet"


class NotForThePublic(JiebangError):
    code, status = "report_not_for_the_public", 422
    zh = "{kind}只供内部使用，不能生成公开版"
    en = "A report of the kind {kind_code} is for staff alone; there is no public one"


class NoSuchFormat(JiebangError):
    code, status = "no_such_format", 404
    zh, en = "这份报告没有该格式的文件", "This report does not come in that format"


def order(
    session: Session,
    actor: Actor,
    challenge: Challenge,
    *,
    kind: ReportKind,
    audience: ReportAudience = ReportAudience.INTERNAL,
) -> Report:
    """Orders a report as of now; a job makes it. Raises `NotForThePublic`."""
    if audience is ReportAudience.PUBLIC and kind not in FOR_THE_PUBLIC:
        raise NotForThePublic(kind=kind.label, kind_code=kind.value)
    found = Report(
        challenge_id=challenge.id, created_by_id=actor.user_id, kind=kind, audience=audience, as_of=now()
    )
    session.add(found)
    session.flush()
    found.job_id = jobs.enqueue(session, TASK, {"report_id": str(found.id)}, actor=actor).id
    session.flush()
    _audit(session, actor, found, "report.ordered")
    return found


def keep(
    session: Session, report_id: uuid.UUID, files: Mapping[ReportFormat, bytes], challenge: Challenge
) -> None:
    """Keeps the files of a report that was made. Raises `NotFound` when it was deleted meanwhile."""
    found = begun(session, report_id)
    session.execute(delete(ReportFile).where(ReportFile.report_id == report_id))
    for format, content in files.items():
        session.add(
            ReportFile(
                report_id=report_id,
                format=format,
                filename=_filename(found, challenge, format),
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                content=content,
            )
        )
    found.finished_at = now()
    session.flush()
    _tell_maker(session, found)


def begun(session: Session, report_id: uuid.UUID) -> Report:
    """The report that a job is at. Raises `NotFound` when it was deleted meanwhile."""
    found = session.get(Report, report_id)
    if found is None:
        raise NotFound()
    return found


def file(session: Session, report: Report, format: ReportFormat) -> ReportFile:
    """A finished file. Raises `ReportNotReady`, and `NoSuchFormat` for one that the kind does not come in."""
    if report.finished_at is None:
        raise ReportNotReady()
    found = repository.file_of(session, report.id, format)
    if found is None:
        raise NoSuchFormat()
    return found


def drop(session: Session, actor: Actor, report: Report) -> None:
    """Deletes a report and its files; a job that is still at it then ends with nothing kept."""
    session.execute(delete(ReportFile).where(ReportFile.report_id == report.id))
    session.execute(delete(Report).where(Report.id == report.id))
    _audit(session, actor, report, "report.deleted")


def answer_letter(session: Session, actor: Actor, requirement_id: uuid.UUID) -> Made:
    """The letter with every answer on one requirement, for its seeker, reviewers and staff.

    Raises `NotFound` and `NotPermitted`.
    """
    requirement = requirements.get(session, actor, requirement_id)
    requirement_service.check_is_insider(actor, requirement)
    challenge = requirement.challenges[-1] if requirement.challenges else None
    return letter_of(session, requirement, issuer=issuer_of(session, challenge), as_of=now())


def certificate(session: Session, actor: Actor, agreement_id: uuid.UUID) -> Made:
    """The certificate of an agreement, for its parties and staff. Raises `NotFound`, also before it is signed."""
    agreement = agreements.get(session, actor, agreement_id)
    if agreement.signed_on is None:
        raise NotFound()
    return certificate_of(agreement, issuer=issuer_of(session, agreement.challenge), as_of=now())


def issuer_of(session: Session, challenge: Challenge | None) -> str:
    """The bureau that signs the papers of a challenge."""
    if challenge is None or challenge.organization_id is None:
        return NOBODY
    statement = select(Organization.name).where(Organization.id == challenge.organization_id)
    return session.scalar(statement) or NOBODY


def _tell_maker(session: Session, report: Report) -> None:
    if report.created_by_id is None:
        return
    notify(
        session,
        event=Event.DOCUMENT_READY,
        recipients=[Person(report.created_by_id)],
        subject=Subject("report", report.id, challenge_id=report.challenge_id),
        parameters={"kind": report.kind.value},
        once=f"report:{report.id}",
    )


def _filename(report: Report, challenge: Challenge, format: ReportFormat) -> str:
    day = f"{in_shanghai(report.as_of):%Y%m%d}"
    audience = "公开版" if report.audience is ReportAudience.PUBLIC else "内部"
    annex = "附表" if format is ReportFormat.XLSX else ""
    name = re.sub(
        r"\s+", " ", f"{challenge.code}{report.kind.label}{annex}（{audience}）{day}.{format.value}"
    )
    return plain_filename(name)


def _audit(session: Session, actor: Actor, report: Report, action: str) -> None:
    audit.record(
        session,
        action,
        actor_id=actor.user_id,
        object_kind="report",
        object_id=report.id,
        kind=report.kind.value,
        audience=report.audience.value,
    )
