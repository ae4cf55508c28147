"""From the conditions read in a requirement to its gates: which filter by themselves, which wait for a person.

The measurements behind the choice are in `docs/decisions/gates.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from matching.gates.places import region_path, resolve
from matching.gates.rules import Gates, Open, Rule, Subject

_SUBJECTS: frozenset[str] = frozenset({"place", "solver_kind"})

# A place binds the team only where the clause says that the team, or what it owns, is there …
_RESIDES = re.compile(
    r"限|注册|位于|地处|来自|设有|设在|所在地|研发地点|(?:内|省|市|县|区|川)的?(?:高校|大学|院校|科研|院所|研究|企业|公司|单位|机构|团队|法人)|"
    r"在[^,，。;；]{0,12}(?:有|设)[^,，。;；]{0,8}(?:场地|基地|平台|机构|实验室|中心|分公司)|^在?[^,，。;；]{2,9}(?:省|市|县|区)内?$"
)
# … and not where the work is done, what was done there before, or which rules hold there.
_DONE_THERE = re.compile(
    r"部署|调试|现场|转化|案例|业绩|应用|市场|检测|检验|报告|标准|服务(?!机构)|完成|建成|安装|落地|运行|试验须|销往|客户|渠道|培训|示范线|"
    r"到[本我厂]|国内外|全国|省外|境内外|不限|均可"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition as it was read or written: kind, operator, value, strength, and the clause it stands in."""

    kind: str
    operator: str
    value: str
    strength: str
    text: str = ""


def is_clear(asked: Asked) -> bool:
    """Whether a must-have condition filters without a person having confirmed it."""
    if asked.kind == "solver_kind":
        return True
    if asked.kind != "place":
        return False
    return bool(_RESIDES.search(asked.text)) and not _DONE_THERE.search(asked.text)


def read_gates(conditions: Iterable[Asked], *, seeker_region: str, is_confirmed: bool) -> Gates:
    """The gates of a requirement. `is_confirmed`: a person has written or checked the list of conditions.

    Values of one subject that are asked for together are alternatives. When one of them is not clear, or
    names no place that is known, none of them filters until a person confirms the list.
    """
    musts = [one for one in conditions if one.strength == "must"]
    nice = [one for one in conditions if one.strength != "must"]
    seeker = region_path(seeker_region)
    rules: list[Rule] = []
    waiting: list[Open] = []
    for group in _groups(musts):
        rule = _rule(group, seeker, is_confirmed=is_confirmed)
        if (is_confirmed or all(map(is_clear, group))) and (rule.subject != "place" or all(rule.paths)):
            rules.append(rule)
        else:
            waiting += [Open(one.kind, one.value, one.text, is_testable=True) for one in group]
    waiting += [
        Open(one.kind, one.value, one.text, is_testable=False) for one in musts if one.kind not in _SUBJECTS
    ]
    preferences = [_rule(group, seeker, is_confirmed=is_confirmed) for group in _groups(nice)]
    return Gates(tuple(rules), tuple(preferences), tuple(waiting))


def _groups(conditions: Iterable[Asked]) -> list[list[Asked]]:
    """The testable conditions by subject and sense, in order of appearance."""
    found: dict[tuple[str, bool], list[Asked]] = {}
    for one in conditions:
        if one.kind in _SUBJECTS:
            found.setdefault((one.kind, one.operator in ("is_not", "has_not")), []).append(one)
    return list(found.values())


def _rule(group: Sequence[Asked], seeker: tuple[str, ...], *, is_confirmed: bool) -> Rule:
    first = group[0]
    values = tuple(dict.fromkeys(one.value for one in group))
    paths = tuple(resolve(value, seeker) for value in values) if first.kind == "place" else ()
    return Rule(
        subject=cast(Subject, first.kind),
        is_negative=first.operator in ("is_not", "has_not"),
        values=values,
        paths=paths,
        texts=tuple(dict.fromkeys(one.text for one in group if one.text)),
        is_confirmed=is_confirmed,
    )
