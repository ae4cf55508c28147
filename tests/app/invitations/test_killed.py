"""A process that is killed while it sends the invitations of a round: nobody is asked, and then everybody once."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from app.db import Database
from app.models import Challenge, Invitation, Notification, Organization
from app.models.notification import Event
from app.models.requirement import RequirementStatus
from tests.app.invitations.conftest import Clients, Team
from tests.app.invitations.invitations_in import published_round
from tests.app.invitations.test_invitations import in_days
from tests.app.killing import Scene, kill_in
from tests.app.requirements.states import requirement_in
from tests.conftest import TEST_SECRET


def asked(db: Database) -> tuple[int, int]:
    """How many invitations there are, and how many messages about them."""
    sent = select(func.count()).select_from(Notification).where(Notification.event == Event.INVITATION_SENT)
    with db.read() as session:
        return session.scalar(select(func.count(Invitation.id))) or 0, session.scalar(sent) or 0


def test_a_mailing_whose_process_is_killed_reaches_nobody_and_everybody_once_when_retried(
    db: Database,
    clients: Clients,
    challenge: Challenge,
    seeker_organization: Organization,
    first: Team,
    second: Team,
    third: Team,
    tmp_path: Path,
) -> None:
    requirement = requirement_in(db, seeker_organization, RequirementStatus.MATCHING)
    found = published_round(db, challenge, requirement, [first.profile, second.profile, third.profile])
    path, body = f"/api/v1/rounds/{found.id}/invitations", {"reply_by": in_days(6)}
    organizer = clients.organizer
    headers = {"Idempotency-Key": "mail-once", "Authorization": organizer.headers["Authorization"]}
    scene = Scene("app.invitations.service:record", 2, path=path, body=body, headers=headers)
    kill_in(scene, db, tmp_path, TEST_SECRET)
    assert asked(db) == (0, 0)

    for _ in range(2):
        sent = organizer.post(path, json=body, headers=headers)
        assert (sent.status_code, len(sent.json()["sent"])) == (201, 3), sent.text
        assert asked(db) == (3, 3)
