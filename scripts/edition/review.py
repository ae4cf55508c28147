"""Formal and technical review, returns, refined statements, the published list with its numbers."""

from __future__ import annotations

from datetime import datetime, timedelta

from edition import texts
from edition.plan import FORMAL_REVIEW_DUE, RETURNED, SECOND, UNPUBLISHED, Fate
from edition.service import Row, check, check_equal
from edition.world import Problem, World

ASK = "请补充可量化的考核指标（性能数值、成本、产能）和现有工艺条件，补正后可直接重新提交。"
STATED = ("title", "problem", "key_indicators", "goal", "keywords", "field")


def review_arrivals(world: World, arrived: list[Problem]) -> None:
    """Two days later: reviewers are assigned and mark them; the vague go back, what is no problem is rejected."""
    world.live_until(world.service.now + timedelta(days=2))
    world.organizer.post(f"{world.challenge}/reviews", {"per_requirement": 1})
    if "declared_conflicts" not in world.facts:
        step_back(world, arrived[0])
    mark(world, arrived)
    for problem in arrived:
        if problem.fate is Fate.NO_PROBLEM:
            body = {"reason": "申报内容为政策诉求，不属于技术需求，请向工信部门咨询。"}
            world.organizer.post(f"{problem.path}/reject", body)
        elif problem.fate in RETURNED:
            world.organizer.post(f"{problem.path}/return", {"reason": "other", "text": ASK})
        else:
            world.organizer.post(f"{problem.path}/accept")


def step_back(world: World, problem: Problem) -> None:
    """A reviewer declares a conflict of interest: the task ends, and the bureau cannot give it again."""
    (task,) = world.organizer.get("/reviews", requirement_id=problem.id)["items"]
    reviewer = next(person for person in world.reviewers if person.id == task["reviewer"]["id"])
    body = {"requirement_id": problem.id, "reason": "与该企业有在研合作项目。"}
    reviewer.post("/review-conflicts", body, expect=201)
    world.organizer.refused(f"{problem.path}/reviews", {"reviewer_id": reviewer.id}, code="reviewer_barred")
    world.organizer.post(f"{world.challenge}/reviews", {"per_requirement": 1})
    world.note(declared_conflicts=1)


def mark(world: World, problems: list[Problem]) -> None:
    """Each reviewer fills in a scorecard for what it was given among these."""
    wanted = {problem.id: problem for problem in problems}
    for reviewer in world.reviewers:
        for task in reviewer.every("/reviews", status="active"):
            problem = wanted.pop(task["requirement_id"], None)
            if problem is not None:
                reviewer.call("PUT", f"{problem.path}/scorecard", json=scorecard(problem))
                world.note(scorecards=1)
    check(not wanted, f"{len(wanted)} problems have no reviewer")


def scorecard(problem: Problem) -> Row:
    """Marks that follow from how clear the problem is."""
    clear = problem.fate not in RETURNED | {Fate.NO_PROBLEM}
    names = ("urgent", "real", "valid", "precise", "quantified", "ownership")
    marks = {name: {"score": 3 + (problem.number + place) % 3} for place, name in enumerate(names)}
    if not clear:
        marks["quantified"] = {"score": 1, "comment": "没有指标。"}
    return {**marks, "advice": "pass" if clear else "return", "summary": "评审意见。"}


def let_one_lie(world: World) -> None:
    """The last problem is left alone past its five working days; the ledger says so to the second."""
    last = world.problems[-1]
    rows = world.organizer.every(f"{world.challenge}/coverage/due")
    due = next(row["due_at"] for row in rows if row["requirement_id"] == last.id)
    closing = datetime.fromisoformat(due)
    check_equal("five working days after 30 September, past the holidays", closing, FORMAL_REVIEW_DUE)
    world.neglected = last.id
    world.live_until(closing - SECOND)
    check_equal("overdue a second before", world.coverage()["overdue"], 0)
    world.service.live_until(closing)
    found = world.coverage()
    check_equal("overdue at the instant", found["overdue"], 1)
    check(found["coverage"] < 1, "an overdue answer must lower the coverage")
    (row,) = world.organizer.get(f"{world.challenge}/coverage/overdue")["items"]
    check_equal("the overdue problem", row["requirement_id"], last.id)
    world.note(overdue_answers=1)
    review_arrivals(world, [last])
    world.neglected = ""
    check_equal("coverage after the answer", world.coverage()["coverage"], 1.0)


def put_right(world: World) -> None:
    """Seekers of vague problems add what was asked for and hand in again, also after the stage has closed."""
    rows = texts.sample("requirements")
    again = world.with_fate(Fate.VAGUE)
    for problem in again:
        problem.form = texts.put_right(problem.number, rows)
        problem.seeker.change(problem.path, problem.form)
        problem.seeker.post(f"{problem.path}/submit")
        world.organizer.post(f"{problem.path}/accept")
    world.note(returned=len(again) + len(world.with_fate(Fate.ABANDONED)), put_right=len(again))


def refine(world: World) -> None:
    """Reviewers restate every problem for the public side; seekers confirm; the bureau approves or gives up."""
    readers = {person.id: person for person in world.reviewers}
    tasks = {task["requirement_id"]: task for task in world.organizer.every("/reviews", status="active")}
    for problem in world.problems:
        if problem.fate in UNPUBLISHED:
            continue
        reviewer = readers[tasks[problem.id]["reviewer"]["id"]]
        written = reviewer.post(f"{problem.path}/statements", statement(problem), expect=201)
        if problem.number % 9 == 0:
            comment = {"is_confirmed": False, "comment": "请写明现有产线条件。"}
            problem.seeker.post(f"{problem.path}/statements/1/reply", comment)
            body = {**statement(problem), "based_on": 1, "goal": "在现有产线条件下完成中试。"}
            written = reviewer.post(f"{problem.path}/statements", body, expect=201)
            world.note(restated_twice=1)
        reply = {"is_confirmed": True}
        problem.seeker.post(f"{problem.path}/statements/{written['number']}/reply", reply)
        world.note(refined=1)
        reviewer.post(f"{problem.path}/refine")
        world.organizer.post(f"{problem.path}/approve")
    for problem in world.with_fate(Fate.ABANDONED):
        body = {"reason": "多次联系未收到补正材料，本届不再受理，欢迎下届重新申报。"}
        world.organizer.post(f"{problem.path}/reject", body)


def statement(problem: Problem) -> Row:
    """The form in public words."""
    kept = {name: problem.form[name] for name in STATED if problem.form.get(name)}
    return {"based_on": 0, **kept, "title": f"{kept['title'][:180]}（赛题）"}


def publish(world: World) -> None:
    """The list of problems with its numbers: everyone reads the same, in the refined words."""
    listed = [problem for problem in world.problems if problem.fate not in UNPUBLISHED]
    for problem in listed:
        world.organizer.post(f"{problem.path}/publish")
    rows = list(world.organizer.every(f"{world.challenge}/entries"))
    numbers = [row["number"] for row in rows if row["number"] is not None]
    check_equal("numbers on the list of problems", numbers, list(range(1, len(listed) + 1)))
    strangers = next(iter(world.teams.values())).person
    titles = [row["requirement"]["title"] for row in strangers.every(f"{world.challenge}/entries")]
    check(bool(titles) and all("（赛题）" in title for title in titles), "strangers read words not refined")
    shown = world.service.public("/public/challenges/TH2025/problems?limit=1")["total"]
    check(0 < shown <= len(listed), "the public list shows what it may, and no more than was published")
    world.note(published=len(listed))
