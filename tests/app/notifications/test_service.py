"""What is noted, for whom, over which channels, and that it is noted once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from app.db import Database
from app.models import Delivery, Membership, Notification, Organization, Requirement, Role, User, Webhook
from app.models.notification import Channel, Event, EventGroup
from app.models.requirement import ReturnReason
from app.notifications import preferences, service
from app.notifications.catalogue import EVENTS
from app.notifications.service import Person, RoleHolders, Subject, notify
from tests import factories
from tests.app.notifications.conftest import Tell, deliveries

SUBJECT = Subject("requirement", uuid.UUID(int=1))
E_ = Event.REQUIREMENT_APPROVED


def rows(db: Database) -> list[Notification]:
    with db.read() as session:
        return list(session.scalars(select(Notification).order_by(Notification.id)))


def test_a_person_gets_one_row_and_one_mail_however_often_named(db: Database, person: User) -> None:
    with db.write() as session:
        recipients = [person.id, Person(person.id), RoleHolders(Role.SEEKER)]
        assert notify(session, event=E_, recipients=recipients, subject=SUBJECT) == 1
    assert [row.user_id for row in rows(db)] == [person.id]
    assert [(row.channel, row.address) for row in deliveries(db)] == [(Channel.EMAIL, person.email)]


def test_nothing_is_told_when_the_transaction_of_the_event_fails(db: Database, person: User) -> None:
    with pytest.raises(RuntimeError), db.write() as session:
        notify(session, event=E_, recipients=[person.id], subject=SUBJECT)
        raise RuntimeError
    assert rows(db) == [] and deliveries(db) == []


def test_an_occasion_is_told_once(db: Database, person: User) -> None:
    for count in (1, 0):
        with db.write() as session:
            told = notify(session, event=E_, recipients=[person.id], subject=SUBJECT, once="due:1")
            assert told == count
    with db.write() as session:
        assert notify(session, event=E_, recipients=[person.id], subject=SUBJECT, once="due:2") == 1
    assert len(rows(db)) == 2 and len(deliveries(db)) == 2


def test_role_holders_are_those_of_the_named_unit(
    db: Database, seeker_organization: Organization, other_organization: Organization
) -> None:
    own = factories.make_user(db, Role.SEEKER, seeker_organization)
    factories.make_user(db, Role.SEEKER, other_organization)
    factories.make_user(db, Role.SOLVER, seeker_organization)
    with db.write() as session:
        recipients = [RoleHolders(Role.SEEKER, seeker_organization.id)]
        notify(session, event=E_, recipients=recipients, subject=SUBJECT)
    assert [(row.user_id, row.organization_id) for row in rows(db)] == [(own.id, seeker_organization.id)]


def test_switched_off_unknown_and_acting_persons_are_not_told(
    db: Database, person: User, seeker_organization: Organization
) -> None:
    gone = factories.make_user(db, Role.SEEKER, seeker_organization)
    with db.write() as session:
        session.get_one(User, gone.id).is_active = False
    with db.write() as session:
        recipients = [gone.id, uuid.UUID(int=7), person.id]
        told = notify(session, event=E_, recipients=recipients, subject=SUBJECT, but_not=person.id)
    assert told == 0 and rows(db) == []


def test_nobody_is_told_on_behalf_of_a_unit_he_does_not_belong_to(
    db: Database, person: User, other_organization: Organization
) -> None:
    with db.write() as session:
        recipients = [Person(person.id, other_organization.id)]
        assert notify(session, event=E_, recipients=recipients, subject=SUBJECT) == 0


def test_a_thousand_recipients_are_told_once_each(db: Database, seeker_organization: Organization) -> None:
    with db.write() as session:
        for number in range(1_000):
            user = User(email=f"u{number}@example.com", password_hash="unusable")
            user.memberships = [Membership(role=Role.SEEKER, organization_id=seeker_organization.id)]
            session.add(user)
    with db.write() as session:
        assert notify(session, event=E_, recipients=[RoleHolders(Role.SEEKER)], subject=SUBJECT) == 1_000
    with db.read() as session:
        assert session.scalar(select(func.count(func.distinct(Delivery.address)))) == 1_000


@pytest.mark.parametrize(
    ("event", "parameters"),
    [
        (E_, {"text": "机密"}),
        (Event.REQUIREMENT_RETURNED, {}),
        (Event.REQUIREMENT_RETURNED, {"reason": "因为指标不全"}),
        (Event.CANDIDATES_PUBLISHED, {"count": "three"}),
        (Event.CANDIDATES_PUBLISHED, {"count": True}),
        (Event.JOB_FAILED, {"code": "a sentence with words"}),
        (Event.DEADLINE_EXTENDED, {"stage": "proposals", "closes_at": datetime(2026, 12, 1)}),
    ],
)
def test_free_text_and_wrong_parameters_are_refused(
    db: Database, person: User, event: Event, parameters: dict[str, object]
) -> None:
    with pytest.raises(ValueError), db.write() as session:
        notify(session, event=event, recipients=[person.id], subject=SUBJECT, parameters=parameters)  # type: ignore[arg-type]
    assert rows(db) == []


def test_parameters_are_kept_as_codes_and_instants(db: Database, tell: Tell) -> None:
    closes_at = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
    tell(Event.DEADLINE_EXTENDED, parameters={"stage": "proposals", "closes_at": closes_at})
    tell(Event.REQUIREMENT_RETURNED, parameters={"reason": ReturnReason.FORMAT})
    assert [row.parameters for row in rows(db)] == [
        {"stage": "proposals", "closes_at": "2026-12-01T09:30:00+00:00"},
        {"reason": "format"},
    ]


def test_every_event_has_words() -> None:
    assert set(EVENTS) == set(Event)
    assert {texts.group for texts in EVENTS.values()} == set(EventGroup)


def test_a_switched_off_channel_is_not_used(db: Database, person: User, tell: Tell) -> None:
    off = [(EventGroup.REQUIREMENTS, channel, False) for channel in (Channel.EMAIL, Channel.WEBHOOK)]
    with db.write() as session:
        preferences.change(session, person.id, switches=off)
    tell()
    assert len(rows(db)) == 1 and deliveries(db) == []
    tell(Event.INVITATION_ACCEPTED)
    assert [row.channel for row in deliveries(db)] == [Channel.EMAIL]


def test_a_person_who_wants_mail_only_has_an_empty_inbox(db: Database, person: User, tell: Tell) -> None:
    with db.write() as session:
        preferences.change(session, person.id, switches=[(EventGroup.REQUIREMENTS, Channel.INBOX, False)])
    tell()
    assert [row.is_in_inbox for row in rows(db)] == [False] and len(deliveries(db)) == 1
    with db.write() as session:
        preferences.change(session, person.id, switches=[(EventGroup.REQUIREMENTS, Channel.EMAIL, False)])
    tell()
    assert len(rows(db)) == 1


def test_account_security_reaches_whoever_switched_it_off_by_force(
    db: Database, person: User, requirement: Requirement
) -> None:
    with db.write() as session:
        preferences.change(session, person.id)
        row = session.get_one(preferences.NotificationPreference, person.id)
        row.switched_off = ["security:email", "security:inbox"]
    locked_until = datetime(2026, 12, 1, tzinfo=UTC)
    with db.write() as session:
        service.notify(
            session,
            event=Event.ACCOUNT_LOCKED,
            recipients=[person.id],
            subject=Subject("user", person.id),
            parameters={"locked_until": locked_until},
        )
    assert [row.is_in_inbox for row in rows(db)] == [True]
    assert [row.channel for row in deliveries(db)] == [Channel.EMAIL]


def test_a_webhook_hears_what_it_asked_for_on_behalf_of_its_own_unit(
    db: Database,
    person: User,
    seeker_organization: Organization,
    other_organization: Organization,
    make_webhook: Callable[..., tuple[Webhook, str]],
) -> None:
    with db.write() as session:
        session.add(Membership(user_id=person.id, role=Role.SOLVER, organization_id=other_organization.id))
    webhook, _ = make_webhook(person, "https://erp.example.com/", events=(E_,))
    for event, organization in (
        (E_, seeker_organization),
        (E_, other_organization),
        (Event.REQUIREMENT_PUBLISHED, seeker_organization),
    ):
        with db.write() as session:
            notify(session, event=event, recipients=[Person(person.id, organization.id)], subject=SUBJECT)
    sent = deliveries(db, Channel.WEBHOOK)
    assert [(row.webhook_id, row.notification_id) for row in sent] == [(webhook.id, rows(db)[0].id)]
