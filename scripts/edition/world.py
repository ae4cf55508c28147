"""Who and what takes part in a simulated edition, as the steps of it pass it on; and the accounts, over REST."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from edition import plan, texts
from edition.joining import come_in
from edition.plan import Fate, Size
from edition.service import ADMIN, PASSWORD, Person, Row, Service, check, check_equal

ROUTINE_AHEAD = timedelta(days=11)
"""On its weekly round the bureau answers whatever falls due before the next one."""
MOST_ANSWERS = 500
"""So many answers go out with one request."""
WEEK = timedelta(days=7)


@dataclass
class Problem:
    """A requirement of the edition."""

    number: int
    fate: Fate
    seeker: Person
    form: Row
    id: str = ""
    is_agreed_on: bool = False

    @property
    def path(self) -> str:
        return f"/requirements/{self.id}"


@dataclass
class Team:
    """A solver profile that its people have got into their hands."""

    id: str
    name: str
    capacity: int
    person: Person


@dataclass
class World:
    """Everything the steps share. `facts` are what the steps have seen; the funnel is held against them."""

    service: Service
    size: Size
    admin: Person
    organizer: Person
    reviewers: list[Person] = field(default_factory=list)
    seekers: list[Person] = field(default_factory=list)
    teams: dict[str, Team] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    challenge_id: str = ""
    round_id: str = ""
    neglected: str = ""
    """The requirement that the bureau forgets for a while."""
    banned: tuple[str, str] = ("", "")
    """A requirement and a team that the bureau has forbidden."""
    assigned: dict[str, list[str]] = field(default_factory=dict)
    """Teams by requirement, as the round assigned them."""
    promising: set[str] = field(default_factory=set)
    """Requirements whose first team is bound to come."""
    selected: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The winning team and proposal by requirement."""
    meeting_paths: list[str] = field(default_factory=list)
    """Sessions of meetings that were published."""
    agreements: list[tuple[Problem, str, Decimal]] = field(default_factory=list)
    """The agreements that stand: problem, path, amount in 万元."""
    completing: list[tuple[Problem, str]] = field(default_factory=list)
    """Those that will be carried out to their end."""
    facts: dict[str, int] = field(default_factory=dict)

    @property
    def challenge(self) -> str:
        return f"/challenges/{self.challenge_id}"

    def by_id(self) -> dict[str, Problem]:
        return {problem.id: problem for problem in self.problems}

    def with_fate(self, *fates: Fate) -> list[Problem]:
        return [problem for problem in self.problems if problem.fate in fates]

    def note(self, **facts: int) -> None:
        """Adds what a step has counted."""
        for name, count in facts.items():
            self.facts[name] = self.facts.get(name, 0) + count

    def coverage(self) -> Any:
        return self.organizer.get(f"{self.challenge}/coverage")

    def live_until(self, instant: datetime) -> None:
        """Lets time pass: day by day the service does what has come due, each week the bureau answers in advance."""
        check(instant >= self.service.now, "time does not run backwards")
        stride = timedelta(days=self.size.stride_days)
        next_round = self.service.now + WEEK
        while (instant - self.service.now) > stride:
            self.service.live_until(self.service.now + stride)
            if self.service.now >= next_round:
                self.answer_in_advance()
                next_round = self.service.now + WEEK
        self.service.live_until(instant)
        self.answer_in_advance()

    def answer_in_advance(self) -> None:
        """The bureau writes to every seeker whose answer falls due before its next weekly round."""
        limit = self.service.now + ROUTINE_AHEAD
        rows = [
            {"requirement_id": row["requirement_id"], "text": self.words_to(row)}
            for row in self.organizer.every(f"{self.challenge}/coverage/due")
            if before(row, limit) and row["requirement_id"] != self.neglected
        ]
        for part in in_parts(rows, MOST_ANSWERS):
            done = self.organizer.post("/responses", {"rows": part})
            check_equal("seekers answered in bulk", done["answered"], len(part))
        self.note(interim_answers=len(rows))
        overdue = self.coverage()["overdue"]
        check(overdue == 0 or bool(self.neglected), f"{overdue} answers are overdue after the weekly round")

    def words_to(self, row: Row) -> str:
        """An interim answer in words of its own: it names the problem, what is owed and the day."""
        return (
            f"《{row['title'][:60]}》正在办理“{row['owed_label']}”。我局于 {self.service.now:%Y-%m-%d} "
            "督促了经办人，下次进展将在两周内告知。"
        )


def before(row: Row, limit: datetime) -> bool:
    """Whether the answer of a ledger row is due by then; what waits for its seeker is not."""
    return row["due_at"] is not None and datetime.fromisoformat(row["due_at"]) <= limit


