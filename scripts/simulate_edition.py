"""Replays an edition over REST, from the call for problems to paid contracts, with people of every role.

Usage: python scripts/simulate_edition.py [--size county|x10|small] [--encoder model|hashing] [--models var/models]
[--json]. The service runs in this process over a temporary database, its clock is moved by hand through a year;
texts come from the sample (`edition/texts.py`), who does what from fixed rules: two runs do the same. Every step
states what it expects; what differs ends the run with one line and exit code 1. The end is the funnel.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from edition import (
    answers,
    collection,
    contracts,
    funnel,
    matching,
    meetings,
    plan,
    proposing,
    review,
    solver_side,
)
from edition.service import Service, Unexpected, running_service
from edition.world import World, bring_teams, open_challenge, people

Step = tuple[str, Callable[[World], object]]

STEPS: tuple[Step, ...] = (
    ("导入团队与成果，认领档案", bring_teams),
    ("发布赛事与阶段", open_challenge),
    ("填写需求", collection.draft),
    ("征集与形式审核", collection.hand_in),
    ("一项逾期未审", review.let_one_lie),
    ("补正", lambda world: at(world, "PUT_RIGHT", review.put_right)),
    ("凝练与审核", lambda world: at(world, "REFINED", review.refine)),
    ("团队订阅需求", solver_side.subscribe),
    ("发布赛题清单", lambda world: at(world, "PUBLISHED", review.publish)),
    ("订阅提醒与揭榜意向", solver_side.follow),
    ("匹配", lambda world: at(world, "MATCHED", matching.match)),
    ("公布匹配结果", matching.publish_round),
    ("确认答复，要求重新答复", answers.acknowledge),
    ("请需求方补充", answers.ask),
    ("邀约有意向的团队", solver_side.invite_interested),
    ("发出邀约", matching.invite),
    ("答复、谢绝、逾期、递补", matching.reply),
    ("方案征集延期", proposing.extend),
    ("提交方案", lambda world: at(world, "PROPOSING", proposing.propose)),
    ("方案评审", lambda world: at(world, "ASSESSED", proposing.assess)),
    ("安排对接会", lambda world: at(world, "ARRANGED", meetings.arrange)),
    ("回复与调整", meetings.reply),
    ("对接会与现场赛", lambda world: at(world, "MET", meetings.hold)),
    ("签约", lambda world: at(world, "SIGNED", contracts.sign)),
    ("未签约的逐项答复办结", lambda world: at(world, "PARTED", contracts.part)),
    ("到账与中期报告", lambda world: at(world, "PAID", contracts.pay)),
    ("办结", lambda world: at(world, "ENDED", contracts.finish)),
    ("办结证明，赛事结束", answers.close),
)
"""The edition. A part of the service that is new gets a step of its own."""


def at(world: World, instant: str, step: Callable[[World], object]) -> None:
    """Lets time pass until an instant of the plan, then takes the step."""
    world.live_until(getattr(plan, instant))
    step(world)


def play(service: Service, size: plan.Size, *, is_quiet: bool) -> dict[str, float]:
    """The whole edition; returns its funnel. Raises `Unexpected`, which names the step."""
    begun = time.perf_counter()
    world = people(service, size)
    for name, step in STEPS:
        try:
            step(world)
            service.check_log()
        except Unexpected as error:
            raise Unexpected(f"{name}: {error}") from error
        except (LookupError, StopIteration, ValueError) as error:
            # An answer that has not the shape the step relies on is the service's fault as well.
            raise Unexpected(f"{name}: {type(error).__name__}: {error}") from error
        if not is_quiet:
            print(f"{time.perf_counter() - begun:8.1f} s  {service.now:%Y-%m-%d}  {name}", file=sys.stderr)
    return funnel.measure(world)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=sorted(plan.SIZES), default="county")
    parser.add_argument("--encoder", choices=("model", "hashing"), default="model")
    parser.add_argument("--models", type=Path, default=Path("var/models"), help="where fetched models lie")
    parser.add_argument("--json", action="store_true", help="the figures as JSON, without the table")
    arguments = parser.parse_args()
    begun = time.perf_counter()
    try:
        with running_service(arguments.encoder, arguments.models, plan.START) as service:
            figures = play(service, plan.SIZES[arguments.size], is_quiet=arguments.json)
            timing = {
                "requests": service.requests,
                "seconds": round(time.perf_counter() - begun, 1),
                "encoder": arguments.encoder,
                "size": arguments.size,
            }
    except Unexpected as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps({**figures, **timing}, ensure_ascii=False, indent=1))
    else:
        funnel.show(figures, timing)
    return 0


if __name__ == "__main__":
    sys.exit(main())
