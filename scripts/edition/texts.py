"""Varies the texts of the sample edition, always to the same result.

The n-th problem is the sample's problem n modulo 73; in every further turn through the sample the figures of its
targets are tightened by a tenth, the order of its keywords moves on by one, and a sentence says on which line or
for which product it is wanted this time. Teams and their achievements are varied alike, group by group. Names of
units are put together from syllables, none twice. A vague problem keeps its title and one sentence; a problem that
nobody can solve asks for what no achievement of the sample is about.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from edition.plan import Fate

Row = dict[str, Any]
SAMPLE = Path(__file__).resolve().parent.parent / "sample"
TIGHTER = 0.9
SPARE_PLACES = 2
"""Each team takes so many problems more than in the sample, so that those who stand in for others have a place."""
PLACES = ("城东街道", "城西街道", "开发区", "川桥镇", "沙田镇", "海门港", "东塔镇", "北渡镇")
FIRST = tuple("恒锦远卓嘉启瑞丰润泽宏安博鼎隆凯")
SECOND = tuple("达川航泰源晟科讯力维盛腾景和信诚")
TRADES = ("纺织", "机械", "新材料", "电子", "生物科技", "环保设备", "食品", "化工")
LINES = (
    "老线技改",
    "新建的二号车间",
    "出口订单",
    "高端系列产品",
    "节能改造项目",
    "自动化产线",
    "军民两用产品",
)
FORM = (
    "description",
    "problem",
    "key_indicators",
    "goal",
    "existing_work",
    "must_have",
    "nice_to_have",
    "budget_wan",
    "field",
    "industry",
    "cooperation",
    "activity_type",
    "ownership",
    "trl_now",
    "trl_wanted",
    "contact",
    "phone",
    "email",
    "confidentiality",
)
IMPOSSIBLE: tuple[tuple[str, str], ...] = (
    ("常温常压室温超导输电线缆", "希望找到常温常压下零电阻的超导材料，用于厂区输电，替代现有铜缆。"),
    ("无动力永动式空气压缩装置", "希望找到不消耗电能和燃料、可长期连续输出压缩空气的装置。"),
    ("可控核聚变锅炉小型化", "希望把聚变反应堆缩小到集装箱尺寸，替代现有燃气锅炉供汽。"),
)
IMPOSSIBLE_CONDITION = "申报团队必须为境外单位。"
"""A must-have condition that no team of the sample meets, so that rules and scores agree."""


def sample(name: str) -> list[Row]:
    """The rows of a file of the sample."""
    text = (SAMPLE / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def unit_names(count: int) -> list[str]:
    """Names of so many enterprises, none twice."""
    names = [
        f"通海{first}{second}{trade}有限公司" for second in SECOND for trade in TRADES for first in FIRST
    ]
    assert len(names) >= count
    return names[:count]


def place_of(number: int) -> str:
    """The region of the n-th enterprise."""
    return f"江苏省/通海市/{PLACES[number % len(PLACES)]}"


def problem(number: int, fate: Fate, rows: list[Row]) -> Row:
    """The form of the n-th problem as its seeker first hands it in."""
    if fate is Fate.UNSOLVABLE:
        title, words = IMPOSSIBLE[number % len(IMPOSSIBLE)]
        return {"title": f"{title}（{number + 1} 号）", "problem": words, "must_have": IMPOSSIBLE_CONDITION}
    source, turn = rows[number % len(rows)], number // len(rows)
    form = {name: source[name] for name in FORM if source.get(name) not in (None, "")}
    if not form.get("problem"):
        form["problem"] = form.pop("description", "")
    form |= {"title": _title(source["title"], turn), "keywords": _turned(source.get("keywords", []), turn)}
    if turn:
        for name in ("key_indicators", "goal"):
            if name in form:
                form[name] = tightened(form[name], TIGHTER**turn)
        form["problem"] += f"本次用于{LINES[turn % len(LINES)]}（第 {turn + 1} 批）。"
    if fate in (Fate.VAGUE, Fate.ABANDONED):
        return {"title": form["title"], "problem": form["problem"].split("。")[0] + "。", "contact": "办公室"}
    if fate is Fate.NO_PROBLEM:
        return {
            "title": f"申请厂房租金补贴（{number + 1} 号）",
            "problem": "希望政府补贴厂房租金和招工费用。",
        }
    return form


def put_right(number: int, rows: list[Row]) -> Row:
    """What the seeker of a vague problem adds when it was returned."""
    form = problem(number, Fate.CLEAR, rows)
    form.setdefault("key_indicators", "较现有水平提高 20% 以上，成本增加不超过 5%。")
    return form


def teams(count: int) -> tuple[list[Row], list[Row]]:
    """So many teams and their achievements as rows of the import formats."""
    solvers, achievements = sample("solvers"), sample("achievements")
    team_rows, result_rows = [], []
    for number in range(count):
        turn, source = number // len(solvers), solvers[number % len(solvers)]
        name = source["name"] if not turn else f"{source['name']}第{turn + 1}组"
        capacity = source["capacity"] + SPARE_PLACES
        row = {**source, "id": f"T-{number + 1:04}", "name": name, "capacity": capacity}
        team_rows.append(row)
        for result in achievements:
            if result["solver"]["id"] != source["id"]:
                continue
            kept = {**result, "id": f"{result['id']}-{turn}", "title": _title(result["title"], turn)}
            kept["solver"] = {"id": row["id"], "name": name}
            if turn and "description" in kept:
                kept["description"] = tightened(kept["description"], TIGHTER**turn)
            result_rows.append(kept)
    return team_rows, result_rows


def tightened(text: str, factor: float) -> str:
    """The text with every figure of one or more digits multiplied by `factor`, to three significant digits."""

    def smaller(found: re.Match[str]) -> str:
        value = float(found.group()) * factor
        return f"{value:.3g}" if value < 1000 else f"{value:.0f}"

    return re.sub(r"\d+(?:\.\d+)?(?=\s?(?:%|℃|mm|kW|mg|元|h|MPa|kg))", smaller, text)


def _title(title: str, turn: int) -> str:
    return title if not turn else f"{title}（{LINES[turn % len(LINES)]}，第 {turn + 1} 批）"[:200]


def _turned(words: list[str], turn: int) -> list[str]:
    shift = turn % len(words) if words else 0
    return words[shift:] + words[:shift]
