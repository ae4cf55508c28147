"""Who reviews what: by hand and in bulk, never against a conflict of interest; reviewers see what is theirs."""

from __future__ import annotations

import uuid
from collections import Counter
from threading import Barrier, Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.challenges import entries
from app.config import Settings
from app.db import Database
from app.errors import JiebangError
from app.models import Challenge, Membership, Notification, Organization, Requirement, ReviewAssignment, Role
from app.models.notification import Event
from app.models.requirement import RequirementStatus
from app.models.review import ASSIGNMENT_TRANSITIONS, AssignmentStatus
from app.reviews import repository, service
from app.reviews.policy import ASSIGNABLE_STATUSES
from tests.app.requirements.states import requirement_in
from tests.app.reviews.conftest import API, Person, Reviewers, assign

S, A = RequirementStatus, AssignmentStatus


def told(db: Database, event: Event) -> set[uuid.UUID]:
    with db.read() as session:
        return set(session.scalars(select(Notification.user_id).where(Notification.event == event)))


def test_a_reviewer_sees_what_is_assigned_and_nothing_else(
    db: Database,
    organizer: TestClient,
    first: Person,
    second: Person,
    requirement: Requirement,
    seeker_organization: Organization,
) -> None:
    requirement_in(db, seeker_organization, S.PUBLISHED)
    url = f"{API}/requirements/{requirement.id}"
    assert first.client.get(url).status_code == 404
    given = assign(organizer, requirement, first)
    assert (given.status_code, given.json()["reviewer"]["id"]) == (201, first.id)
    assert first.client.get(url).json()["organization"]["name"] == seeker_organization.name
    assert first.client.get(f"{API}/requirements").json()["total"] == 1
    assert second.client.get(f"{API}/requirements").json()["total"] == 0
    assert second.client.get(url).status_code == 404
    for verb, body in (("accept", {}), ("refine", None), ("return", {"reason": "format"})):
        assert second.client.post(f"{url}/{verb}", json=body).status_code == 404
    assert first.client.get(f"{API}/reviews").json()["total"] == 1
    assert second.client.get(f"{API}/reviews").json()["total"] == 0
    assert told(db, Event.REVIEW_ASSIGNED) == {first.user.id}


def test_nobody_is_assigned_twice_and_only_reviewers_are(
    organizer: TestClient, first: Person, requirement: Requirement
) -> None:
    assign(organizer, requirement, first)
    assert assign(organizer, requirement, first).json()["code"] == "already_assigned"
    organizer_id = organizer.get(f"{API}/me").json()["id"]
    for nobody in (organizer_id, str(uuid.uuid4())):
        answer = organizer.post(f"{API}/requirements/{requirement.id}/reviews", json={"reviewer_id": nobody})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_reviewer")


@pytest.mark.parametrize("status", list(S))
def test_only_what_is_under_review_is_assigned(
    db: Database,
    organizer: TestClient,
    first: Person,
    seeker_organization: Organization,
    status: RequirementStatus,
) -> None:
    made = requirement_in(db, seeker_organization, status)
    answer = assign(organizer, made, first)
    if status is S.DRAFT:
        assert answer.status_code == 404
    else:
        assert answer.status_code == (201 if status in ASSIGNABLE_STATUSES else 409)


@pytest.mark.parametrize("role", list(Role))
def test_only_staff_assign(
    sign_in: Any, bureau: Organization, first: Person, requirement: Requirement, role: Role
) -> None:
    is_staff = role in (Role.ORGANIZER, Role.ADMIN)
    assert assign(sign_in(role, bureau), requirement, first).status_code == (201 if is_staff else 403)


def test_a_reviewer_of_the_seekers_own_unit_is_refused_and_blinded(
    db: Database,
    organizer: TestClient,
    reviewers: Reviewers,
    first: Person,
    requirement: Requirement,
    seeker_organization: Organization,
) -> None:
    own = reviewers.new(seeker_organization)
    assert assign(organizer, requirement, own).json()["code"] == "reviewer_barred"
    assign(organizer, requirement, first)
    with db.write() as session:
        session.add(
            Membership(user_id=first.user.id, role=Role.SEEKER, organization_id=seeker_organization.id)
        )
    # As a member of the unit the person reads the form, but judges it no longer.
    url = f"{API}/requirements/{requirement.id}"
    assert first.client.get(url).status_code == 200
    refused = first.client.post(f"{url}/refine")
    assert (refused.status_code, refused.json()["code"]) == (403, "conflict_of_interest")


