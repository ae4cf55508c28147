"""The match round: candidates, a fair assignment, what seekers read of it, invitations and what teams reply."""

from __future__ import annotations

from datetime import datetime, timedelta

from edition.plan import MATCHED, REPLY_BY, Fate
from edition.service import Row, check, check_equal
from edition.world import Problem, Team, World, chosen

TEAMS, ALTERNATES, TOP = 2, 3, 15
ACCEPT, DECLINE = 0.55, 0.25
"""Shares of the invited teams that accept and decline, ours; the others stay silent."""
RESERVE = 1.4
"""So many times the wanted agreements have a team that is bound to come, because on the way some fall away."""


def match(world: World) -> None:
    """One round over all published problems; a pin and a ban by hand make it run again; no rule is broken."""
    body = {"top": TOP, "teams": TEAMS, "alternates": ALTERNATES}
    started = world.organizer.post(f"{world.challenge}/rounds", body, expect=202)
    world.organizer.refused(f"{world.challenge}/rounds", body, code="round_in_progress")
    world.service.run_jobs()
    ban_a_pair(world, started["id"])
    repeated = world.organizer.post(f"/rounds/{started['id']}/rerun", {"keeping_value": 0.1}, expect=202)
    world.service.run_jobs()
    world.round_id = repeated["id"]
    found = world.organizer.get(f"/rounds/{world.round_id}")
    check_equal("requirements of the round", found["requirements"], world.facts["published"])
    world.organizer.get(f"/rounds/{world.round_id}/compare", **{"with": started["id"]})
    check_capacities(world)
    world.note(candidates=found["candidates"], assigned_pairs=found["assigned"])


def ban_a_pair(world: World, round_id: str) -> None:
    """The bureau forbids the first assigned pair: whoever computed the round must compute it again."""
    rows = world.organizer.every(f"/rounds/{round_id}/assignments", served=True)
    row = next(iter(rows), None)
    check(row is not None, "no problem has an adequate team")
    assert row is not None
    team = row["teams"][0]
    path = f"/rounds/{round_id}/pairs/{row['requirement_id']}/{team['solver_id']}"
    body = {"verdict": "forbidden", "reason": "双方已在执行同一合同。"}
    world.organizer.call("PUT", path, json=body)
    world.organizer.refused(f"/rounds/{round_id}/publish", code="round_outdated")
    world.banned = (row["requirement_id"], team["solver_id"])


def check_capacities(world: World) -> None:
    """Nobody has more problems than places, and a forbidden pair is not assigned."""
    for row in world.organizer.every(f"/rounds/{world.round_id}/teams"):
        check(row["assigned"] <= row["capacity"], f"a team has more problems than places: {row}")
    for row in world.organizer.every(f"/rounds/{world.round_id}/assignments"):
        for team in row["teams"]:
            pair = (row["requirement_id"], team["solver_id"])
            check(pair != world.banned, "a forbidden pair was assigned")
            world.assigned.setdefault(row["requirement_id"], []).append(team["solver_id"])


def publish_round(world: World) -> None:
    """Every problem of the round is answered: with its candidates, or with what was searched."""
    done = world.organizer.post(f"/rounds/{world.round_id}/publish")
    served, unserved = set(done["with_candidates"]), set(done["without_adequate"])
    check_equal("problems answered by the round", len(served | unserved), world.facts["published"])
    for problem in world.with_fate(Fate.UNSOLVABLE):
        check(problem.id in unserved, f"{problem.form['title']} cannot be solved, but has candidates")
        (answer,) = [row for row in answers_to(world, problem) if row["kind"] == "no_adequate_solver"]
        check(bool(answer["detail"]["searched"]["achievements"]), "an answer must say what was searched")
    world.note(with_candidates=len(served), without_adequate=len(unserved))
    choose_promising(world)


def answers_to(world: World, problem: Problem) -> list[Row]:
    """What the seeker of a problem reads."""
    return list(problem.seeker.get(f"{problem.path}/responses")["items"])


