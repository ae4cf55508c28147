"""Finds quantified targets (考核指标) in running text and turns each into a row: name, operator, value, unit.

Whether a sentence speaks of what is wanted or of how things stand is for `sentences`; a form's own rows are
parsed by the application's exchange package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from matching.analyse.clauses import clauses
from matching.analyse.quantities import NUMBER, UNIT, read
from matching.analyse.types import Operator, Place, Section, Target

_SIGNS: dict[Operator, str] = {
    "≥": "≥ >= 不低于 不小于 不少于 大于等于 大于或等于 至少 最少 不短于 不得低于 不得少于 应达到 达到 "
    "可达 达 提高到 提高至 提升到 提升至 增加到 增加至 升到 升至 延长到 延长至",
    "≤": "≤ <= 不高于 不大于 不超过 不多于 不得超过 小于等于 小于或等于 至多 最多 不长于 控制在 "
    "降低到 降低至 降至 降到 下降到 下降至 缩短到 缩短至 减少到 减少至 减至 减到 压缩到 压缩至 压到 限定",
    ">": "> 大于 高于 超过 优于 多于",
    "<": "< 小于 低于 少于 短于",
}
_OPERATOR: dict[str, Operator] = {word: sign for sign, written in _SIGNS.items() for word in written.split()}
_ANY_SIGN = "|".join(re.escape(word) for word in sorted(_OPERATOR, key=len, reverse=True))
_SUFFIXES: dict[str, Operator] = {
    "以上": "≥",
    "及以上": "≥",
    "或以上": "≥",
    "以下": "≤",
    "及以下": "≤",
    "以内": "≤",
    "之内": "≤",
    "内": "≤",
}
_SUFFIX = r"(?P<suffix>(?:及|或)?以上|(?:及)?以下|以内|之内|内(?![部径外置孔]))"
_RANGE_SIGN = r"\s?(?:~|—|–|至|到|-)\s?"
_GROWTH = ["提高", "提升", "增加", "增长", "延长", "增产", "增收", "上升"]
_DECLINE = ["降低", "下降", "减少", "缩短", "减小", "节约", "节省", "节能", "降", "减"]
_CHANGE = re.compile(
    rf"(?P<verb>{'|'.join(_GROWTH + _DECLINE)})了?(?:约|至少)?\s*(?P<value>{NUMBER})"
    rf"(?:{_RANGE_SIGN}(?P<upper>{NUMBER}))?\s*(?P<unit>{UNIT})?\s*{_SUFFIX}?"
)
_FROM_TO = re.compile(
    rf"[由从]\s*(?:现在的|目前的|现有的)?[^,。;]{{0,6}}?±?{NUMBER}\s*(?:{UNIT})?\s*(?P<verb>(?:提高|提升|增加|降低|下降|缩短|减少|升|降|减|压)(?:到|至))"
    rf"\s*(?P<plusminus>±)?(?P<value>{NUMBER})\s*(?P<unit>{UNIT})?\s*{_SUFFIX}?"
)
_SIGNED = re.compile(
    rf"(?P<sign>{_ANY_SIGN})\s*(?:为|约)?\s*(?P<per>每(?:天|日|班|月|年|周|小时|台))?(?P<scale>HBW?|HRC|HV|IP)?(?P<plusminus>±)?\s*(?P<value>{NUMBER})"
    rf"(?:{_RANGE_SIGN}(?P<upper>{NUMBER}))?\s*(?P<unit>{UNIT})?\s*{_SUFFIX}?"
)
_RANGE = re.compile(
    rf"(?<![\d.×xX])(?P<value>{NUMBER})\s*(?P<lowunit>{UNIT})?{_RANGE_SIGN}(?P<upper>{NUMBER})(?![.\d×xX])\s*(?P<unit>{UNIT})?"
)
_TOLERANCE = re.compile(
    rf"(?:(?<![\d.])(?P<centre>{NUMBER})\s*(?:{UNIT})?\s*)?±\s*(?P<value>{NUMBER})\s*(?P<unit>{UNIT})?"
)
_SUFFIXED = re.compile(rf"(?<![\d.×A-Za-z~—–-])(?P<value>{NUMBER})\s*(?P<unit>{UNIT})?\s*{_SUFFIX}")
_BARE = re.compile(
    rf"(?<![\d.×~A-Za-z±])(?P<value>{NUMBER})\s*(?P<unit>{UNIT})(?:左右)?(?=$|\s*\(|无|不|合格|通过|稳定)"
)
# What follows a comparison makes it a circumstance of another target: "AHI≥15的呼吸暂停", "200 ℃时".
_CIRCUMSTANCE = re.compile(r"\s*(?:即|便|就|的(?!$)|时|后(?!续)|条件|情况|范围|环境下|工况|[）)]?下(?!降))")
_LEADING = re.compile(
    r"^(?:[\s、:]|并且|且|并(?![联网发])|和(?!易)|及(?![时格])|与|同时|其中|要求|保证|确保|使得|使(?!用)|实现|能够|最好|希望|拟(?!合)|"
    r"将|把(?![手持])|应(?![力变用急答])|须|需(?![求氧])|可(?![靠逆见纺溶燃检用辨循视降])|技术要求|技术指标|主要指标|指标|预期目标|"
    r"需求|[(][^()]*[)]|\d{1,2}[.、](?!\d))+"
)
_TRAILING = re.compile(
    r"(?:[\s、:(,]|应当|应该|必须|能够|需要|(?<![效响反供])应|要|需|须|(?<![性功节储动势产潜效赋机])能|可|(?<!行)为|在|约|(?<!自)由|"
    r"比现在|大约|较现状|较现工艺|做到|用在)+$"
)
_CONTEXT_NAME = re.compile(r"^(?:经|在)?.{0,14}(?:\d.{0,8})(?:后|时|下|水洗)$")
_LEADING_RANGE = re.compile(rf"^[-+]?[\d.]+\s*~\s*[-+]?[\d.]+\s*(?:{UNIT})?(?:范围内)?")
_RATE_NAME = re.compile(r"(?<=.)每(天|日|班|月|年|周|小时|台|只|次)$")
_MONEY_NAME = re.compile(
    r"(?:项目|研究|总|拟|研发|计划)*(?:经费|预算|资金|总?投资|投入|费用|出资|计划)(?:总额|金额|控制|在|拟)*"
)
_TIMES = frozenset(("秒", "分钟", "小时", "天", "d", "h", "min", "s", "日"))
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    operator: Operator
    value: float
    upper: float | None
    unit: str
    verb: str = ""


def find_targets(
    text: str, original: str, *, section: Section, start: int = 0, end: int | None = None, is_list: bool
) -> Iterator[Target]:
    """The targets of `text[start:end]` (plain form of `original`, of equal length) in order.

    `is_list` (key indicators): a number with a unit needs no comparison to be a target there.
    """
    previous = ""
    for begin, finish in clauses(text, start, len(text) if end is None else end):
        clause = text[begin:finish]
        name_from = 0
        for found in _found(clause, is_list=is_list):
            name = _name(clause[name_from : found.start], found, clause)
            if _MONEY_NAME.fullmatch(name) or (found.unit == "年" and found.value > 1900):
                continue
            name, found = _with_rate(name, found)
            if not name or _CONTEXT_NAME.match(name):
                name = f"{previous}({name})" if name and previous else name or previous
            else:
                previous = name
            name_from = found.end
            if not name:
                continue
            place = Place(section, begin + found.start, begin + found.end, "")
            place = replace(place, text=original[place.start : place.end])
            yield Target(name[-_LONGEST_NAME:], found.operator, found.value, found.upper, found.unit, place)


def _found(clause: str, *, is_list: bool) -> list[_Found]:
    """The comparisons of one clause, left to right, the clearest form of writing first."""
    if not any(character.isdigit() for character in clause) and not re.search(NUMBER, clause):
        return []
    masked = _without_brackets(clause)
    taken: list[_Found] = []
    for read_all in (_from_to, _signed, _changes, _suffixed, _tolerances):
        for one in read_all(masked):
            if all(one.end <= other.start or one.start >= other.end for other in taken):
                taken.append(one)
    if not taken and is_list:
        taken = list(_ranges(masked)) or list(_bare(masked))
    taken.sort(key=lambda one: one.start)
    return taken


def _without_brackets(clause: str) -> str:
    """Brackets blanked out, but for those of a unit such as (m²·h): what stands in them is a circumstance."""

    def blank(found: re.Match[str]) -> str:
        is_unit = (
            found.start() > 0 and clause[found.start() - 1] in "/·BmgL" and not re.search("[=≥≤,]", found[0])
        )
        return found[0] if is_unit else " " * len(found[0])

    return re.sub(r"\([^()]*\)", blank, clause)


def _from_to(clause: str) -> Iterator[_Found]:
    for found in _FROM_TO.finditer(clause):
        operator: Operator = "≥" if found["verb"][0] in "提增升" else "≤"
        made = _made(found, _SUFFIXES.get(found["suffix"] or "", operator))
        yield _around_zero(made) if found["plusminus"] else made


def _around_zero(found: _Found) -> _Found:
    return replace(found, operator="~", value=-found.value, upper=found.value)


def _signed(clause: str) -> Iterator[_Found]:
    for found in _SIGNED.finditer(clause):
        if _is_circumstance(clause, found.end()):
            continue
        operator = _OPERATOR[found["sign"]]
        low = read(found["value"], found["unit"] or "")
        upper = read(found["upper"], "").value if found["upper"] else None
        if upper is not None and upper == low.value + 1 and low.unit == "级":
            # Fastness grades have half steps: "≥3-4级" asks for grade 3.5.
            low, upper = replace(low, value=low.value + 0.5), None
        if upper is not None and found["sign"] in ("达到", "控制在", "可达", "达", "限定"):
            bounds = min(low.value, upper), max(low.value, upper)
            yield _Found(found.start(), found.end(), "~", *bounds, low.unit)
        else:
            made = _made(found, _SUFFIXES.get(found["suffix"] or "", operator), value=low.value)
            if found["plusminus"] and operator not in ("≤", "<"):
                made = _around_zero(made)
            made = replace(made, unit=made.unit or found["scale"] or "")
            per = found["per"]
            yield replace(made, unit=f"{made.unit}/{per[1:]}") if per and made.unit else made


def _changes(clause: str) -> Iterator[_Found]:
    for found in _CHANGE.finditer(clause):
        if (found["unit"] or found["value"] == "一半") and not _is_circumstance(clause, found.end()):
            made = _made(found, _SUFFIXES.get(found["suffix"] or "", "≥"))
            if found["upper"]:
                made = replace(made, operator="~", upper=read(found["upper"], "").value)
            yield replace(made, verb=found["verb"])


def _suffixed(clause: str) -> Iterator[_Found]:
    for found in _SUFFIXED.finditer(clause):
        # 两年内 is a term of the work, not a property of its result.
        is_term = found["suffix"].endswith("内") and (found["unit"] or "") in ("年", "个月", "月")
        if not is_term and not _is_circumstance(clause, found.end()):
            yield _made(found, _SUFFIXES[found["suffix"]])


def _tolerances(clause: str) -> Iterator[_Found]:
    for found in _TOLERANCE.finditer(clause):
        width = read(found["value"], found["unit"] or "")
        centre = read(found["centre"], "").value if found["centre"] else 0.0
        low, high = round(centre - width.value, 12), round(centre + width.value, 12)
        yield _Found(found.start(), found.end(), "~", low, high, width.unit)


def _ranges(clause: str) -> Iterator[_Found]:
    for found in _RANGE.finditer(clause):
        unit = found["unit"] or found["lowunit"] or ""
        low, high = read(found["value"], unit), read(found["upper"], unit)
        factor = 1.0
        if found["upper"].rstrip()[-1:] in "万亿" and found["value"].rstrip()[-1:] not in "万亿":
            factor = 1e4 if "万" in found["upper"] else 1e8
        if low.value * factor < high.value and not _is_circumstance(clause, found.end()):
            yield _Found(found.start(), found.end(), "~", low.value * factor, high.value, low.unit)


def _bare(clause: str) -> Iterator[_Found]:
    for found in _BARE.finditer(clause.rstrip()):
        yield _made(found, "=")


def _made(found: re.Match[str], operator: Operator, *, value: float | None = None) -> _Found:
    quantity = read(found["value"], found["unit"] or "")
    return _Found(
        found.start(), found.end(), operator, quantity.value if value is None else value, None, quantity.unit
    )


def _is_circumstance(clause: str, end: int) -> bool:
    return _CIRCUMSTANCE.match(clause, end) is not None


def _with_rate(name: str, found: _Found) -> tuple[str, _Found]:
    """误停每班 ≤ 2 次 is 误停 ≤ 2 次/班."""
    rate = _RATE_NAME.search(name)
    if rate is None or not found.unit or "/" in found.unit:
        return name, found
    return name[: rate.start()], replace(found, unit=f"{found.unit}/{rate[1]}")


def _name(before: str, found: _Found, clause: str) -> str:
    """What is measured: the words before the comparison, else those behind it in the same clause."""
    head = re.sub(r"^.*:(?=.*[^\s:]{2})", "", before.strip().rstrip(": "))
    name = _TRAILING.sub("", _LEADING.sub("", _LEADING_RANGE.sub("", head)))
    if found.unit in _TIMES and clause[: found.end].endswith("内"):
        behind = re.split(r"[、(\d≥≤<>]", clause[found.end :])[0].strip()
        if len(behind) > 1:
            return behind[:12]
    if found.verb and name:
        name = re.sub(r"[较比](?:现有?状?工?艺?|[^较比,]{1,4})$", "", name) or name
    if found.verb and name:
        return name if name.endswith(found.verb) else f"{name}{found.verb}"
    if found.verb:
        return found.verb
    if name:
        return name
    behind = _LEADING.sub("", clause[found.end :].lstrip("的 ")).strip()
    return re.split(r"[、(\d≥≤<>]", behind)[0][:12]
