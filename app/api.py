"""The explicit list of everything mounted under `/api/v1`; the tests of permissions walk it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from app.achievements.router import router as achievements
from app.adaptation.router import router as adaptation
from app.agreements.figures_router import router as agreement_figures
from app.agreements.router import router as agreements
from app.analysis.router import router as analysis
from app.auth.router import router as auth
from app.batches.router import router as batches
from app.challenges.router import router as challenges
from app.challenges.stages_router import router as stages
from app.claims.router import router as claims
from app.exchange.ledger_files_router import router as ledger_files
from app.exchange.ledger_router import router as ledger_extract
from app.exchange.problems_router import router as problem_lists
from app.exchange.router import router as exchange
from app.interests.router import router as interests
from app.invitations.router import router as invitations
from app.jobs.router import router as jobs
from app.kit.schemas import View
from app.learning.router import router as learning
from app.listings.router import router as listings
from app.listings.takeover_router import router as takeover
from app.matches.rounds_router import router as rounds
from app.matches.router import router as matches
from app.meetings.availability_router import router as meeting_availability
from app.meetings.router import router as meetings
from app.meetings.sessions_router import router as meeting_sessions
from app.monitoring.router import router as monitoring
from app.monitoring.targets_router import router as monitoring_targets
from app.notifications.router import router as notifications
from app.organizations.router import router as organizations
from app.proposals.assessments_router import router as proposal_assessments
from app.proposals.calls_router import router as proposal_calls
from app.proposals.router import router as proposals
from app.recovery.router import router as recovery
from app.registrations.router import router as registrations
from app.reports.router import router as reports
from app.requirements.router import router as requirements
from app.responses.calendar_router import router as calendar
from app.responses.closing_router import router as closing
from app.responses.obligations_router import router as obligations
from app.responses.replies_router import router as replies
from app.responses.router import router as responses
from app.reviews.router import router as reviews
from app.reviews.statements_router import router as statements
from app.search.router import router as search
from app.solvers.router import router as solvers
from app.subscriptions.router import router as subscriptions
from app.users.router import router as users

PREFIX = "/api/v1"

ROUTERS: tuple[APIRouter, ...] = (
    auth,
    organizations,
    users,
    requirements,
    analysis,
    batches,
    reviews,
    statements,
    responses,
    replies,
    obligations,
    closing,
    ledger_extract,
    ledger_files,
    calendar,
    agreement_figures,
    agreements,
    matches,
    rounds,
    invitations,
    proposals,
    proposal_calls,
    proposal_assessments,
    learning,
    adaptation,
    registrations,
    recovery,
    claims,
    interests,
    subscriptions,
    solvers,
    achievements,
    search,
    challenges,
    stages,
    listings,
    takeover,
    problem_lists,
    exchange,
    reports,
    monitoring,
    monitoring_targets,
    meeting_sessions,
    meeting_availability,
    meetings,
    notifications,
    jobs,
)


class FieldProblem(View):
    """One offending field of a 422."""

    field: str
    code: str
    message: str


class Problem(View):
    """An error (RFC 9457). `code` is stable; `detail` is Chinese, or English by Accept-Language."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldProblem] = Field(default_factory=list)


def _documented(meaning: str) -> dict[str, Any]:
    return {"model": Problem, "description": meaning, "content": {"application/problem+json": {}}}


ERRORS: dict[int | str, dict[str, Any]] = {
    400: _documented("请求格式无法识别 / malformed request"),
    401: _documented("未登录或登录已过期 / not signed in"),
    403: _documented("没有此项权限 / not permitted"),
    404: _documented("不存在或无权查看 / not found or not visible"),
    409: _documented("与当前状态或已有数据冲突 / conflict"),
    410: _documented("文件已过期 / the file has expired"),
    412: _documented("内容已被他人修改 / stale version"),
    413: _documented("内容过大 / too large"),
    415: _documented("不支持的文件类型 / unsupported file type"),
    422: _documented("内容有误，见 errors / invalid input"),
    428: _documented("缺少 If-Match / version required"),
    429: _documented("请求过于频繁 / too many requests"),
    503: _documented("服务暂时不可用 / unavailable"),
}
"""The errors that every route documents."""
