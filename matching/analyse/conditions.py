"""Reads what a seeker asks of a solver: must-have conditions that gates can test, and preferences that weigh.

Testing a solver against a condition is left to the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from matching.analyse.budget import find_localities
from matching.analyse.clauses import clauses, plain, sentences
from matching.analyse.types import (
    Condition,
    ConditionKind,
    ConditionOperator,
    Place,
    RequirementText,
    Section,
    Strength,
)

_NICE = re.compile(r"优先|最好|为佳|更佳|更好|者佳|倾向于|优先考虑|加分|希望(?:与|和|由)")
_SUBJECT = (
    r"合作(?:方|单位|者|团队|对象)|报名单位|申报单位|揭榜(?:方|单位)|承担单位|解决方|参与单位|团队|机构|法人|项目负责人|技术人员|"
    r"国内外|境外|港澳台|高校|院所|研发地点|学院|大学|院校|医院|省单位|研究所|合作(?:方式|模式|要求)|服务报告|数据|保密"
)
_MUST = re.compile(
    r"必须|须(?!求)|应(?:具备|具有|有|在|当|设|为|提供)|不接受|不得|不能接受|不考虑|不参加|仅限|只限|要求(?:合作|申报|团队|报名)|"
    r"限(?:省|市|国)内|需(?:具备|具有|有|提供|签)"
)
_KINDS: tuple[tuple[ConditionKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))  # type: ignore[misc]
    for kind, pattern in (
        (
            "conflict",
            r"竞品|竞争(?:企业|对手|关系)|同题合作|同时服务|(?:不得|无|没有)与.{0,20}合作|与.{1,20}无(?:合作|关联)|利益冲突|在研合作",
        ),
        (
            "confidentiality",
            r"保密|不得(?:外传|泄露|出厂)|泄露|不外传|不出厂|保存在厂|数据.{0,6}(?:厂内|本地)|本地部署|本地化部署",
        ),
        ("presence", r"驻(?:厂|场|点|通|村|地)|常驻|到厂|到现场|到田间|蹲点|设试验点|现场(?:调试|服务|指导)"),
        ("cooperation", r"技术转让|委托研发|合作研发|独立研发|技术入股|作价入股|专利许可|买断"),
        ("rights", r"自主知识产权|FTO|自由实施|专利|菌株|知识产权|来源合法|独占许可|软件著作权"),
        (
            "qualification",
            r"资质|认证(?!经验)|CMA|CNAS|GMP|许可证?|资格|证书|职称|证明|执照|甲级|批件|检测渠道|高新技术企业",
        ),
        (
            "experience",
            r"经验|业绩|案例|经历|做过|主持过|有过|从事过|熟悉|基础|成果|研究(?!平台)|实际工作|落地|了解|承担过",
        ),
        ("equipment", r"设备|装置|中试|实验线|生产线|平台|样机|条件|仪器|产线|基地|实验室|车间"),
        ("capability", r"能力|掌握|具备|能够|能|可(?:提供|出具)|提供|拥有|会|擅长|团队|方案|路线"),
    )
)
_SOLVER_KINDS = (
    ("university", r"高校|大学|高等院校|医学院|学院"),
    ("institute", r"院所|研究院|研究所|科研(?:机构|单位)"),
    ("enterprise", r"(?<!本)企业(?!标准)|公司制"),
    ("foreign", r"境外|国外|外资|港澳台"),
)
_ABOUT_KIND = re.compile(
    r"(?:须|应|必须|需)(?:为|是)|(?:优先|最好是)|限(?:于)?(?:高校|企业|院所)|不(?:参加|接受|考虑)|合作$|的企业$|希望(?:与|和)"
)
_PLACE_RULE = re.compile(
    r"(?:在|位于|注册地?(?:在|为)?|限|须|优先|地点|本|省|市)[^,。;]{0,12}(?:省|市|区|县|境|国)?(?:内|外)?|周边"
)
_HOME = re.compile(r"(?:本|省|市|县|国|境)(?:省|市|县)?内|本(?:省|市|县|地(?!化|部署|离线|运行|服务))")
_HOME_WORDS = {"省内": "省内", "本省": "省内", "市内": "市内", "本市": "市内", "国内": "国内", "境内": "国内"}
_COOPERATION = ("技术转让", "委托研发", "合作研发", "独立研发")
_ASKING = re.compile(r"\s*(?:[((]?\d{1,2}[)).、]\s*)?(?:合作|揭榜|解决)(?:要求|单位要求|方要求|条件)[::]")
_NEGATION = re.compile(r"不接受|不考虑|不参加|不得|不能|不可|不允许|除外|非(?:技术)|无(?!人|机|卤|氟|损)")
_INTRODUCTION = re.compile(
    r"^(?:[\s:、]|(?:并|且|同时|其中|另外)?(?:要求|希望)?(?:合作(?:方|单位|要求|方式|模式)|报名单位|申报单位)?(?:为|:)?"
    r"(?:同等条件下|最好是|最好|优先考虑|优先选择|优先)?)+"
)
_SECTIONS: tuple[Section, ...] = ("description", "problem", "goal", "key_indicators")


def find_conditions(requirement: RequirementText) -> list[Condition]:
    """Those of the form's two parts, then those that the running text states, each once."""
    found: dict[tuple[str, str, str], Condition] = {}
    for section, strength in (("must_have", "must"), ("nice_to_have", "nice")):
        for one in _of_part(requirement, section, strength):  # type: ignore[arg-type]
            found.setdefault((one.kind, one.value, one.strength), one)
    for section in _SECTIONS:
        for one in _of_text(requirement, section):
            found.setdefault((one.kind, one.value, one.strength), one)
    return list(found.values())