def test_a_declared_conflict_ends_the_assignment_and_bars_a_new_one(
    db: Database, organizer: TestClient, first: Person, second: Person, requirement: Requirement
) -> None:
    body = {"requirement_id": str(requirement.id), "reason": "有在研合作。"}
    unseen = first.client.post(f"{API}/review-conflicts", json=body)
    assert (unseen.status_code, unseen.json()["errors"][0]["code"]) == (422, "unknown_requirement")
    assign(organizer, requirement, first)
    assert first.client.post(f"{API}/review-conflicts", json=body).status_code == 201
    assert first.client.get(f"{API}/requirements/{requirement.id}").status_code == 404
    assert assign(organizer, requirement, first).json()["code"] == "reviewer_barred"
    (ended,) = organizer.get(f"{API}/reviews").json()["items"]
    assert (ended["status"], ended["reason"]) == ("conflict", "有在研合作。")
    organizer_id = uuid.UUID(organizer.get(f"{API}/me").json()["id"])
    assert told(db, Event.REVIEW_CONFLICT) == {organizer_id}
    assert organizer.get(f"{API}/review-conflicts").json()["total"] == 1
    assert second.client.get(f"{API}/review-conflicts").json()["total"] == 0


def test_a_conflict_with_a_unit_bars_everything_of_it(
    db: Database,
    organizer: TestClient,
    first: Person,
    requirement: Requirement,
    seeker_organization: Organization,
    other_organization: Organization,
) -> None:
    other = requirement_in(db, seeker_organization, S.SUBMITTED)
    stranger = requirement_in(db, other_organization, S.SUBMITTED)
    for made in (requirement, other, stranger):
        assign(organizer, made, first)
    body = {"organization_id": str(seeker_organization.id), "reason": "曾任职。"}
    for _ in range(2):
        assert first.client.post(f"{API}/review-conflicts", json=body).status_code == 201
    active = first.client.get(f"{API}/reviews", params={"status": "active"}).json()["items"]
    assert [item["requirement_id"] for item in active] == [str(stranger.id)]
    later = requirement_in(db, seeker_organization, S.SUBMITTED)
    assert assign(organizer, later, first).json()["code"] == "reviewer_barred"


@pytest.mark.parametrize("body", [{}, {"requirement_id": None}, {"both": True}])
def test_a_conflict_names_one_object(first: Person, body: dict[str, Any]) -> None:
    if body.get("both"):
        body = {"requirement_id": str(uuid.uuid4()), "organization_id": str(uuid.uuid4())}
    answer = first.client.post(f"{API}/review-conflicts", json={**body, "reason": "x"})
    assert answer.status_code == 422


def test_another_reviewer_takes_over(
    organizer: TestClient, first: Person, second: Person, requirement: Requirement
) -> None:
    given = assign(organizer, requirement, first).json()
    url = f"{API}/reviews/{given['id']}/reassign"
    body = {"reviewer_id": second.id, "reason": "出差。"}
    assert organizer.post(url, json=body).json()["reviewer"]["id"] == second.id
    assert first.client.get(f"{API}/requirements/{requirement.id}").status_code == 404
    assert second.client.get(f"{API}/requirements/{requirement.id}").status_code == 200
    again = organizer.post(url, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "move_not_allowed")


def test_an_ended_assignment_stays_ended() -> None:
    assert set(ASSIGNMENT_TRANSITIONS) == set(A)
    assert all(not ASSIGNMENT_TRANSITIONS[status] for status in A if status is not A.ACTIVE)


@pytest.mark.parametrize("status", list(A))
@pytest.mark.parametrize("verb", ["reassign", "remove"])
def test_only_what_is_active_ends(
    db: Database,
    organizer: TestClient,
    first: Person,
    second: Person,
    requirement: Requirement,
    status: AssignmentStatus,
    verb: str,
) -> None:
    given = assign(organizer, requirement, first).json()
    with db.write() as session:
        session.get_one(ReviewAssignment, uuid.UUID(given["id"])).status = status
    body = {"reason": "x", **({"reviewer_id": second.id} if verb == "reassign" else {})}
    answer = organizer.post(f"{API}/reviews/{given['id']}/{verb}", json=body)
    assert (answer.status_code < 300) == (status is A.ACTIVE)
    assert first.client.post(f"{API}/reviews/{given['id']}/{verb}", json=body).status_code == 403


