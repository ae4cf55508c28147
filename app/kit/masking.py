"""Takes out of a text what would tell who wrote it: contacts of persons, and the unit's own name."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASKED_CONTACT = "〔联系方式已隐去〕"
MASKED_NAME = "某企业"

_CONTACT = re.compile(
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"
    r"|(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"
    r"|(?<!\d)0\d{2,3}[-—–]\d{7,8}(?!\d)"
    r"|(?<!\d)400[- ]\d{3,4}[- ]\d{3,4}(?!\d)"
)
_LEGAL_FORM = re.compile(
    r"(?:集团)?(?:股份|有限责任|科技|实业)?(?:有限|责任)*(?:总)?公司$|(?:股份)?(?:有限合伙|合伙企业)$|集团$"
)
_PLACE = re.compile(
    r"^(?:中国)?(?:[\u4e00-\u9fff]{2,3}(?:省|自治区))?(?:[\u4e00-\u9fff]{2,3}市)?(?:[\u4e00-\u9fff]{1,3}[县区])?"
)
_BRACKETS = re.compile(r"[（(][^（）()]*[）)]")
_TRADE = re.compile(
    r"(?:生物|医药|制药|药业|家纺|纺织|印染|服饰|机械|装备|设备|重工|电子|电气|电器|信息|软件|网络|智能|材料|新材料|新能源|能源"
    r"|化工|化学|环保|环境|食品|农业|农牧|种业|汽车|零部件|轮胎|橡胶|塑料|塑胶|钢铁|铸造|金属|玻璃|陶瓷|包装|建材|工程|技术|科技"
    r"|工业|实业|制造|制品|工贸|贸易|发展|集团|研究|检测|仪器|仪表|光电|精密|自动化|水产|海洋|纸业)+$"
)


def mask_contacts(text: str) -> str:
    """`text` without e-mail addresses and telephone numbers."""
    return _CONTACT.sub(MASKED_CONTACT, text)


def names_of(name: str, region: str = "") -> list[str]:
    """The forms in which a unit writes its own name, longest first; `region` is its 省/市/区县.

    The full name; without brackets and legal form; without the place; and the brand alone where at least two
    characters are left that are not a trade (a company called 机械有限公司 must not blank every machine).
    """
    full = name.strip()
    plain = _BRACKETS.sub("", full)
    short = _LEGAL_FORM.sub("", plain)
    local = _without_places(_PLACE.sub("", short), region)
    brand = _TRADE.sub("", local)
    forms = [full, plain, short]
    if brand and len(brand) >= 2:
        forms += [local, brand]
    kept = {form for form in forms if len(form) >= 2 and not _is_generic(form)}
    return sorted(kept, key=len, reverse=True)


def _without_places(name: str, region: str) -> str:
    # Names often begin with the bare name of the city: 潍坊豪迈 in 山东省/潍坊市.
    for part in region.split("/"):
        place = part.strip().rstrip("省市区县")
        if len(place) >= 2:
            name = name.removeprefix(place)
    return name


def _is_generic(form: str) -> bool:
    # A place or a trade alone names nobody and occurs in ordinary sentences.
    return not _TRADE.sub("", _PLACE.sub("", form))


def mask_organization(text: str, name: str, region: str = "", former_names: Iterable[str] = ()) -> str:
    """`text` with every form of the unit's own name, present or former, replaced by 某企业."""
    forms = {form for one in (name, *former_names) for form in names_of(one, region)}
    for form in sorted(forms, key=lambda form: (-len(form), form)):
        text = text.replace(form, MASKED_NAME)
    return text
