"""Proposals in versions with receipts, the closing instant, blind scoring, results with reasons."""

from __future__ import annotations

import hashlib
import json

from edition.plan import PROPOSALS_CLOSE, SECOND
from edition.service import Person, Row, check, check_equal
from edition.world import Problem, Team, World, chosen

PROPOSE, REVISE, WITHDRAW = 0.7, 0.3, 0.06
"""Shares, ours: of the teams that came how many propose, revise what they handed in, and take it back."""
REVIEWERS_PER_CALL = 2
CRITERIA = ("fit", "feasibility", "novelty", "team", "economy")
PDF = b"%PDF-1.7\n% a report of the simulation\n"


def extend(world: World) -> None:
    """The bureau moves the closing instant back by some days; a call of 5 December now closes on the 10th."""
    body = {"closes_at": PROPOSALS_CLOSE.isoformat(), "reason": "应多支团队要求，方案征集延期五天。"}
    world.organizer.post(f"{world.challenge}/stages/proposals/extend", body)


def propose(world: World) -> None:
    """Teams that accepted write, attach, hand in, hand in again; each version has a receipt that holds."""
    for row in list(world.organizer.every("/invitations", status="accepted")):
        team, problem = world.teams[row["solver"]["id"]], world.by_id()[row["requirement_id"]]
        if is_first(world, problem, team) or chosen(problem.number, number_of(team), 2, share=PROPOSE):
            hand_in(world, problem, team)
    open_to_all(world)
    miss_the_deadline(world)
    world.service.live_until(PROPOSALS_CLOSE)


def is_first(world: World, problem: Problem, team: Team) -> bool:
    """Whether the team is the one that a promising problem counts on."""
    return problem.id in world.promising and world.assigned[problem.id][0] == team.id


def number_of(team: Team) -> int:
    """The number of the team's account."""
    return int(team.person.email.split("@")[0].removeprefix("solver"))


def hand_in(world: World, problem: Problem, team: Team) -> None:
    """A proposal, perhaps in two versions, perhaps taken back."""
    number = number_of(team)
    body = {"requirement_id": problem.id, "title": f"{problem.form['title'][:150]}：{team.name[:30]}的方案"}
    body |= {
        "approach": "分三步实施：机理验证、中试放大、产线导入。",
        "price_wan": 30 + number % 70,
        "months": 12,
    }
    path = f"/proposals/{team.person.post('/proposals', body, expect=201)['id']}"
    if chosen(problem.number, number, 3, share=0.4):
        files = {"file": ("方案.pdf", PDF)}
        team.person.call("POST", f"{path}/attachments", expect=201, files=files)
    receipts = [team.person.post(f"{path}/submit")]
    if chosen(problem.number, number, 4, share=REVISE):
        team.person.change(path, {"price_wan": 28 + number % 70})
        receipts.append(team.person.post(f"{path}/submit"))
    for receipt in receipts:
        check_receipt(team, path, receipt)
    world.note(receipts=len(receipts))
    if not is_first(world, problem, team) and chosen(problem.number, number, 5, share=WITHDRAW):
        team.person.post(f"{path}/withdraw", {"reason": "合作单位退出，无法按期完成。"})
        world.note(proposals_withdrawn=1)
        return
    world.note(proposals=1)


