"""Plays an edition up to the published match round: accounts, imports, review, matching, answers.

Every step looks first whether it is done, so a second run changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.auth import repository as accounts
from app.auth.actor import SYSTEM
from app.challenges import service as challenges
from app.context import AppContext
from app.errors import JiebangError
from app.exchange.service import start_import
from app.jobs.service import run_inline
from app.matches import rounds
from app.models.access import Role
from app.models.challenge import Challenge, ChallengeEntry, ChallengeStatus
from app.models.exchange import Import
from app.models.job import JobStatus
from app.models.matching import MatchRound, RoundStatus
from app.models.organization import Organization, OrganizationKind
from app.models.requirement import Requirement, RequirementStatus, ReturnReason
from app.models.solver import SolverProfile
from app.requirements import service as requirements
from app.reviews import service as reviews
from app.users import service as users

CODE = "TH2026"
CHALLENGE_NAME = "2026 年通海市技术创新挑战赛"
BUREAU = "通海市科学技术局"
REGION = "江苏省/通海市"
PASSWORD = "jiebang-demo-2026"  # noqa: S105
"""Everybody's password in the demonstration; it is refused in production."""
SAMPLE = Path(__file__).parent / "sample"
FILES = ("solvers.xlsx", "achievements.xlsx", "requirements.xlsx")
TOP = 5

ASK_FOR_FIGURES = (
    "请补充可量化的考核指标（如性能数值、成本、产能）以及现有工艺条件，补正后可直接重新提交；"
    "如填写有困难，可联系我局安排技术专家上门协助。"
)

OnProgress = Callable[[str, int, int | None], None]


class DemoInProduction(JiebangError):
    code, status = "demo_in_production", 500
    zh = "演示数据含公开的示例密码，不能装入生产环境（JIEBANG_ENV=production）"
    en = "The demonstration has well-known passwords and is not loaded into production"


class DemoStepFailed(JiebangError):
    code, status = "demo_step_failed", 500
    zh, en = "演示步骤未完成：{step}（{reason}）", "A step of the demonstration failed: {step} ({reason})"


@dataclass(frozen=True)
class Account:
    """A demonstration account to sign in with; the other enterprises' are called `seeker2@…` and so on."""

    role: Role
    email: str


SEEKER = Account(Role.SEEKER, "seeker@tonghai.example")
ACCOUNTS = (
    Account(Role.ORGANIZER, "organizer@tonghai.example"),
    Account(Role.REVIEWER, "reviewer@tonghai.example"),
    SEEKER,
    Account(Role.SOLVER, "solver@tonghai.example"),
    Account(Role.ADMIN, "admin@tonghai.example"),
)


def load(context: AppContext, on_progress: OnProgress) -> uuid.UUID:
    """Brings the sample challenge to its published round and returns the round's id.

    Needs a migrated database and a loaded index. Raises `DemoInProduction` and `DemoStepFailed`.
    """
    if context.settings.is_production:
        raise DemoInProduction()
    published = _published_round(context)
    if published is not None:
        context.index.settle()
        return published
    _open_challenge(context)
    for name in FILES:
        _import(context, name, on_progress)
    _create_accounts(context)
    _review(context)
    on_progress("建立索引", 0, None)
    context.index.settle(lambda drained: on_progress("建立索引", drained.settled, None))
    return _match(context, on_progress)


def _published_round(context: AppContext) -> uuid.UUID | None:
    with context.db.read() as session:
        return session.scalar(
            select(MatchRound.id)
            .join(Challenge, Challenge.id == MatchRound.challenge_id)
            .where(Challenge.code == CODE, MatchRound.status == RoundStatus.PUBLISHED)
            .order_by(MatchRound.id.desc())
            .limit(1)
        )


def _open_challenge(context: AppContext) -> None:
    with context.db.write() as session:
        if session.scalar(select(Challenge.id).where(Challenge.code == CODE)) is not None:
            return
        bureau = Organization(name=BUREAU, kind=OrganizationKind.GOVERNMENT, region=REGION)
        session.add(bureau)
        session.flush()
        challenges.create(
            session,
            SYSTEM,
            {
                "code": CODE,
                "name": CHALLENGE_NAME,
                "organization_id": bureau.id,
                "region": REGION,
                "description": "面向全市企业征集技术难题，面向全国高校院所和企业征集解决方案。",
            },
            status=ChallengeStatus.OPEN,
        )


