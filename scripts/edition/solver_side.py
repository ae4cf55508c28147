"""The solver side: saved searches with alerts on what fits, and teams that offer themselves."""

from __future__ import annotations

from edition.plan import REPLY_BY, Fate
from edition.service import check, check_equal
from edition.world import Problem, Team, World


def subscribe(world: World) -> None:
    """Before the list of problems is published a team saves a search, and one that nothing fits."""
    team = _teams(world)[0]
    wanted = _wanted(world)
    for name, words in (("关注的方向", wanted.form["title"][:60]), ("别的", "深海载人潜水器浮力材料")):
        team.person.post("/subscriptions", {"name": name, "words": words}, expect=201)


def follow(world: World) -> None:
    """The alert names the new problem once; two teams offer themselves, and one hears why not."""
    for _ in range(2):
        # The first lets the index take in what was published, the second tells of it.
        world.service.work()
    wanted = _wanted(world)
    first, second = _teams(world)
    (saved,) = [row for row in first.person.get("/subscriptions")["items"] if row["name"] == "关注的方向"]
    hits = [row["id"] for row in first.person.every(f"/subscriptions/{saved['id']}/hits")]
    check_equal("alerts on the problem that fits", hits.count(wanted.id), 1)
    for team in (first, second):
        body = {"requirement_id": wanted.id, "text": "本团队有同类中试线。"}
        offered = team.person.post("/interests", body, expect=201)
        world.note(interests=1)
        if team is second:
            reason = {"reason": "已有三个团队表达意向，本轮名额有限。"}
            world.admin.post(f"/interests/{offered['id']}/decline", reason)
            read = team.person.get(f"/interests/{offered['id']}")
            check_equal("what the team reads", read["answer"], reason["reason"])
    check_equal(
        "offers that the seeker reads", wanted.seeker.total("/interests", requirement_id=wanted.id), 2
    )
    world.note(alerts=len(hits), registrations=1, claims=1)


def invite_interested(world: World) -> None:
    """The bureau turns the offer that waits into an invitation."""
    (waiting,) = world.admin.get("/interests", requirement_id=_wanted(world).id, status="waiting")["items"]
    done = world.admin.post(f"/interests/{waiting['id']}/invite", {"reply_by": REPLY_BY.isoformat()})
    check(bool(done["invitation_id"]), "an interest that was taken up has no invitation")
    world.note(interests_invited=1)


def _wanted(world: World) -> Problem:
    """The problem that the team with the saved search waits for: clear, and shown to everybody."""
    return next(
        row
        for row in world.problems
        if row.fate is Fate.CLEAR and row.form.get("confidentiality", "public") == "public"
    )


def _teams(world: World) -> tuple[Team, Team]:
    first, second, *_ = world.teams.values()
    return first, second
