"""The call for problems: forms are filled in and handed in, one deadline is missed to the second."""

from __future__ import annotations

from edition import plan, texts
from edition.plan import COLLECTION_CLOSES, FILING, SECOND
from edition.review import review_arrivals
from edition.service import check_equal
from edition.world import Problem, World, even_parts

CODE = "TH2025"


def draft(world: World) -> None:
    """Every seeker files its problems as drafts; before the stage begins none can be handed in."""
    rows = texts.sample("requirements")
    for number, fate in enumerate(plan.fates(world.size)):
        seeker = world.seekers[number % len(world.seekers)]
        problem = Problem(number, fate, seeker, texts.problem(number, fate, rows))
        body = {**problem.form, "external_id": f"P-{number + 1:04}", "challenge": CODE}
        problem.id = seeker.post("/requirements", body, expect=201)["id"]
        world.problems.append(problem)
    first = world.problems[0]
    first.seeker.refused(f"{first.path}/submit", code="stage_not_open")
    other = world.seekers[1]
    other.refused(f"{first.path}/submit", code="not_found", status=404)
    check_equal("nothing is owed yet", world.coverage()["submitted"], 0)


def hand_in(world: World) -> None:
    """Four weeks of arrivals, each reviewed as it comes; the last problem arrives in the last second."""
    *early, last = world.problems
    parts = even_parts(early, len(FILING))
    for instant, part in zip(FILING, parts, strict=True):
        world.live_until(instant)
        for problem in part:
            problem.seeker.post(f"{problem.path}/submit")
        review_arrivals(world, part)
    world.live_until(COLLECTION_CLOSES - SECOND)
    last.seeker.post(f"{last.path}/submit")
    miss_the_deadline(world)
    check_equal("problems handed in", world.coverage()["submitted"], world.size.requirements)


def miss_the_deadline(world: World) -> None:
    """At the closing instant itself it is too late; the draft stays its seeker's own."""
    seeker = world.seekers[0]
    body = {"title": "迟交的技术需求", "problem": "截止时刻才提交。", "challenge": CODE}
    late = seeker.post("/requirements", body, expect=201)
    world.service.move_to(COLLECTION_CLOSES)
    seeker.refused(f"/requirements/{late['id']}/submit", code="stage_over")
    world.note(late_problems=1)