def _of_part(requirement: RequirementText, section: Section, strength: Strength) -> Iterator[Condition]:
    original = requirement.section(section)
    text = plain(original)
    for start, end in _joined(text):
        actual: Strength = "nice" if _NICE.search(text[start:end]) else strength
        yield from _read(
            text[start:end], Place(section, start, end, original[start:end]), actual, is_part=True
        )


def _joined(text: str) -> Iterator[tuple[int, int]]:
    """Clauses of a part; one that only goes on (同等条件下, …优先) stays with the next."""
    waiting: int | None = None
    for start, end in clauses(text, 0, len(text)):
        begin = start if waiting is None else waiting
        waiting = None
        if re.fullmatch(r"同等条件下", text[start:end].strip()):
            waiting = start
            continue
        yield begin, end


def _of_text(requirement: RequirementText, section: Section) -> Iterator[Condition]:
    original = requirement.section(section)
    text = plain(original)
    for start, end, is_asked in _clauses_of_text(text):
        clause = text[start:end]
        place = Place(section, start, end, original[start:end])
        if is_asked and not re.search(r"[≥≤<>]", clause):
            strength: Strength = "nice" if _NICE.search(clause) else "must"
            yield from _read(clause, place, strength, is_part=False)
        elif _NICE.search(clause) and _is_about_solver(clause):
            yield from _read(clause, place, "nice", is_part=False)
        elif _names_cooperation(clause) or (_MUST.search(clause) and _is_about_solver(clause)):
            yield from _read(clause, place, "must", is_part=False)


def _clauses_of_text(text: str) -> Iterator[tuple[int, int, bool]]:
    """Clauses with whether their sentence is one of conditions only (合作要求：…)."""
    for begin, finish in sentences(text):
        is_asked = _ASKING.match(text[begin:finish]) is not None
        for start, end in clauses(text, begin, finish):
            yield start, end, is_asked


def _names_cooperation(clause: str) -> bool:
    return re.match(r"合作(?:方式|模式)", clause) is not None and "不限" not in clause


def _is_about_solver(clause: str) -> bool:
    if re.search(r"[≥≤<>]", clause):
        return False
    if re.search(_SUBJECT, clause):
        return True
    kinds = {kind for kind, pattern in _KINDS if pattern.search(clause)}
    if kinds & {"conflict", "confidentiality", "presence", "cooperation", "qualification"}:
        return True
    return re.match(r"(?:须|应|必须|需要?|最好)?(?:有|具有|具备|是)", clause) is not None


def _read(clause: str, place: Place, strength: Strength, *, is_part: bool) -> Iterator[Condition]:
    is_negative = bool(_NEGATION.search(clause))
    closed = list(_closed(clause, place, strength, is_negative=is_negative))
    yield from closed
    if closed and not re.search(r"经验|业绩|资质|案例|研究成果|运维|实施|试验点|现场", clause):
        return
    if any(one.kind == "place" for one in closed):
        return
    for kind, pattern in _KINDS:
        if not pattern.search(clause) or kind == "cooperation":
            continue
        operator: ConditionOperator = "has_not" if kind == "conflict" else "has"
        yield Condition(kind, operator, _value(clause), strength, place)
        return
    if (is_part or strength == "must") and len(_value(clause)) > 3:
        yield Condition("other", "has", _value(clause), strength, place)


def _closed(clause: str, place: Place, strength: Strength, *, is_negative: bool) -> Iterator[Condition]:
    """The conditions whose values have a closed list: place, kind of solver, cooperation mode."""
    operator: ConditionOperator = "is_not" if is_negative else "is"
    for word in _COOPERATION:
        if word in clause and not re.search(r"不限|均可|可以|也可", clause):
            yield Condition("cooperation", operator, word, strength, place)
    if _ABOUT_KIND.search(clause):
        for value, pattern in _SOLVER_KINDS:
            if re.search(pattern, clause) and not (value == "enterprise" and "均可" in clause):
                yield Condition("solver_kind", operator, value, strength, place)
    if not _PLACE_RULE.search(clause) or is_negative:
        return
    for where in find_localities(place.section, clause):
        yield Condition("place", "is", where.city or where.province, strength, place)
    home = _HOME.search(clause)
    if home and not find_localities(place.section, clause) and "国内外" not in clause:
        if home[0] in ("境内", "国内"):
            return
        yield Condition("place", "is", _HOME_WORDS.get(home[0], home[0]), strength, place)


def _value(clause: str) -> str:
    return _INTRODUCTION.sub("", clause).strip(" 。;,:") or clause.strip()