def check_receipt(team: Team, path: str, receipt: Row) -> None:
    """The checksum of a receipt is that of the version as it can be read."""
    version = team.person.get(f"{path}/versions/{receipt['number']}")
    text = json.dumps(version["content"], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    check_equal("the checksum of a receipt", hashlib.sha256(text.encode()).hexdigest(), receipt["sha256"])


def open_to_all(world: World) -> None:
    """A team that nobody invited proposes for an open call; a seeker sees nothing of it before the closing."""
    problem = next(row for row in world.problems if row.id in world.promising and is_open(row))
    known = {row["solver"]["id"] for row in world.organizer.every("/invitations", requirement_id=problem.id)}
    known |= {world.banned[1]}
    team = next(team for team in world.teams.values() if team.id not in known)
    hand_in(world, problem, team)
    check_equal("proposals a seeker sees", problem.seeker.total("/proposals"), 0)


def is_open(problem: Problem) -> bool:
    """Whether a problem is shown to everyone."""
    return problem.form.get("confidentiality", "public") == "public"


def miss_the_deadline(world: World) -> None:
    """A team hands in a second before the instant and is refused at the instant."""
    accepted = list(world.organizer.every("/invitations", status="accepted"))
    held = {(row["requirement_id"], row["solver"]["id"]) for row in world.organizer.every("/proposals")}
    late = [row for row in accepted if (row["requirement_id"], row["solver"]["id"]) not in held]
    if not late:
        return
    team = world.teams[late[0]["solver"]["id"]]
    world.service.live_until(PROPOSALS_CLOSE - SECOND)
    body = {"requirement_id": late[0]["requirement_id"], "title": "赶在最后一刻的方案"}
    draft = team.person.post("/proposals", body, expect=201)
    world.service.move_to(PROPOSALS_CLOSE)
    team.person.refused(f"/proposals/{draft['id']}/submit", code="proposals_closed")
    world.note(late_proposals=1)


def assess(world: World) -> None:
    """For each call two reviewers declare, score blindly and hand in; one steps back and is replaced."""
    for place, problem in enumerate(called(world)):
        count = len(world.reviewers)
        judges = [world.reviewers[(place + shift) % count] for shift in range(REVIEWERS_PER_CALL + 1)]
        assign(world, problem, judges[:REVIEWERS_PER_CALL])
        if place == 0:
            task = task_of(judges[0], problem)
            body = {"has_conflict": True, "reason": "与投标团队有师生关系。"}
            judges[0].post(f"/proposal-assessments/{task['id']}/declare", body)
            assign(world, problem, judges[REVIEWERS_PER_CALL:])
            judges = judges[1:]
            world.note(recused=1)
        refuse_early_result(world, problem)
        for judge in judges[:REVIEWERS_PER_CALL]:
            score(world, problem, judge)
        decide(world, problem)


def called(world: World) -> list[Problem]:
    """The problems with a proposal to assess."""
    rows = world.organizer.every("/proposals", status="under_evaluation")
    found = {row["requirement_id"] for row in rows}
    return [problem for problem in world.problems if problem.id in found]


def assign(world: World, problem: Problem, judges: list[Person]) -> None:
    """Gives the proposals of a call to these reviewers."""
    body = {"reviewer_ids": [judge.id for judge in judges]}
    world.organizer.post(f"{problem.path}/proposal-assessments", body, expect=201)


def task_of(judge: Person, problem: Problem) -> Row:
    """The reviewer's task for this call."""
    (task,) = judge.get("/proposal-assessments", requirement_id=problem.id)["items"]
    return dict(task)


def refuse_early_result(world: World, problem: Problem) -> None:
    """No result before every scorecard is in."""
    (first, *_) = world.organizer.get("/proposals", requirement_id=problem.id, status="under_evaluation")[
        "items"
    ]
    decision = {"proposal_id": first["id"], "outcome": "selected", "reason": "过早。"}
    path = f"{problem.path}/proposal-results"
    world.organizer.refused(path, {"decisions": [decision]}, code="assessment_incomplete")


def score(world: World, problem: Problem, judge: Person) -> None:
    """A reviewer declares to be tied to nobody, fills in every scorecard and hands it in."""
    path = f"/proposal-assessments/{task_of(judge, problem)['id']}"
    task = judge.post(f"{path}/declare", {"has_conflict": False})
    for row in task["proposals"]:
        card = f"{path}/scorecards/{row['proposal_id']}"
        number = number_of(world.teams[row["solver"]["id"]])
        scores = [
            {"code": code, "score": 60 + (number * 7 + place * 11 + problem.number) % 36}
            for place, code in enumerate(CRITERIA)
        ]
        judge.change(card, {"scores": scores, "comment": "评审意见。"}, method="PUT")
        judge.post(f"{card}/submit")
        world.note(proposal_scorecards=1)


def decide(world: World, problem: Problem) -> None:
    """The best is selected, the second shortlisted, the others hear why not; the seeker gets it as an answer."""
    ranking = world.organizer.get(f"{problem.path}/proposal-ranking")
    check(ranking["is_complete"], "every scorecard is in, but the ranking is not complete")
    outcomes = ("selected", "shortlisted")
    decisions = [
        {
            "proposal_id": row["proposal_id"],
            "outcome": outcomes[place] if place < len(outcomes) else "not_selected",
            "reason": f"加权均分 {row['mean']}，列第 {place + 1} 位。",
        }
        for place, row in enumerate(ranking["items"])
    ]
    decided = world.organizer.post(f"{problem.path}/proposal-results", {"decisions": decisions})
    winner = next(row for row in decided["items"] if row["status"] == "selected")
    world.selected[problem.id] = (winner["solver"]["id"], winner["id"])
    state = problem.seeker.get(problem.path)["status"]
    check_equal("a problem with a selected proposal", state, "in_contact")
