"""Scores how ready a requirement is for reviewers and solvers, and says what is missing.

The items are the reviewers' rule (迫切、真实、有效；表述精确、量化指标完整、决策归属清晰) and
the facts a form asks for; the weights are a judgement of this project, kept in one table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from matching.analyse.clauses import plain
from matching.analyse.types import (
    Budget,
    Completeness,
    Gap,
    GapCode,
    Keyword,
    Locality,
    RequirementText,
    Sentence,
    Target,
)

WEIGHTS: dict[GapCode, tuple[float, str]] = {
    "problem": (0.16, "主要问题没有说明：请写明要解决什么、现在卡在哪里"),
    "targets": (0.18, "量化指标不完整：请给出指标名称、比较符号、数值和单位（建议三项以上）"),
    "evidence": (0.10, "真实性依据不足：请写明现状数据、已做过的尝试或现有工作基础"),
    "precision": (0.10, "表述不够精确：文字过短或含“效果好”“差不多”一类无法检验的说法"),
    "goal": (0.08, "预期目标没有说明：请写明交付什么、验证到什么程度"),
    "urgency": (0.08, "紧迫性没有说明：请写明完成时限或不解决的后果"),
    "ownership": (0.08, "成果归属没有说明：请写明知识产权归属或使用方式"),
    "budget": (0.08, "拟投入资金没有填写（可填“面议”，但会少有人揭榜）"),
    "deadline": (0.05, "完成时限没有填写"),
    "cooperation": (0.03, "合作方式没有填写"),
    "contact": (0.03, "联系人没有填写"),
    "place": (0.02, "所在地区没有填写"),
    "keywords": (0.01, "关键词没有填写（1～5 个）"),
}
"""Item: its weight (they sum to 1) and the sentence shown when it is not fully met."""

ENOUGH_TARGETS = 3
SHORTEST, PRECISE = 60, 120
"""Characters of the running text below which nothing is precise, and from which length is no reason to doubt."""

_VAGUE = re.compile(
    r"效果好|差不多|尽量|好商量|好买|一定有|远一点|成本低|便宜|越[高低好]越好|拿来就用|都可以考虑|有的[淹旱]|合适可以|智能化的东西|比较先进|左右为宜|等方面"
)
_URGENT = re.compile(
    r"急需|亟需|亟待|急待|迫切|限期|停产|断供|投诉|整改|暂停供货|时间紧|来不及|退货|丢单|处罚|被通报|等不起|超标|召回|赔付|受不了|没人要|多花|损失|返修|咳嗽|漏氟|顾虑|难招|费时|报废|推不开|没有去处|不够用|堆在"
)
_DEADLINE = re.compile(
    r"20\d\d年(?:\d{1,2}月|底|内|[一二三四]季度|前)|20\d\d[-/.]\d|(?:合同期|周期|期限|工期)[^,。]{0,4}[\d一二两三]|[\d一二两三]+(?:年|个月)内(?:完成|上线|交)|年内给出"
)
_TELLING = 25
"""Characters of a sentence of the problem that tell how things stand even without a figure."""
_PAST = re.compile(r"成立于|始建于|创建于|去年|近三年|每年")
_OWNERSHIP = re.compile(
    r"(?:知识产权|专利|成果|软件著作权|著作权|菌株|配方|算法)[^,。;]{0,10}(?:归|共有|由|许可|协商|申请)|(?:归|由)(?:我|双方|需求|甲方|乙方)[^,。;]{0,6}(?:所有|共有|公司|司)"
)
_GOAL = re.compile(
    r"预期目标|目标(?:是|[:：])|建成|样机|样件|中试|示范|试运行|验收|注册证|交付|形成.{0,12}(?:规程|标准|方案|工艺)|量产|报告"
)
_FIGURE = re.compile(r"\d")
_STATE = re.compile(
    r"目前|现有|现用|现在|今年|去年|仍|常年|每[年天月]|一天|只有|约|经常|已|平均|处理|停产|漏|运行|后|年|用"
)
_STATE_FIGURE = re.compile(
    r"\d(?:[^,。;]{0,8}(?:%|℃|ppm|mg|mm|万|次|小时|h|天|个月|年|元|吨|cm|m|级|倍|度|台|NTU|HC|dB|W))|[两三四五六七八九十]成|一半|[一二三四五六七八九十]个"
)


def assess(
    requirement: RequirementText,
    *,
    sentences: Sequence[Sentence],
    targets: Sequence[Target],
    budget: Budget | None,
    localities: Sequence[Locality],
    keywords: Sequence[Keyword],
) -> Completeness:
    """The filled weight and what is missing; a target counts whether the form's rows or the text hold it."""
    running = plain("\n".join((requirement.description, requirement.problem, requirement.goal)))
    whole = f"{running}\n{plain(requirement.key_indicators)}\n{plain(requirement.existing_work)}"
    count = max(len(targets), requirement.target_count)
    has_deadline = requirement.has_deadline or _states_deadline(running)
    shares: dict[GapCode, float] = {
        "problem": float(bool(requirement.problem) or any(one.kind == "need" for one in sentences)),
        "targets": min(count / ENOUGH_TARGETS, 1.0),
        "evidence": float(bool(requirement.existing_work) or _has_state(sentences, targets)),
        "precision": _precision(whole),
        "goal": float(bool(requirement.goal) or bool(_GOAL.search(running))),
        "urgency": float(has_deadline or bool(_URGENT.search(running))),
        "ownership": float(bool(requirement.ownership) or bool(_OWNERSHIP.search(running))),
        "budget": float(requirement.has_budget or budget is not None),
        "deadline": float(has_deadline),
        "cooperation": float(requirement.has_cooperation),
        "contact": float(requirement.has_contact),
        "place": float(requirement.has_place or bool(localities)),
        "keywords": float(bool(requirement.keywords or keywords)),
    }
    score = sum(WEIGHTS[code][0] * share for code, share in shares.items())
    gaps = [
        Gap(code, WEIGHTS[code][0], round(share, 3), WEIGHTS[code][1])
        for code, share in shares.items()
        if share < 1.0
    ]
    gaps.sort(key=lambda gap: -gap.weight * (1.0 - gap.share))
    return Completeness(round(min(score, 1.0), 4), tuple(gaps))


