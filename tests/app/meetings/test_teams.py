"""What becomes of meetings when their team is taken over by a unit, or is to be deleted."""

from __future__ import annotations

from app.db import Database
from app.models import Requirement
from app.models.matching import Candidate, CandidateRole, MatchRound, RoundStatus
from tests import factories
from tests.app.meetings.conftest import API, NINE, Event, Team


def test_a_unit_that_takes_a_team_over_has_its_meetings(
    event: Event, curtain: Requirement, gear: Requirement, first: Team, db: Database
) -> None:
    unclaimed = factories.make_solver(db, "功能纺织品课题组", source="import", external_id="S-1")
    meeting = event.arrange(curtain, Team(unclaimed, first.client))
    event.put(meeting, NINE, "大")
    event.publish()
    with db.write() as session:
        found = MatchRound(challenge_id=event.challenge.id, status=RoundStatus.PUBLISHED)
        session.add(found)
        session.flush()
        session.add(
            Candidate(
                round_id=found.id, requirement_id=gear.id, solver_id=unclaimed.id, rank=1, score=0.5, grade="A",
                expected_grade=3.5, probability=0.8, is_adequate=True, role=CandidateRole.ASSIGNED,
            )
        )  # fmt: skip
    url = f"{API}/meetings/{meeting}"
    assert first.client.get(url).status_code == 404
    body = {"solver_id": str(unclaimed.id), "into_id": str(first.profile.id), "reason": "是本所课题组。"}
    filed = first.client.post(f"{API}/claims", json=body).json()
    assert event.organizer.post(f"{API}/claims/{filed['id']}/approve", json={}).status_code == 200
    assert first.client.get(url).json()["solver"]["id"] == str(first.profile.id)
    made = event.organizer.post(
        event.url("/gather"), json={"source": "round", "round_id": str(found.id)}
    ).json()
    assert [row["solver"]["id"] for row in made["made"]] == [str(first.profile.id)]


def test_a_team_that_meets_is_switched_off_and_not_deleted(
    event: Event, curtain: Requirement, first: Team
) -> None:
    meeting = event.arrange(curtain, first)
    assert event.organizer.delete(f"{API}/solvers/{first.profile.id}").status_code == 204
    assert event.organizer.get(f"{API}/solvers/{first.profile.id}").json()["is_active"] is False
    assert event.organizer.get(f"{API}/meetings/{meeting}").status_code == 200
