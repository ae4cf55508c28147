"""Agreements with milestones, payments and reports; what was not agreed on ends with an answer of its own."""

from __future__ import annotations

from decimal import Decimal

from edition import plan
from edition.plan import Fate
from edition.service import Row, check, check_equal
from edition.world import Problem, World

KINDS = ("commissioned", "joint", "transfer", "licence", "consulting", "service")
COMPLETED_EVERY = 5
"""Of the agreements with a payment every fifth is carried out to its end within the simulated year."""


def sign(world: World) -> None:
    """Seekers file agreements on selected proposals; the bureau records signatures; one is given up again."""
    chosen = [problem for problem in world.problems if problem.id in world.selected]
    wanted = world.size.agreements
    check(len(chosen) >= wanted, f"only {len(chosen)} problems have a selected proposal, {wanted} are wanted")
    amounts = shared(world.size.amount_wan, wanted)
    for place, problem in enumerate(chosen[:wanted]):
        path = file(world, problem, amounts[place], KINDS[place % len(KINDS)])
        world.organizer.post(f"{path}/sign", {"signed_on": world.service.now.date().isoformat()})
        world.organizer.post(f"{path}/start")
        problem.is_agreed_on = True
        world.agreements.append((problem, path, amounts[place]))
    if len(chosen) > wanted:
        give_up(world, chosen[wanted])


def file(world: World, problem: Problem, amount: Decimal, kind: str) -> str:
    """A draft of the seeker's, with a milestone; the team does not see it before it is signed."""
    team_id, proposal_id = world.selected[problem.id]
    body = {"requirement_id": problem.id, "solver_id": team_id, "proposal_id": proposal_id, "kind": kind}
    body |= {"title": f"{problem.form['title'][:150]}技术合同", "amount_wan": float(amount)}
    path = f"/agreements/{problem.seeker.post('/agreements', body, expect=201)['id']}"
    milestone = {"title": "中试样品送检", "due_on": "2026-05-31", "amount_wan": round(float(amount) / 2, 2)}
    problem.seeker.post(f"{path}/milestones", milestone, expect=201)
    world.teams[team_id].person.call("GET", path, expect=404)
    return path


def give_up(world: World, problem: Problem) -> None:
    """An agreement that is signed and terminated: it counts no more, and the problem is in contact again."""
    path = file(world, problem, Decimal(20), "joint")
    world.organizer.post(f"{path}/sign", {"signed_on": world.service.now.date().isoformat()})
    world.organizer.post(f"{path}/terminate", {"reason": "需方产线停产，双方协商一致终止。"})
    check_equal("a problem without its agreement", problem.seeker.get(problem.path)["status"], "in_contact")
    world.note(terminated=1)


def shared(total: int, count: int) -> list[Decimal]:
    """`total` 万元 in `count` uneven parts of whole thousands that add up exactly."""
    weights = [3 + (place * 7) % 11 for place in range(count)]
    parts = [(Decimal(total) * weight / sum(weights)).quantize(Decimal("0.1")) for weight in weights]
    parts[-1] += Decimal(total) - sum(parts)
    return parts


def pay(world: World) -> None:
    """Teams are paid and report; a payment beyond the amount and a wrong entry are put right."""
    paid = world.agreements[: world.size.paid]
    for place, ((problem, path, amount), part) in enumerate(
        zip(paid, shared(world.size.paid_wan, len(paid)), strict=True)
    ):
        today = world.service.now.date().isoformat()
        too_much = {"amount_wan": float(amount) + 1, "received_on": today}
        world.organizer.refused(f"{path}/payments", too_much, code="payment_exceeds_amount")
        if place == 0:
            record_wrongly(world, path, today)
        body = {"amount_wan": float(part), "received_on": today, "note": "首付款"}
        world.organizer.post(f"{path}/payments", body, expect=201)
        report(world, problem, path, "midterm", is_returned_first=place == 0)
        if place % COMPLETED_EVERY == 0:
            world.completing.append((problem, path))


def record_wrongly(world: World, path: str, today: str) -> None:
    """A payment entered twice is voided: it stays on record and counts nowhere."""
    body = {"amount_wan": 1, "received_on": today}
    found = world.organizer.post(f"{path}/payments", body, expect=201)
    entry = found["payments"][0]["id"]
    voided = world.organizer.post(f"{path}/payments/{entry}/void", {"reason": "重复登记"})
    check_equal("paid after the entry was voided", Decimal(str(voided["paid_wan"])), Decimal(0))


def report(world: World, problem: Problem, path: str, kind: str, *, is_returned_first: bool = False) -> None:
    """The team reports; the bureau accepts, perhaps after it has asked for more."""
    team = world.teams[world.selected[problem.id][0]].person
    for _ in range(2 if is_returned_first else 1):
        found = team.post(f"{path}/reports", {"kind": kind, "text": "进展符合计划。"}, expect=201)
        entry = found["reports"][-1]["id"]
        if is_returned_first and len(found["reports"]) == 1:
            world.organizer.post(f"{path}/reports/{entry}/return", {"reason": "请补充检测报告的结论。"})
        else:
            world.organizer.post(f"{path}/reports/{entry}/accept")


def part(world: World) -> None:
    """Every problem that is not agreed on ends with words of its own."""
    for problem in world.problems:
        if problem.is_agreed_on or problem.fate in plan.UNPUBLISHED | {Fate.WITHDRAWN}:
            continue
        world.organizer.post(f"{problem.path}/close", {"reason": parting_words(problem)})
        world.note(closed_without_agreement=1)
    world.service.work()


def finish(world: World) -> None:
    """Some agreements are carried out, and their problems end."""
    for problem, path in world.completing:
        world.organizer.refused(f"{path}/complete", code="final_report_missing")
        report(world, problem, path, "final")
        world.organizer.post(f"{path}/complete")
        world.organizer.post(f"{problem.path}/close", {"reason": "合作协议已履行完毕，需求办结。"})
        world.note(completed=1)
    world.service.work()


def parting_words(problem: Problem) -> str:
    """What the seeker of a problem reads that nobody has taken on."""
    if problem.fate is Fate.UNSOLVABLE:
        return f"《{problem.form['title']}》经检索暂无可行技术，已附最接近的成果供参考，本届办结。"
    return f"《{problem.form['title'][:60]}》本届未达成合作，已为您保留候选团队名单，可转入下一届继续匹配。"


def totals(world: World) -> Row:
    """The figures of the challenge's agreements."""
    found = world.organizer.get("/agreements/figures", challenge_id=world.challenge_id)
    return dict(found["total"])