def people(service: Service, size: Size) -> World:
    """The bureau, the reviewers, the enterprises and their seekers; teams come with their achievements."""
    admin = Person(service, ADMIN)
    bureau = unit(admin, "通海市科学技术局", "government")
    world = World(service, size, admin, account(service, admin, "organizer", "organizer", bureau))
    institute = unit(admin, "江东科技评估中心", "institute")
    for number in range(size.reviewers):
        email = f"reviewer{number + 1}"
        world.reviewers.append(account(service, admin, email, "reviewer", institute))
    for number, name in enumerate(texts.unit_names(size.enterprises)):
        enterprise = unit(admin, name, "enterprise", texts.place_of(number))
        world.seekers.append(account(service, admin, f"seeker{number + 1}", "seeker", enterprise))
    return world


def unit(admin: Person, name: str, kind: str, region: str = "江苏省/通海市") -> str:
    """A new organization's id."""
    body = {"name": name, "kind": kind, "region": region}
    return str(admin.post("/organizations", body, expect=201)["id"])


def account(service: Service, admin: Person, name: str, role: str, organization_id: str) -> Person:
    """A person with one role, who signs in with a password and works with a key."""
    person = Person(service, f"{name}@simulation.example", has_key=True)
    memberships = [{"role": role, "organization_id": organization_id}]
    body = {"email": person.email, "password": PASSWORD, "name": name, "memberships": memberships}
    person.id = admin.post("/users", body, expect=201)["id"]
    return person


def bring_teams(world: World) -> None:
    """Imports teams and achievements as files, and gives each team into the hands of its own people."""
    team_rows, achievement_rows = texts.teams(world.size.teams)
    for kind, rows in (("solvers", team_rows), ("achievements", achievement_rows)):
        for part, chunk in enumerate(in_parts(rows, 2_000)):
            load(world, kind, chunk, part)
    kinds = {"university": "university", "institute": "institute"}
    found = list(world.organizer.every("/solvers", sort="created_at"))
    check_equal("teams on file", len(found), world.size.teams)
    for number, row in enumerate(sorted(found, key=lambda row: row["external_id"])):
        if number == 0:
            person = come_in(world.service, world.admin, row, "solver1@simulation.example")
            world.teams[row["id"]] = Team(row["id"], row["name"], row["capacity"], person)
            continue
        home = unit(
            world.admin, f"{row['name']}（单位）", kinds.get(row["kind"], "enterprise"), row["region"]
        )
        person = account(world.service, world.admin, f"solver{number + 1}", "solver", home)
        world.organizer.change(f"/solvers/{row['id']}", {"organization_id": home})
        world.teams[row["id"]] = Team(row["id"], row["name"], row["capacity"], person)
    world.service.work()


def load(world: World, kind: str, rows: list[Row], part: int) -> None:
    """Imports rows as a file; every one of them is new."""
    content = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    files = {"file": (f"{kind}-{part}.jsonl", content)}
    started = world.organizer.call("POST", "/imports", expect=202, files=files, data={"kind": kind}).json()
    world.service.run_jobs()
    done = world.organizer.get(f"/imports/{started['id']}")
    check_equal(f"rows of {kind} created", (done["created"], done["rejected"]), (len(rows), 0))


def in_parts(rows: list[Row], size: int) -> Iterator[list[Row]]:
    """The rows in lists of at most `size`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def chosen(*numbers: int, share: float) -> bool:
    """Whether something happens that happens in `share` of all cases, told by numbers that name the case."""
    mixed = 0
    for number in numbers:
        mixed = (mixed * 1_000_003 + number * 7_919 + 12_345) % 2_147_483_647
    return mixed * 48_271 % 2_147_483_647 / 2_147_483_647 < share


def even_parts(rows: Iterable[Problem], count: int) -> list[list[Problem]]:
    """The problems in `count` parts of about the same size, in order."""
    found = list(rows)
    return [found[part::count] for part in range(count)]


def open_challenge(world: World) -> None:
    """The edition with all its stages, announced."""
    body = {"code": "TH2025", "name": "2025 年通海市技术创新挑战赛", "region": "江苏省/通海市"}
    world.challenge_id = world.organizer.post("/challenges", body, expect=201)["id"]
    stages = [
        {
            "kind": kind,
            "opens_at": plan.beijing(opens).isoformat(),
            "closes_at": plan.beijing(closes).isoformat(),
        }
        for kind, opens, closes in plan.STAGES
    ]
    world.organizer.change(f"{world.challenge}/stages", {"stages": stages}, method="PUT")
    world.organizer.change(world.challenge, {"status": "open"})
