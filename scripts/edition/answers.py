"""What seekers say of their answers, questions that stop the clock, and the closing that has to be proved."""

from __future__ import annotations

from edition.plan import Fate
from edition.service import Row, check, check_equal
from edition.world import Problem, World, chosen

ACKNOWLEDGED = 0.6
"""Share of the seekers that confirm the result of the round, ours."""
RESULTS = ("candidates", "no_adequate_solver")


def acknowledge(world: World) -> None:
    """Seekers confirm what the round told them; one says that it is no answer and gets another."""
    listed = [row for row in world.problems if row.fate in (Fate.CLEAR, Fate.VAGUE)]
    unhappy, *others = listed
    for problem in others:
        if chosen(problem.number, 6, share=ACKNOWLEDGED):
            body = {"satisfaction": 3 + problem.number % 3, "words": "已阅。"}
            problem.seeker.post(f"/responses/{result_of(problem)}/acknowledge", body)
            world.note(acknowledged=1)
    reopen(world, unhappy)


def result_of(problem: Problem) -> str:
    """The id of the answer that the match round gave."""
    rows = problem.seeker.get(f"{problem.path}/responses")["items"]
    return str(next(row["id"] for row in rows if row["kind"] in RESULTS))


def reopen(world: World, problem: Problem) -> None:
    """An answer that its seeker calls none opens the matter again, and no edition closes over it."""
    body = {"reason": "推荐的团队与我司工艺无关，请重新检索。"}
    problem.seeker.post(f"/responses/{result_of(problem)}/reopen", body)
    (row,) = world.organizer.get(f"{world.challenge}/closing-proof", is_answered=False)["items"]
    check_equal("the problem that lacks an answer", row["requirement_id"], problem.id)
    refuse_to_close(world)
    text = "已按贵司工艺重新检索并核对候选团队，首选团队本周与贵司联系。"
    world.organizer.post(f"{problem.path}/responses", {"text": text}, expect=201)
    left = world.organizer.total(f"{world.challenge}/closing-proof", is_answered=False)
    check_equal("problems without an answer", left, 0)
    world.note(reopened=1)


def refuse_to_close(world: World) -> None:
    """The challenge stays open while somebody waits."""
    etag = world.organizer.call("GET", world.challenge).headers["ETag"]
    headers = {"If-Match": etag}
    answer = world.organizer.call(
        "PATCH", world.challenge, expect=409, json={"status": "closed"}, headers=headers
    )
    check_equal("the refusal to close", answer.json()["code"], "requirements_unanswered")


def ask(world: World) -> None:
    """The bureau asks a seeker: the clock of the answer stands until the seeker has replied."""
    problem = next(row for row in world.problems if row.fate is Fate.CLEAR)
    path = f"/obligations/{owed_on(problem)['id']}"
    world.organizer.post(f"{path}/ask", {"question": "请补充现有设备型号。", "days": 5})
    check(owed_on(problem)["due_at"] is None, "the clock of an answer runs while its seeker is asked")
    problem.seeker.post(f"{path}/reply", {"text": "定型机为 LK-828，最高工作温度 220 ℃。"})
    check(owed_on(problem)["due_at"] is not None, "the clock stands although the seeker has replied")
    world.note(questions=1)


def owed_on(problem: Problem) -> Row:
    """What the seeker of a problem waits for."""
    rows = problem.seeker.get(f"{problem.path}/obligations")["items"]
    return next(dict(row) for row in rows if row["closed_at"] is None)


def close(world: World) -> None:
    """Every problem that was handed in has its answer, row by row, so the edition can be closed."""
    rows = list(world.organizer.every(f"{world.challenge}/closing-proof"))
    check_equal("rows of the proof", len(rows), world.size.requirements)
    check(all(row["is_answered"] for row in rows), "a row of the proof lacks its answer")
    world.organizer.change(world.challenge, {"status": "closed"})
    world.note(proved=len(rows))