def _import(context: AppContext, name: str, on_progress: OnProgress) -> None:
    with context.db.write() as session:
        record = start_import(
            session,
            SYSTEM,
            filename=name,
            content=(SAMPLE / name).read_bytes(),
            max_mb=context.settings.max_upload_mb,
            challenge=CODE if name == "requirements.xlsx" else None,
        )
    assert record.job_id is not None
    job = run_inline(
        context,
        record.job_id,
        lambda progress: on_progress(f"导入 {name}", progress.done, progress.total),
    )
    with context.db.read() as session:
        rejected = session.get_one(Import, record.id).rejected
    if job.status is not JobStatus.SUCCEEDED or rejected:
        raise DemoStepFailed(step=f"导入 {name}", reason=job.error or f"{rejected} 行未通过")


def _create_accounts(context: AppContext) -> None:
    """One account per role: the seeker belongs to the first enterprise, the solver claims the first team; and a
    seeker's account for every other enterprise."""
    with context.db.write() as session:
        bureau = session.scalars(select(Organization).where(Organization.name == BUREAU)).one()
        homes = {
            Role.ORGANIZER: bureau.id,
            Role.REVIEWER: bureau.id,
            Role.SEEKER: _first_requirement(session).organization_id,
            Role.SOLVER: _claim_first_solver(session),
            Role.ADMIN: None,
        }
        for account in ACCOUNTS:
            if accounts.user_by_email(session, account.email) is None:
                users.create(
                    session,
                    SYSTEM,
                    context.settings,
                    email=account.email,
                    password=PASSWORD,
                    name=f"演示{account.role.label}",
                    grants=[users.Grant(account.role, homes[account.role])],
                )
        _create_seekers(session)


def _create_seekers(session: Session) -> None:
    """One account for every other enterprise with a problem: an answer that nobody can read is none."""
    first = accounts.user_by_email(session, SEEKER.email)
    assert first is not None
    with_problem = select(Requirement.organization_id).where(Requirement.source == "import")
    units = select(Organization).where(
        Organization.id.in_(with_problem), Organization.id != _first_requirement(session).organization_id
    )
    for number, unit in enumerate(session.scalars(units.order_by(Organization.id)), start=2):
        email = f"seeker{number}@tonghai.example"
        if accounts.user_by_email(session, email) is None:
            users.admit(
                session,
                SYSTEM,
                email=email,
                # The password of the first seeker, whose hash took long enough to make.
                password_hash=first.password_hash,
                name=f"{unit.name}联系人",
                grants=[users.Grant(Role.SEEKER, unit.id)],
            )


def _first_requirement(session: Session) -> Requirement:
    statement = select(Requirement).where(Requirement.source == "import").order_by(Requirement.external_id)
    return session.scalars(statement.limit(1)).one()


def _claim_first_solver(session: Session) -> uuid.UUID:
    statement = (
        select(SolverProfile).where(SolverProfile.source == "import").order_by(SolverProfile.external_id)
    )
    solver = session.scalars(statement.limit(1)).one()
    if solver.organization_id is None:
        organization = Organization(
            name=solver.name, kind=OrganizationKind(solver.kind.value), region=solver.region
        )
        session.add(organization)
        session.flush()
        solver.organization_id = organization.id
        session.flush()
    assert solver.organization_id is not None
    return solver.organization_id


def _review(context: AppContext) -> None:
    """Gives everything to the reviewer, passes and publishes what states its figures, and returns the rest."""
    with context.db.write() as session:
        challenge = session.scalars(select(Challenge).where(Challenge.code == CODE)).one()
        reviews.assign_evenly(session, SYSTEM, challenge, per_requirement=1)
        statement = (
            select(Requirement)
            .join(ChallengeEntry, ChallengeEntry.requirement_id == Requirement.id)
            .where(
                ChallengeEntry.challenge_id == challenge.id, Requirement.status == RequirementStatus.SUBMITTED
            )
            .options(joinedload(Requirement.organization))
            .order_by(Requirement.external_id)
        )
        for requirement in session.scalars(statement).all():
            if requirement.key_indicators or requirement.targets:
                requirements.approve(session, SYSTEM, requirement)
                requirements.publish(session, SYSTEM, requirement)
            else:
                requirements.send_back(
                    session, SYSTEM, requirement, reason=ReturnReason.OTHER, text=ASK_FOR_FIGURES
                )


def _match(context: AppContext, on_progress: OnProgress) -> uuid.UUID:
    with context.db.write() as session:
        challenge = session.scalars(select(Challenge).where(Challenge.code == CODE)).one()
        found, job = rounds.start_round(session, SYSTEM, challenge, top=TOP)
    done = run_inline(context, job.id, lambda progress: on_progress("匹配", progress.done, progress.total))
    if done.status is not JobStatus.SUCCEEDED:
        raise DemoStepFailed(step="匹配", reason=done.error or done.status.label)
    with context.db.write() as session:
        rounds.publish_round(session, SYSTEM, session.get_one(MatchRound, found.id))
    return found.id
