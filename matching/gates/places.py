"""Places as paths 省/市/县: what a region stands for, what 省内 means to a seeker, and whether one holds another."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from matching.analyse.budget import find_localities

Path = tuple[str, ...]
Verdict = Literal["met", "broken", "unknown"]

_OVERSEAS_CHINA = frozenset({"香港特别行政区", "澳门特别行政区", "台湾省"})
# fmt: off
_ABROAD = (
    "境外", "国外", "海外", "美国", "加拿大", "墨西哥", "巴西", "阿根廷", "智利", "英国", "爱尔兰", "法国",
    "德国", "荷兰", "比利时", "卢森堡", "瑞士", "奥地利", "意大利", "西班牙", "葡萄牙", "瑞典", "挪威",
    "芬兰", "丹麦", "冰岛", "波兰", "捷克", "匈牙利", "希腊", "俄罗斯", "白俄罗斯", "乌克兰", "土耳其",
    "以色列", "阿联酋", "沙特", "伊朗", "印度", "巴基斯坦", "日本", "韩国", "朝鲜", "蒙古", "新加坡",
    "马来西亚", "泰国", "越南", "印度尼西亚", "菲律宾", "哈萨克斯坦", "澳大利亚", "新西兰", "南非", "埃及",
)
# fmt: on
_LEVELS = {"省内": 1, "本省": 1, "市内": 2, "本市": 2, "本地": 2, "县内": 3, "本县": 3, "区内": 3, "本区": 3}


@lru_cache(maxsize=8192)
def region_path(text: str) -> Path:
    """A region by levels, province and city by their full names where they are known.

    江苏南京, 南京市 and 江苏省/南京市 are the same; what follows a slash is kept as written. () for nothing.
    """
    parts = [part.strip() for part in text.split("/") if part.strip()]
    if not parts:
        return ()
    named = find_localities("title", parts[0])
    if not named or parts[0].startswith(_ABROAD):
        return tuple(parts)
    where = named[0]
    head = [part for part in (where.province, where.city, where.county) if part]
    rest = parts[1:]
    if len(head) == 1 and rest and head[0] not in _municipalities():
        # The second level by its full name, too: 江苏/南京 is 江苏省/南京市.
        city = next((one.city for one in find_localities("title", rest[0]) if one.province == head[0]), "")
        rest = [city or rest[0], *rest[1:]]
    return (*head, *rest)


@lru_cache(maxsize=1)
def _municipalities() -> frozenset[str]:
    return frozenset({"北京市", "天津市", "上海市", "重庆市"})


@lru_cache(maxsize=8192)
def is_known(path: Path) -> bool:
    """Whether the first level is a province of China or a country, so that two of them can be told apart."""
    return bool(path) and (is_mainland(path) or is_abroad(path))


def is_mainland(path: Path) -> bool:
    """Whether the region lies in a province of China other than 香港, 澳门 and 台湾."""
    if not path or path[0] in _OVERSEAS_CHINA or path[0].startswith(_ABROAD):
        return False
    return any(one.province == path[0] for one in find_localities("title", path[0]))


def is_abroad(path: Path) -> bool:
    """Whether the region is a country named here, 境外 or the like, or 香港, 澳门, 台湾 (as calls count them)."""
    return bool(path) and (path[0] in _OVERSEAS_CHINA or path[0].startswith(_ABROAD))


def resolve(value: str, seeker: Path) -> Path:
    """The path a condition's value stands for; 省内, 市内, 本地 through the seeker's region. () if unknown."""
    level = _LEVELS.get(value)
    if level is None:
        return region_path(value)
    if not seeker or not is_mainland(seeker):
        return ()
    if seeker[0] in _municipalities():
        level = max(1, level - 1)
    return seeker[:level] if len(seeker) >= level else ()


def covers(wanted: Path, team: Path) -> Verdict:
    """Whether a team lies in a place. Unknown when its region is missing, too coarse, or cannot be told apart.

    A second level that is no city of the gazetteer may be a county written in a city's place: it differs from
    no city for certain.
    """
    if not wanted or not team:
        return "unknown"
    for level, (one, other) in enumerate(zip(wanted, team, strict=False)):
        if _stem(one) == _stem(other):
            continue
        if level == 0:
            is_certain = is_known(wanted) and is_known(team)
        else:
            is_certain = level > 1 or not is_mainland(team) or _is_city(team[:2])
        return "broken" if is_certain else "unknown"
    return "met" if len(team) >= len(wanted) else "unknown"


@lru_cache(maxsize=8192)
def _is_city(path: Path) -> bool:
    if path[0] in _municipalities():
        return True
    return any(where.city == path[1] for where in find_localities("title", "".join(path)))


def _stem(level: str) -> str:
    return level[:-1] if len(level) > 2 and level[-1] in "省市县区" else level