def choose_promising(world: World) -> None:
    """The problems whose first team will come, so that the wanted number of agreements can be signed."""
    wanted = round(world.size.agreements * RESERVE) + 1
    matched = [
        problem
        for problem in world.problems
        if problem.fate in (Fate.CLEAR, Fate.VAGUE) and problem.id in world.assigned
    ]
    check(len(matched) >= world.size.agreements, f"only {len(matched)} problems have an assigned team")
    world.promising = {problem.id for problem in matched[:wanted]}


def invite(world: World) -> None:
    """Every assigned team is asked, once however often the bureau sends."""
    body = {"reply_by": REPLY_BY.isoformat(), "message": "请确认能否参加对接。", "invites_alternates": True}
    sent = world.organizer.post(f"/rounds/{world.round_id}/invitations", body, expect=201)
    check_equal(
        "pairs invited or passed over", len(sent["sent"]) + len(sent["passed"]), world.facts["assigned_pairs"]
    )
    again = world.organizer.post(f"/rounds/{world.round_id}/invitations", body, expect=201)
    check_equal("sent a second time", again["sent"], [])
    world.note(first_invitations=len(sent["sent"]))


def reply(world: World) -> None:
    """Teams open, accept and decline; who is silent is reminded and expires, alternates follow."""
    withdraw_after_invitation(world)
    for days in (1, 4, 8):
        world.live_until(MATCHED + timedelta(days=days))
        reply_to_all(world)
    reply_too_late(world)
    world.live_until(REPLY_BY)
    for days in (3, 9):
        world.live_until(REPLY_BY + timedelta(days=days))
        reply_to_all(world)
    world.live_until(REPLY_BY + timedelta(days=12))
    open_ones = list(world.organizer.every("/invitations", status=["sent", "opened"]))
    for row in open_ones:
        world.organizer.post(f"/invitations/{row['id']}/cancel", {"reason": "本轮对接名单已确定。"})


def reply_to_all(world: World) -> None:
    """Each team that has made up its mind replies to what it has not replied to yet."""
    for row in list(world.organizer.every("/invitations", status=["sent", "opened"])):
        team, problem = world.teams[row["solver"]["id"]], world.by_id()[row["requirement_id"]]
        verdict = mind_of(world, problem, team)
        if verdict == "silent":
            continue
        opened = team.person.post(f"/invitations/{row['id']}/open")
        check_equal("an opened invitation", opened["status"], "opened")
        body = {"reason": "课题组本年度任务已满。"} if verdict == "decline" else None
        team.person.post(f"/invitations/{row['id']}/{verdict}", body)


def mind_of(world: World, problem: Problem, team: Team) -> str:
    """What a team thinks of an invitation: always the same, whenever it is asked."""
    first = world.assigned.get(problem.id, [""])[0]
    if problem.id in world.promising and team.id == first:
        return "accept"
    number = int(team.person.email.split("@")[0].removeprefix("solver"))
    if chosen(problem.number, number, share=ACCEPT):
        return "accept"
    return "decline" if chosen(problem.number, number, 1, share=DECLINE / (1 - ACCEPT)) else "silent"


def withdraw_after_invitation(world: World) -> None:
    """A seeker withdraws its published problem: with a reason, and everybody invited is told."""
    for problem in world.with_fate(Fate.WITHDRAWN):
        invited = world.organizer.total("/invitations", requirement_id=problem.id)
        problem.seeker.post(f"{problem.path}/withdraw", {"reason": "企业已自行解决该问题。"})
        world.service.work()
        states = {row["status"] for row in world.organizer.every("/invitations", requirement_id=problem.id)}
        check(states <= {"cancelled"}, f"teams of a withdrawn problem are {states}")
        world.note(withdrawn=1, told_of_withdrawal=invited)


def reply_too_late(world: World) -> None:
    """At the very instant of the deadline a reply no longer counts, though nobody has noted it yet."""
    waiting = list(world.organizer.every("/invitations", status=["sent", "opened"]))
    due = [row for row in waiting if datetime.fromisoformat(row["reply_by"]) == REPLY_BY]
    check(bool(due), "no team is silent until the deadline")
    world.service.move_to(REPLY_BY)
    person = world.teams[due[0]["solver"]["id"]].person
    person.refused(f"/invitations/{due[0]['id']}/accept", code="invitation_expired")
    world.note(late_replies=1)
