"""Who hears of submissions and answers."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from tests.factories import REQUIREMENT


def inbox(client: TestClient) -> list[dict[str, Any]]:
    return list(client.get("/api/v1/notifications").json()["items"])


def events(client: TestClient) -> list[str]:
    return sorted(item["event"] for item in inbox(client))


def filed(seeker: TestClient) -> str:
    url: str = seeker.post("/api/v1/requirements", json=REQUIREMENT).headers["location"]
    assert seeker.post(f"{url}/submit").status_code == 200
    return url


def test_organizers_hear_of_a_submission_and_the_seeker_of_every_answer(
    seeker: TestClient, organizer: TestClient, other_seeker: TestClient
) -> None:
    url = filed(seeker)
    assert events(organizer) == ["requirement_submitted"]
    organizer.post(f"{url}/approve")
    organizer.post(f"{url}/publish")
    organizer.post(f"{url}/responses", json={"text": "已联系两家高校团队。"})
    assert events(seeker) == [
        "requirement_approved",
        "requirement_published",
        "response_recorded",
        "response_recorded",
    ]
    assert events(other_seeker) == []


def test_a_return_tells_its_reason_and_not_its_words(seeker: TestClient, organizer: TestClient) -> None:
    url = filed(seeker)
    organizer.post(f"{url}/return", json={"reason": "other", "text": "请补充现有工艺参数"})
    (told,) = inbox(seeker)
    assert told["event"] == "requirement_returned"
    assert "其他" in str(told)
    assert "现有工艺参数" not in str(told)


def test_whoever_withdraws_is_not_told_of_it(seeker: TestClient) -> None:
    url = filed(seeker)
    seeker.post(f"{url}/withdraw", json={"reason": "已自行解决"})
    assert events(seeker) == []
