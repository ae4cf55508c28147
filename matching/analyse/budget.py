"""Reads from running text what a seeker means to spend, in 万元, and where the work or the seeker is.

Cells of a form that hold nothing but an amount are read by the application's exchange package.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

from matching.analyse.clauses import plain
from matching.analyse.quantities import read_number
from matching.analyse.types import Budget, Locality, Place, Section

_AMOUNT = r"(?:\d+(?:,\d{3})*(?:\.\d+)?|[一二两三四五六七八九十百千]+)"
_UNITS = {"亿": 1e4, "千万": 1e3, "百万": 1e2, "十万": 10.0, "万": 1.0, "元": 1e-4, "": 1.0}
_UNIT = r"(?:亿|千万|百万|十万|万)?元?"
_CUE = r"(?:拟投入|投入|资金|预算|经费|出资|可出|先给|投资|费用|总投入|金额|研发费|资助|榜金|悬赏)"
_MONEY = re.compile(
    rf"(?P<bound>不超过|不高于|最多|至多|上限为?|低于|≤|不低于|不少于|至少|≥|约|大约|超过?)?\s*(?P<low>{_AMOUNT})\s*(?P<lowunit>{_UNIT})"
    rf"(?:\s?(?:~|-|—|–|至|到)\s?(?P<high>{_AMOUNT})\s*(?P<highunit>{_UNIT}))?\s*(?:人民币)?(?P<suffix>以内|以下|之内|以上|左右)?"
)
_STATED = re.compile(
    rf"{_CUE}[^,。;!?\n\d一二三四五六七八九十几数多]{{0,14}}?(?={_AMOUNT}|不超过|不高于|≤|约|至少|超)"
)
_NOT_THIS = re.compile(
    r"(?:运行|年|药剂|改造|处置|维护|检测|加工|使用|销售|产值|报价|每|单|吨)[^\s,。;:、]{0,4}$|注册$|(?:已经?|目前|累计|前期|现有)[^。;]{0,6}$"
)
_SECTIONS: tuple[Section, ...] = ("description", "goal", "key_indicators", "problem", "ownership")


def find_budget(section: Section, original: str) -> Budget | None:
    """The first amount that the text calls the project's money; several parts of one sum are added up.

    "不超过 100 万元" is 0 … 100, "80 万元以上" is 80 … None; None when no amount is named (面议).
    """
    text = plain(original)
    for cue in _STATED.finditer(text):
        if _NOT_THIS.search(text[max(0, cue.start() - 6) : cue.start()]):
            continue
        found = _MONEY.match(text, cue.end())
        if found is None or not (found["lowunit"] or found["highunit"]):
            continue
        low, high = _wan(found)
        added = re.match(rf"(?:元)?加[^,。;\d]{{0,8}}(?P<more>{_AMOUNT})万", text[found.end() :])
        end = found.end()
        if added:
            low, high = low + read_number(added["more"]), high + read_number(added["more"])
            end += added.end()
        place = Place(section, cue.start(), end, original[cue.start() : end])
        return _bounded(found, low, high, place)
    return None


def _wan(found: re.Match[str]) -> tuple[float, float]:
    low_unit, high_unit = _scale(found["lowunit"]), _scale(found["highunit"] or "")
    if found["high"] is None:
        amount = read_number(found["low"]) * _UNITS[low_unit]
        return amount, amount
    low_unit = low_unit or high_unit
    high_unit = high_unit or low_unit
    return read_number(found["low"]) * _UNITS[low_unit], read_number(found["high"]) * _UNITS[high_unit]


def _scale(written: str) -> str:
    return written.removesuffix("元") or ("元" if written else "")


def _bounded(found: re.Match[str], low: float, high: float, place: Place) -> Budget:
    low, high = round(low, 4), round(high, 4)
    bound, suffix = found["bound"] or "", found["suffix"] or ""
    if bound in ("不超过", "不高于", "最多", "至多", "低于", "≤") or suffix in ("以内", "以下", "之内"):
        return Budget(0.0, high, place)
    if bound in ("不低于", "不少于", "至少", "≥", "超", "超过") or suffix == "以上":
        return Budget(low, None, place)
    return Budget(low, high, place)


# --- places -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _gazetteer() -> tuple[dict[str, str], dict[str, str], re.Pattern[str]]:
    """(province by its names, province by city, a pattern of all of them): data/places.txt."""
    provinces: dict[str, str] = {}
    cities: dict[str, str] = {}
    content = resources.files("matching").joinpath("data", "places.txt").read_text(encoding="utf-8")
    for line in content.splitlines():
        if not line or line.startswith("#"):
            continue
        official, short, *names = line.split()
        provinces[official] = provinces[short] = official
        for name in names:
            cities[name] = official
    every = sorted([*provinces, *cities], key=len, reverse=True)
    pattern = re.compile(
        rf"(?P<name>{'|'.join(map(re.escape, every))})(?P<suffix>特别行政区|自治区|自治州|地区|省|市|州)?"
        r"(?P<county>[\u4e00-\u9fff]{1,4}?(?:区|县|旗)(?![域级别块间]))?"
    )
    return provinces, cities, pattern


# A city's short name inside another word names no place (高铁岭, 大理石), so short names need one of these.
_NOT_A_PLACE = re.compile(r"^(?:石|论|想|药|数据|参|豆|虾|市场)")


def find_localities(section: Section, original: str) -> list[Locality]:
    """Provinces and cities of China named in the text, each once, in order; a county where it follows."""
    provinces, cities, pattern = _gazetteer()
    found: dict[tuple[str, str], Locality] = {}
    for match in pattern.finditer(original):
        name = match["name"]
        if not match["suffix"] and _NOT_A_PLACE.match(original[match.end("name") :]):
            continue
        province = provinces.get(name) or cities[name]
        is_municipality = province.endswith("市")
        city = "" if name in provinces else f"{name}{match['suffix'] or '市'}"
        if is_municipality:
            city = ""
        county = match["county"] or ""
        place = Place(section, match.start(), match.end(), match[0])
        if city == "" and not is_municipality:
            # "江西省赣州市" is one place: the city that follows stands for both.
            following = pattern.match(original, match.end("suffix") if match["suffix"] else match.end("name"))
            if following is not None and cities.get(following["name"]) == province:
                continue
        found.setdefault((province, city), Locality(province, city, county, place))
    return list(found.values())


def find_budget_in(sections: dict[Section, str]) -> Budget | None:
    """The first budget in the order description, goal, indicators, problem, ownership."""
    for section in _SECTIONS:
        found = find_budget(section, sections.get(section, ""))
        if found is not None:
            return found
    return None
