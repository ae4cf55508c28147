"""Tells the sentences that state the need from company history, praise and policy background.

A transparent sum of cues, each with a weight; the section a sentence stands in is a cue of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from matching.analyse.clauses import plain, sentences
from matching.analyse.types import Place, RequirementText, Section, Sentence, SentenceKind

_NEED = (
    (
        1.0,
        r"急需|亟需|亟待|急待|迫切|寻求|希望|求(?=[:：一]|专家|技术)|请专家|想(?:要|改|把|做|一次|开发|找)|需要|要求[:：]?|要做|拟(?:开发|建立|以|研|采)",
    ),
    (0.9, r"难题|难点|瓶颈|存在问题|问题[:：)）]|痛点|攻关|攻克|解决|改进|研制|查明|针对"),
    (
        0.8,
        r"无法|不能|难以|达不到|赶不上|满足不了|没有(?:可靠|利用|好)|看不(?:见|出|清)|不(?:易|准|稳|匀|均)|不够|不足|缺乏|缺少",
    ),
    (
        0.8,
        r"超标|偏高|过高|过大|失效|断裂|开裂|裂纹|剥落|漏判|漏检|误报|误判|脱落|堵塞|腐蚀|磨损|投诉|返修|停产|报废|依赖(?:人工|进口|老师傅)|全部从|靠人|招工|咳嗽|渗漏|光衰|发臭|漏损|漏读|漂移|浪费|费时|造成|来不及|就(?:断|坏|要换)|粪尿不分|主观|不同意|不到\d",
    ),
    (
        0.7,
        r"技术要求|技术指标|考核指标|主要指标|指标[:：)）]|需求(?:内容)?[:：]|预期目标|目标是|≥|≤|不低于|不超过|不大于|不小于|不少于",
    ),
    (0.5, r"降(?:低|到|至)|提高到|以内|以上|以下|小于|大于|低于"),
    (0.5, r"仍(?:靠|有|然)|目前|现有的?[^基]|现用|现在|市售|过去"),
)
_BACKGROUND = (
    (
        1.4,
        r"成立于|始建于|创建于|创立于|注册资本|占地(?:面积)?|员工|职工|(?:年)?(?:产值|销售额|营业收入|营收)|上市公司|集团(?:控股|旗下)",
    ),
    (
        1.4,
        r"荣获|获得?(?:国家|省|市|科技|全国).{0,14}(?:奖|称号|认定)|先后获|被评为|列为|称号|进步[一二三]等奖|文明单位|老字号|非遗|标杆企业|质量奖",
    ),
    (
        1.3,
        r"高新技术企业|专精特新|小巨人|龙头|骨干企业|知名|领先(?:地位|水平)?|前[一二三四五十]强|名列前茅|第[一二]的?(?:。|,|$)|市场占有率|技术实力雄厚|行业标杆|优势企业|规模较大",
    ),
    (
        1.0,
        r"拥有(?:发明)?专利|专利\d+|授权专利|通过.{0,14}认证|注册证\d|主持制定|主导制定|行业标准\d|承担过|博士后|院士工作站|技术中心|工程中心|研究中心",
    ),
    (
        1.0,
        r"远销|出口(?:到|至)?.{0,10}国家|覆盖全国|遍[及布]|客户(?:包括|遍)|服务客户|配套|为多家|中标|装车量|足迹",
    ),
    (
        1.1,
        r"^(?:随着|近年来|当前,?我国|在.{0,12}背景下)|市场前景|前景广阔|需求旺盛|势在必行|具有.{0,8}意义|经济效益|社会效益|政策|十四五|双碳|国家战略",
    ),
    (
        0.9,
        r"^(?:\d\.|\(\d\))?(?:公司|本公司|我公司|我司|企业|本厂|本企业|我单位|我们|我合作社|养殖场)(?:简介|概况|系|是|为|位于|主营|专注|拥有|现有|地处|产品|年产|已装备)|(?:企业|公司)概况|现有基础|基础[:：]",
    ),
    (0.8, r"已装备|设有|建有|年产能|年产(?:轮毂)?\d|主要产品|主营|带动农户|团队\d+人|销售网络"),
)
_NEUTRAL = re.compile(
    r"^(?:拟?投入|资金|经费|预算|总?经费|费用|出资|可出|先给|投入|合作(?:方|单位|方式|模式|要求)|报名单位|知识产权|专利由|成果归|"
    r"软件著作权|项目周期|完成时间|时间与资金|研发地点|地点|优先|须由|国内外|境外|高校|科研院所|计划出资|提供|时间紧|服务报告|软件部署|"
    r"最好是|不要太|拟出资|合同期|希望与|项目在|计划20|科技投入|湖[南北].*优先|需提供|通过)"
)
_FORM_PRIOR: dict[Section, float] = {
    "problem": 0.8,
    "key_indicators": 1.2,
    "goal": 0.6,
    "existing_work": -1.2,
    "description": 0.0,
}
_CLEAR = 0.45
_NUMBERING = re.compile(r"^\s*(?:[((]?\d{1,2}[))、.](?!\d)|[一二三四五六七八九]、)\s*")


def _compiled(rows: tuple[tuple[float, str], ...]) -> tuple[tuple[float, re.Pattern[str]], ...]:
    return tuple((weight, re.compile(pattern)) for weight, pattern in rows)


_NEED_CUES, _BACKGROUND_CUES = _compiled(_NEED), _compiled(_BACKGROUND)


def judge(sentence: str, *, prior: float = 0.0) -> tuple[SentenceKind, float]:
    """What a plain sentence is for, and the score in [-1, 1] it was judged by (above 0: a need)."""
    text = _NUMBERING.sub("", sentence.strip())
    need = sum(weight for weight, cue in _NEED_CUES if cue.search(text))
    background = sum(weight for weight, cue in _BACKGROUND_CUES if cue.search(text))
    score = max(-1.0, min(1.0, (need - background + prior) / 2.0))
    if _NEUTRAL.match(text) and prior <= 0:
        return "other", score
    if score >= _CLEAR / 2.0:
        return "need", score
    return ("background", score) if score <= -_CLEAR / 2.0 else ("other", score)


def judge_sentences(requirement: RequirementText) -> Iterator[Sentence]:
    """Every sentence of the description and the parts of the form, in the order of the form."""
    for section, prior in _FORM_PRIOR.items():
        original = requirement.section(section)
        text = plain(original)
        for start, end in sentences(text):
            kind, score = judge(text[start:end], prior=prior)
            yield Sentence(Place(section, start, end, original[start:end]), kind, round(score, 3))


_WISH = re.compile(
    r"急需|亟需|亟待|寻求|希望|求[:：]|需要|要求|要做|拟|想(?:要|改|把|做|一次)|指标|需求[:：]|目标|≥|≤|不低于|不超过|不大于|不小于|不少于|最好|力争|计划"
)
_LIST = re.compile(
    r"(?:技术要求|技术指标|考核指标|主要指标|指标|性能要求|要求)[:：]|要求研制|希望.*[≥≤]|带速"
)
_BOUND = re.compile(r"[≥≤±]|不低于|不超过|不大于|不小于|不少于|不高于")


def states_a_wish(sentence: Sentence) -> bool:
    """Whether figures of the sentence are wanted ones: it is no background and names a wish or a bound."""
    return sentence.kind != "background" and _WISH.search(plain(sentence.place.text)) is not None


def is_indicator_list(text: str) -> bool:
    """Whether a sentence lists indicators, so that a bare number with its unit is one."""
    sentence = plain(text)
    return _LIST.search(sentence) is not None or len(_BOUND.findall(sentence)) > 1


_LIST_HEADER = re.compile(
    r"(?:技术要求|指标|技术参数|性能要求|参数要求|功能要求|主要参数|参数)(?:如下|要求|情况)?\s*(?:[:)。]|$)"
)
_OTHER_HEADER = re.compile(
    r"^\s*(?:\(?[一二三四五六七八九\d]{1,2}[)、.]\s*)?(?:现有|(?:工作)?基础|企业|公司|项目(?:背景|意义|概况|投入|预算)|投入|资金|研究内容|"
    r"需求内容|创新点|合作|经费|预算|知识产权|存在|问题|背景|解决|难点|已|时间)"
)


def goes_on_as_list(text: str, is_under_header: bool) -> bool:
    """Whether a sentence stands in a list of indicators: it opens one, or follows one and opens nothing else."""
    sentence = plain(text)
    if _LIST_HEADER.search(sentence):
        return True
    return is_under_header and not _OTHER_HEADER.match(sentence) and len(sentence) < _LIST_ITEM


_LIST_ITEM = 120
"""Characters of a sentence that may still be an item of a list."""