def _states_deadline(text: str) -> bool:
    return any(
        not _PAST.search(text[max(0, found.start() - 8) : found.start()])
        for found in _DEADLINE.finditer(text)
    )


def _precision(text: str) -> float:
    length = len(re.sub(r"\s", "", text))
    if length < SHORTEST:
        return 0.0
    vague = len(_VAGUE.findall(text))
    by_length = min((length - SHORTEST) / (PRECISE - SHORTEST), 1.0) * 0.5 + 0.5
    return by_length * max(0.0, 1.0 - 0.5 * vague)


def vague_words(text: str) -> list[str]:
    """The words of a text that promise nothing that could be checked, each once, in the order of the text."""
    return list(dict.fromkeys(_VAGUE.findall(text)))


def _has_state(sentences: Sequence[Sentence], targets: Sequence[Target]) -> bool:
    """A figure of how things stand: in a sentence that is no background and not only in a target."""
    wanted = {
        (one.place.section, place) for one in targets for place in range(one.place.start, one.place.end)
    }
    for sentence in sentences:
        place = sentence.place
        if sentence.kind == "background" or place.section == "key_indicators" or place.section == "goal":
            continue
        if not _STATE.search(place.text):
            continue
        for figure in _STATE_FIGURE.finditer(place.text):
            if (place.section, place.start + figure.start()) not in wanted:
                return True
        if place.section == "problem" and len(place.text) >= _TELLING:
            return True
    return False