def bulk(client: TestClient, challenge: Challenge, **fields: Any) -> Any:
    return client.post(f"{API}/challenges/{challenge.id}/reviews", json=fields)


def test_bulk_assignment_is_even_keeps_off_conflicts_and_says_what_is_missing(
    db: Database,
    organizer: TestClient,
    reviewers: Reviewers,
    challenge: Challenge,
    seeker_organization: Organization,
    other_organization: Organization,
) -> None:
    people = [reviewers.new() for _ in range(3)]
    own = reviewers.new(seeker_organization)
    made = [requirement_in(db, seeker_organization, S.SUBMITTED) for _ in range(8)]
    made += [requirement_in(db, other_organization, S.TECHNICAL_REVIEW) for _ in range(4)]
    outside = requirement_in(db, other_organization, S.PUBLISHED)
    with db.write() as session:
        for row in [*made, outside]:
            entries.enter(session, challenge.id, row.id)
    trial = bulk(organizer, challenge, per_requirement=2, is_trial=True).json()
    assert trial["is_trial"]
    assert organizer.get(f"{API}/reviews").json()["total"] == 0
    done = bulk(organizer, challenge, per_requirement=2).json()
    assert done["items"] == trial["items"]
    assert {item["requirement_id"] for item in done["items"]} == {str(row.id) for row in made}
    assert all(item["missing"] == 0 and len(item["added"]) == 2 for item in done["items"])
    loads = Counter(person["id"] for item in done["items"] for person in item["added"])
    assert loads[own.id] == 4
    assert max(loads[person.id] for person in people) - min(loads[person.id] for person in people) <= 1
    units = {str(row.id): row.organization_id for row in made}
    for item in done["items"]:
        if own.id in [person["id"] for person in item["added"]]:
            assert units[item["requirement_id"]] == other_organization.id
    again = bulk(organizer, challenge, per_requirement=2).json()
    assert all(item["added"] == [] and item["missing"] == 0 for item in again["items"])
    more = bulk(organizer, challenge, per_requirement=4).json()
    missing = {item["requirement_id"]: item["missing"] for item in more["items"]}
    assert all(missing[str(row.id)] == (row.organization_id == seeker_organization.id) for row in made)


def test_bulk_assignment_takes_the_named_reviewers_only(
    db: Database,
    organizer: TestClient,
    first: Person,
    second: Person,
    challenge: Challenge,
    requirement: Requirement,
) -> None:
    with db.write() as session:
        entries.enter(session, challenge.id, requirement.id)
    (item,) = bulk(organizer, challenge, reviewer_ids=[second.id]).json()["items"]
    assert [person["id"] for person in item["added"]] == [second.id]
    unknown = bulk(organizer, challenge, reviewer_ids=[str(uuid.uuid4())])
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "reviewer_ids")


def test_of_two_who_assign_the_same_reviewer_at_once_one_wins(
    settings: Settings, db: Database, first: Person, requirement: Requirement
) -> None:
    together, outcomes = Barrier(2), []

    def run() -> None:
        own = Database(settings.database_url)
        together.wait()
        try:
            with own.write() as session:
                service.assign(session, SYSTEM, requirement.id, first.user.id)
            outcomes.append("assigned")
        except JiebangError as error:
            outcomes.append(error.code)
        own.dispose()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already_assigned", "assigned"]
    with db.read() as session:
        assert repository.active(session, [requirement.id]) == {requirement.id: {first.user.id}}


def test_a_reviewer_who_is_a_solver_too_learns_no_hidden_name_of_what_is_not_assigned(
    db: Database,
    organizer: TestClient,
    first: Person,
    institute: Organization,
    seeker_organization: Organization,
) -> None:
    hidden = {"confidentiality": "anonymous", "title": f"{seeker_organization.name}的难题"}
    published = requirement_in(db, seeker_organization, S.PUBLISHED, hidden)
    with db.write() as session:
        session.add(Membership(user_id=first.user.id, role=Role.SOLVER, organization_id=institute.id))
    body = first.client.get(f"{API}/requirements/{published.id}").json()
    assert body["organization"] is None
    assert "锦绣" not in body["title"]
    found = first.client.get(f"{API}/requirements", params={"q": "锦绣"}).json()
    assert found["total"] == 0
