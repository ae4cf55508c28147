"""Puts the console into an application: static files and the explicit list of page routers, which tests walk."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from app.console.pages.account import router as account
from app.console.pages.agreement_forms import router as agreement_forms
from app.console.pages.agreements import router as agreements
from app.console.pages.analysis import router as analysis
from app.console.pages.answers import router as answers
from app.console.pages.assessments import router as assessments
from app.console.pages.assignments import router as assignments
from app.console.pages.batches import router as batches
from app.console.pages.calendar import router as calendar
from app.console.pages.calls import router as calls
from app.console.pages.challenge_forms import router as challenge_forms
from app.console.pages.challenges import router as challenges
from app.console.pages.claims import router as claims
from app.console.pages.closing import router as closing
from app.console.pages.criteria import router as criteria
from app.console.pages.deliveries import router as deliveries
from app.console.pages.desk import router as desk
from app.console.pages.documents import router as documents
from app.console.pages.door import router as door
from app.console.pages.imports import router as imports
from app.console.pages.inbox import router as inbox
from app.console.pages.interests import router as interests
from app.console.pages.invitations import router as invitations
from app.console.pages.invitees import router as invitees
from app.console.pages.inviting import router as inviting
from app.console.pages.jobs import router as jobs
from app.console.pages.joining import router as joining
from app.console.pages.ledger import router as ledger
from app.console.pages.listings import router as listings
from app.console.pages.meeting_sessions import router as meeting_sessions
from app.console.pages.meetings import router as meetings
from app.console.pages.monitoring import router as monitoring
from app.console.pages.monitoring_targets import router as monitoring_targets
from app.console.pages.passwords import router as passwords
from app.console.pages.people import router as people
from app.console.pages.problems import router as problems
from app.console.pages.proposals import router as proposals
from app.console.pages.registrations import router as registrations
from app.console.pages.replies import router as replies
from app.console.pages.requirement_list import router as requirement_list
from app.console.pages.requirements import router as requirements
from app.console.pages.reviews import router as reviews
from app.console.pages.rounds import router as rounds
from app.console.pages.schedules import router as schedules
from app.console.pages.statements import router as statements
from app.console.pages.subscriptions import router as subscriptions
from app.console.pages.teams import router as teams
from app.console.pages.timetables import router as timetables
from app.console.static_files import CachedStaticFiles

ROUTERS: tuple[APIRouter, ...] = (
    problems,
    door,
    joining,
    passwords,
    account,
    desk,
    # Before what takes every address below a challenge or a requirement.
    documents,
    # Before the requirements, whose moves take every address below one.
    analysis,
    statements,
    replies,
    calls,
    reviews,
    assignments,
    assessments,
    proposals,
    requirement_list,
    batches,
    requirements,
    # Before the challenge itself, whose address would take "new" for an id.
    challenge_forms,
    schedules,
    listings,
    criteria,
    invitees,
    challenges,
    closing,
    rounds,
    teams,
    # Before the invitations, which take every address below theirs.
    inviting,
    invitations,
    # Before the timetables, which take every address below a session.
    meeting_sessions,
    timetables,
    meetings,
    interests,
    subscriptions,
    claims,
    registrations,
    # Before the moves of an agreement, which take every address below one.
    agreement_forms,
    deliveries,
    agreements,
    imports,
    inbox,
    ledger,
    # Before the reports, whose ids take every address below.
    monitoring_targets,
    monitoring,
    answers,
    calendar,
    jobs,
    people,
)


def install(app: FastAPI) -> None:
    """Adds the static files of the pages to `app`; the pages themselves are among the routes of `app.main`."""
    app.mount("/static", CachedStaticFiles(), name="static")
