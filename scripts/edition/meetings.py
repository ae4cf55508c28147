"""Matching meetings and the finals: a timetable without clashes, replies, a move by hand, outcomes."""

from __future__ import annotations

from datetime import timedelta

from edition.plan import MEETING_DAYS
from edition.service import Row, check, check_equal
from edition.world import World

PAIRS_PER_ROOM = 20
FINALISTS = 6
OUTCOMES = {"selected": "agreed", "shortlisted": "continue"}


def arrange(world: World) -> None:
    """Whoever is selected or shortlisted meets its seeker; the service finds times and rooms for all of them."""
    body = {**session_of("matching", "对接会"), "days": [day_of(day) for day in MEETING_DAYS]}
    path = new_session(world, body)
    gathered = world.organizer.post(f"{path}/gather", {"source": "proposal"})
    again = world.organizer.post(f"{path}/gather", {"source": "proposal"})
    check_equal("meetings gathered a second time", again["made"], [])
    for number in range(1 + len(gathered["made"]) // PAIRS_PER_ROOM):
        world.organizer.post(f"{path}/rooms", {"name": f"洽谈室 {number + 1}"}, expect=201)
    busy = gathered["made"][0]["solver"]["id"]
    absent = {"solver_id": busy, "days": list(MEETING_DAYS[1:])}
    world.organizer.call("PUT", f"{path}/parties", json=absent)
    compute(world, path)
    found = meetings_in(world, path)
    check_no_clash(found)
    days = {row["starts_at"][:10] for row in found if row["solver"]["id"] == busy}
    check(MEETING_DAYS[0] not in days, "a team was given a day on which it cannot come")
    told = world.organizer.post(f"{path}/publish", {})
    check_equal("meetings told", told["published"], len(found))
    world.meeting_paths.append(path)
    world.note(meetings=len(found))


def session_of(kind: str, name: str) -> Row:
    """The terms of a session."""
    return {"kind": kind, "name": f"2025 年通海市技术创新挑战赛{name}", "address": "通海市会展中心"}


def day_of(day: str) -> Row:
    """A day with its opening hours and its pause."""
    return {"day": day, "opens": "09:00", "closes": "17:00", "breaks": [{"starts": "12:00", "ends": "13:30"}]}


def new_session(world: World, body: Row) -> str:
    """The path of a session in preparation."""
    made = world.organizer.post(f"{world.challenge}/meeting-sessions", body, expect=201)
    return f"/meeting-sessions/{made['id']}"


def compute(world: World, path: str) -> None:
    """A timetable in which every meeting has a place."""
    world.organizer.post(f"{path}/timetable", {}, expect=202)
    world.service.run_jobs()
    result = world.organizer.get(path)["result"]
    check_equal("the timetable", (result["status"], result["unplaced"]), ("planned", []))


def meetings_in(world: World, path: str) -> list[Row]:
    """The meetings of a session."""
    return list(world.organizer.every("/meetings", session_id=path.split("/")[-1]))


def check_no_clash(found: list[Row]) -> None:
    """Nobody is in two places at once, and no room holds two meetings."""
    for name in ("solver", "organization"):
        held = [(row[name]["id"], row["starts_at"]) for row in found]
        check_equal(f"meetings of a {name} at one time", len(set(held)), len(held))
    rooms = [(row["room_id"], row["starts_at"]) for row in found]
    check_equal("meetings in a room at one time", len(set(rooms)), len(rooms))


def reply(world: World) -> None:
    """Both sides say that they come; one meeting is moved, its parties are told; each has it in its calendar."""
    found = meetings_in(world, world.meeting_paths[0])
    for row in found:
        problem, team = world.by_id()[row["requirement_id"]], world.teams[row["solver"]["id"]]
        for person in (problem.seeker, team.person):
            person.post(f"/meetings/{row['id']}/reply", {"attendance": "confirmed"})
    first = found[0]
    openings = world.organizer.get(f"/meetings/{first['id']}/openings")["items"]
    if openings:
        place = {"starts_at": openings[0]["starts_at"], "room_id": openings[0]["room_id"]}
        world.organizer.post(f"/meetings/{first['id']}/move", place)
        world.note(meetings_moved=1)
    check_no_clash(meetings_in(world, world.meeting_paths[0]))
    calendar = world.teams[first["solver"]["id"]].person.call("GET", "/meetings/calendar.ics").text
    check("BEGIN:VEVENT" in calendar, "the calendar of a team that meets somebody is empty")


def hold(world: World) -> None:
    """What came of each meeting is on record, and the seekers read it; the best come on stage."""
    path = world.meeting_paths[0]
    outcomes = {}
    for row in world.organizer.every("/proposals", status=["selected", "shortlisted"]):
        outcomes[(row["requirement_id"], row["solver"]["id"])] = OUTCOMES[row["status"]]
    found = meetings_in(world, path)
    for row in found:
        outcome = outcomes[(row["requirement_id"], row["solver"]["id"])]
        body = {"outcome": outcome, "note": "双方现场交流了指标与报价。"}
        world.organizer.post(f"/meetings/{row['id']}/outcome", body)
    world.organizer.post(f"{path}/close")
    world.note(meetings_held=len(found))
    come_on_stage(world)


def come_on_stage(world: World) -> None:
    """Finals on one day in one hall, for pairs that the bureau names."""
    day = (world.service.now + timedelta(days=2)).date().isoformat()
    body = {**session_of("finals", "现场赛"), "days": [day_of(day)]}
    path = new_session(world, body)
    world.organizer.post(f"{path}/rooms", {"name": "路演厅", "seats": 200}, expect=201)
    pairs = [
        {"requirement_id": problem_id, "solver_id": team_id}
        for problem_id, (team_id, _) in list(world.selected.items())[:FINALISTS]
    ]
    world.organizer.post(f"{path}/meetings", {"pairs": pairs, "people": 30}, expect=201)
    compute(world, path)
    world.organizer.post(f"{path}/publish", {})
    found = meetings_in(world, path)
    world.live_until(world.service.now + timedelta(days=3))
    for row in found:
        world.organizer.post(
            f"/meetings/{row['id']}/outcome", {"outcome": "agreed", "note": "现场路演通过。"}
        )
    world.organizer.post(f"{path}/close")
    world.note(finals=len(found))
