"""The words of messages: both languages, the clock of Shanghai, and titles as far as the tier allows."""

from __future__ import annotations

import uuid
from string import Formatter

import pytest

from app.db import Database
from app.models import Challenge, Notification, Organization, Requirement
from app.models.challenge import ChallengeStatus
from app.models.notification import Event
from app.models.requirement import Confidentiality, ReturnReason
from app.notifications.catalogue import EVENTS
from app.notifications.rendering import render
from app.notifications.titles import titles

AT = "2026-12-01T15:30:00+00:00"


def message(event: Event, **fields: object) -> Notification:
    return Notification(id=uuid.uuid4(), event=event, **{"parameters": {}, **fields})


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_words_name_exactly_the_parameters_of_the_event(event: Event, language: str) -> None:
    texts = EVENTS[event]
    named = {
        name for text in texts.in_language(language) for _, name, _, _ in Formatter().parse(text) if name
    }
    assert named - {"title"} == set(texts.parameters)


def test_instants_are_shown_on_the_clock_of_shanghai() -> None:
    row = message(Event.INVITATION_SENT, parameters={"reply_by": AT})
    assert (
        render(row, "zh", "").sentence
        == "邀请您的团队参与技术需求，请在 2026-12-01 23:30（北京时间） 前回复。"
    )
    assert "by 2026-12-01 23:30 (UTC+8)." in render(row, "en", "").sentence


def test_codes_are_shown_as_the_words_people_know() -> None:
    row = message(Event.REQUIREMENT_RETURNED, parameters={"reason": ReturnReason.NOT_A_REQUIREMENT.value})
    assert "原因：技术需求不符合要求。" in render(row, "zh", "").sentence
    assert "Reason: not a requirement." in render(row, "en", "").sentence


def test_braces_in_a_title_are_only_braces() -> None:
    assert (
        render(message(Event.REQUIREMENT_APPROVED), "zh", "{title}{0}").headline
        == "技术需求“{title}{0}”审核通过"
    )


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        (Confidentiality.PUBLIC, "锦绣家纺阻燃窗帘面料的耐洗性提升"),
        (Confidentiality.ANONYMOUS, "某企业阻燃窗帘面料的耐洗性提升"),
        (Confidentiality.RESTRICTED, ""),
    ],
)
def test_a_title_is_said_as_far_as_the_tier_allows_when_the_message_is_made(
    db: Database, requirement: Requirement, tier: Confidentiality, expected: str
) -> None:
    row = message(Event.REQUIREMENT_APPROVED, requirement_id=requirement.id)
    with db.write() as session:
        session.get_one(Requirement, requirement.id).confidentiality = tier
    with db.read() as session:
        assert titles(session, [row]) == {row.id: expected}


def test_a_challenge_lends_its_name_only_where_no_requirement_is_meant(
    db: Database, requirement: Requirement, seeker_organization: Organization
) -> None:
    with db.write() as session:
        challenge = Challenge(code="TH2026", name="通海市挑战赛", status=ChallengeStatus.OPEN)
        session.add(challenge)
        session.flush()
        session.get_one(Requirement, requirement.id).confidentiality = Confidentiality.RESTRICTED
    both = message(Event.INVITATION_EXPIRED, requirement_id=requirement.id, challenge_id=challenge.id)
    alone = message(Event.STAGE_CHANGED, challenge_id=challenge.id)
    gone = message(Event.INVITATION_EXPIRED, requirement_id=uuid.uuid4())
    with db.read() as session:
        assert titles(session, [both, alone, gone]) == {both.id: "", alone.id: "通海市挑战赛", gone.id: ""}
