"""The requirement analysis report (技术需求大数据分析报告): its chapters in words, tables and charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.documents.model import INTERNAL, Bar, Bars, Block, Bullets, Document, Heading, Paragraph, Table
from app.kit.clock import beijing_time
from app.reports import analysis_supply
from app.reports.analysis_rows import ALONE, BUDGET, GROUPS, LACKS, NEEDS, WORDS, Group
from app.reports.annex import INDEX, Annex, Figure, share, shown_number
from app.reports.collected import (
    BUDGETS,
    FAIR,
    GAPS,
    GOOD,
    LARGEST_BUDGET,
    NOT_STATED,
    QUALITIES,
    Collected,
)
from app.reports.recommending import RULES, cited, recommend
from app.reports.supply import Supply
from matching.cluster import THRESHOLD

BARS, WORDS_SHOWN, POOREST = 12, 20, 10
REPRESENTATIVES = 3
QUOTED = 110
"""Characters of a problem that stand for it in a list."""


@dataclass(frozen=True)
class Analysis:
    """All that the report tells of."""

    name: str
    issuer: str
    as_of: datetime
    is_public: bool
    rows: Sequence[Collected]
    groups: Sequence[Group]
    clustered: int
    supply: Supply | None
    annex: Annex


def document_of(analysis: Analysis) -> Document:
    """The report. Its figures are added to the annex while it is written."""
    blocks = [*_overview(analysis), *_spread(analysis), *_words(analysis), *_clusters(analysis)]
    if not analysis.is_public:
        # What a round found, and how well forms were filled in, is not for strangers.
        blocks += _quality(analysis)
        blocks += analysis_supply.chapter(analysis.annex, analysis.supply, analysis.groups)
        blocks += _recommendations(analysis)
    blocks += _method(analysis)
    return Document(
        title="技术需求大数据分析报告",
        subtitle=analysis.name,
        issuer=analysis.issuer,
        as_of=analysis.as_of,
        blocks=blocks,
        marking="" if analysis.is_public else INTERNAL,
    )


def _overview(analysis: Analysis) -> Iterator[Block]:
    annex = analysis.annex
    yield Heading("总体情况")
    needs = annex.count("征集到的技术需求", NEEDS)
    if not analysis.rows:
        yield Paragraph(f"截至 {beijing_time(analysis.as_of)}，{analysis.name}尚未征集到可统计的技术需求。")
        return
    units = annex.count("需求单位", NEEDS, distinct="需求单位", unit="家")
    money = annex.total("拟投入资金合计", NEEDS, BUDGET)
    unpriced = annex.count("未填写拟投入资金的需求", NEEDS, {"资金档次": NOT_STATED})
    listed = annex.count("已编入赛题清单的需求", NEEDS, distinct="赛题编号")
    what = "公开发布的技术需求" if analysis.is_public else "技术需求"
    yield Paragraph(
        f"截至 {beijing_time(analysis.as_of)}，{analysis.name}共有{what} {cited(needs)}"
        f"，来自 {cited(units)}{'单位（匿名单位合计为一家）' if analysis.is_public else '单位'}"
        f"，拟投入资金合计 {cited(money)}（其中 {cited(unpriced)}未填写资金）；已编入赛题清单 {cited(listed)}。"
    )
    yield Table(
        "主要数字",
        ("指标", "数值", "单位", "附表编号"),
        [
            (one.label, shown_number(one.value), one.unit, one.code)
            for one in (needs, units, money, unpriced, listed)
        ],
        (5, 2, 1.2, 1.6),
        numeric=frozenset({1}),
        note=f"附表编号指随附工作簿“{INDEX}”表中的行；每个数字都由附表所列明细逐行计数或求和得出，可据此核对。",
    )
    yield from _by(annex, "办理状态", "按办理状态", needs, heading=False)


def _spread(analysis: Analysis) -> Iterator[Block]:
    if not analysis.rows:
        return
    annex, needs = analysis.annex, analysis.annex.figures[0]
    yield Heading("需求分布")
    for column, title in (("所属领域", "技术领域"), ("应用行业", "应用行业"), ("所在地区", "所在地区")):
        yield Heading(title, 2)
        yield from _by(annex, column, f"按{title}", needs)
    yield Heading("资金规模", 2)
    order = [words for _, words in BUDGETS] + [LARGEST_BUDGET, NOT_STATED]
    yield from _by(annex, "资金档次", "按拟投入资金", needs, order=order)
    yield Heading("技术成熟度", 2)
    levels = [f"{level} 级" for level in range(1, 10)] + [NOT_STATED]
    yield from _by(annex, "现有成熟度", "按现有成熟度（GB/T 22900，1～9 级）", needs, order=levels)
    yield from _by(annex, "目标成熟度", "按目标成熟度", needs, order=levels)
    yield Heading("合作方式", 2)
    yield from _by(annex, "合作方式", "按合作方式", needs)


def _by(
    annex: Annex,
    column: str,
    title: str,
    whole: Figure,
    *,
    order: Sequence[str] = (),
    heading: bool = True,
) -> Iterator[Block]:
    """A chart and a table of the requirements by a column: numbers, shares and money."""
    counts: dict[str, int] = {}
    for row in annex.rows(NEEDS):
        counts[str(row[column])] = counts.get(str(row[column]), 0) + 1
    names = [name for name in order if name in counts] or sorted(
        counts, key=lambda name: (name == NOT_STATED, -counts[name], name)
    )
    figures = [annex.count(f"{title}：{name}", NEEDS, {column: name}) for name in names]
    money = [annex.total(f"{title}：{name}，拟投入资金", NEEDS, BUDGET, {column: name}) for name in names]
    if heading:
        rest = f"图中为前 {BARS} 类，全部见下表。" if len(names) > BARS else ""
        bars = [
            Bar(name, float(one.value), f"{one.value} 项")
            for name, one in zip(names[:BARS], figures[:BARS], strict=True)
        ]
        yield Bars(f"{title}的需求数", bars, rest)
    yield Table(
        f"{title}的需求数与资金",
        (column, "需求数（项）", "占比", BUDGET, "附表编号"),
        [
            (
                name,
                shown_number(one.value),
                share(one.value, whole.value),
                shown_number(amount.value),
                one.code,
            )
            for name, one, amount in zip(names, figures, money, strict=True)
        ],
        (4.2, 1.8, 1.3, 2.4, 1.4),
        numeric=frozenset({1, 2, 3}),
    )


def _words(analysis: Analysis) -> Iterator[Block]:
    annex = analysis.annex
    counts: dict[str, int] = {}
    for row in annex.rows(WORDS):
        counts[str(row["关键词"])] = counts.get(str(row["关键词"]), 0) + 1
    if not counts:
        return
    yield Heading("关键词")
    shared = (word for word in counts if counts[word] > 1)
    top = sorted(shared, key=lambda word: (-counts[word], word))[:WORDS_SHOWN]
    figures = [annex.count(f"关键词“{word}”", WORDS, {"关键词": word}) for word in top]
    different = annex.count("不同的关键词", WORDS, distinct="关键词", unit="个")
    yield Paragraph(
        f"需求共使用不同的关键词 {cited(different)}。"
        "关键词取自需求单位所填；没有填写的，取系统从文本中解析出的前五个。"
    )
    if not top:
        yield Paragraph("没有两项以上需求共用的关键词。")
        return
    bars = [
        Bar(word, float(one.value), f"{one.value} 项〔{one.code}〕")
        for word, one in zip(top, figures, strict=True)
    ]
    yield Bars(f"两项以上需求共用的关键词（前 {len(top)} 个，按涉及的需求数）", bars)


def _clusters(analysis: Analysis) -> Iterator[Block]:
    if not analysis.rows:
        return
    annex = analysis.annex
    yield Heading("共性技术瓶颈")
    yield Paragraph(
        f"对有语义向量的 {analysis.clustered} 项需求，以去均值后的余弦相似度作平均连接聚类，"
        f"平均相似度不低于 {THRESHOLD} 的并为一组（阈值为经验值，分组供人工复核）；组内至少 2 项。"
        "主题由组内多项需求共有、而其他需求少有的词命名。"
    )
    alone = annex.count("未成组的需求", NEEDS, {"主题组": ALONE})
    if not analysis.groups:
        yield Paragraph(f"按此阈值没有形成主题组，{cited(alone)}各自独立。")
        return
    number = annex.count("主题组", GROUPS, distinct="主题组", unit="组")
    yield Paragraph(f"共形成 {cited(number)}；另有 {cited(alone)}未与其他需求成组。")
    lines = []
    for group in analysis.groups:
        where = {"主题组": group.name}
        count = annex.count(f"{group.name}需求数", NEEDS, where)
        money = annex.total(f"{group.name}拟投入资金", NEEDS, BUDGET, where)
        lines.append(
            (
                group.name,
                "、".join(group.words),
                shown_number(count.value),
                shown_number(money.value),
                f"{group.cohesion:.2f}",
                count.code,
            )
        )
    yield Table(
        "主题组",
        ("组号", "主题", "需求数（项）", BUDGET, "平均相似度", "附表编号"),
        lines,
        (1.4, 4.6, 1.5, 2, 1.5, 1.4),
        numeric=frozenset({2, 3, 4}),
    )
    yield Heading("代表性需求", 2)
    by_label = {row.label: row for row in analysis.rows}
    for group in analysis.groups:
        yield Paragraph(f"{group.name}  {'、'.join(group.words)}", "lead")
        yield Bullets([_told(by_label[label]) for label in group.members[:REPRESENTATIVES]])


def _told(row: Collected) -> str:
    view = row.view
    text = " ".join((view.problem or view.description or view.goal or "").split())
    cut = f"{text[:QUOTED]}……" if len(text) > QUOTED else text
    return f"{row.label} {view.title}（{row.organization}）" + (f"：{cut}" if cut else "")


def _quality(analysis: Analysis) -> Iterator[Block]:
    if not analysis.rows:
        return
    annex, needs = analysis.annex, analysis.annex.figures[0]
    yield Heading("描述质量")
    yield Paragraph(
        "完整度按“迫切、真实、有效，表述精确，量化指标完整，决策归属清晰”的审核口径逐项判读，满分为 1："
        f"不低于 {GOOD} 为完整，不低于 {FAIR} 为基本完整，其余待补充。"
    )
    levels = [(name, annex.count(f"描述{name}的需求", NEEDS, {"描述质量": name})) for name in QUALITIES]
    yield Bars(
        "描述质量",
        [
            Bar(name, float(one.value), f"{one.value} 项，{share(one.value, needs.value)}〔{one.code}〕")
            for name, one in levels
        ],
    )
    lacking = {name: len(annex.rows(LACKS, {"缺项": name})) for name in GAPS.values()}
    names = sorted((name for name in lacking if lacking[name]), key=lambda name: (-lacking[name], name))
    if names:
        figures = [annex.count(f"缺“{name}”的需求", LACKS, {"缺项": name}) for name in names]
        yield Table(
            "不完整的项目",
            ("项目", "需求数（项）", "占比", "附表编号"),
            [
                (name, shown_number(one.value), share(one.value, needs.value), one.code)
                for name, one in zip(names, figures, strict=True)
            ],
            (4, 2, 2, 2),
            numeric=frozenset({1, 2}),
        )
    poorest = sorted(analysis.rows, key=lambda row: (row.completeness, row.label))[:POOREST]
    yield Table(
        f"完整度最低的 {len(poorest)} 项需求",
        ("编号", "名称", "需求单位", "完整度", "缺项"),
        [
            (row.label, row.view.title, row.organization, f"{row.completeness:.2f}", "、".join(row.gaps))
            for row in poorest
        ],
        (1, 3.4, 2.8, 1.1, 3.4),
        numeric=frozenset({3}),
        note=f"全部需求的完整度见附表“{NEEDS}”，缺项见附表“{LACKS}”。",
    )


def _recommendations(analysis: Analysis) -> Iterator[Block]:
    if not analysis.rows:
        return
    yield Heading("建议")
    found = recommend(
        analysis.annex,
        analysis.groups,
        has_round=analysis.supply is not None,
    )
    if not found:
        yield Paragraph("按下列规则，现有数字没有引出建议。")
    else:
        yield Paragraph("以下建议由固定规则从上述数字得出，方括号内为规则号。")
        yield Bullets([f"［{one.rule}］{one.text}" for one in found], is_ordered=True)
    yield Heading("规则", 2)
    yield Bullets([f"{code}：{words}" for code, words in RULES.items()])


def _method(analysis: Analysis) -> Iterator[Block]:
    median = _median([row.view.budget_wan for row in analysis.rows if row.view.budget_wan is not None])
    yield Heading("数据说明")
    items = [
        f"统计时点为 {beijing_time(analysis.as_of)}（北京时间）；统计对象为已提交到{analysis.name}的需求"
        + ("中公开发布的部分，定向需求不列入，匿名需求隐去单位。" if analysis.is_public else "，不含草稿。"),
        "所在地区按需求填写的地区，未填写的按单位所在地；应用行业按填写的国民经济行业，未填写的取系统判读的大类。",
        f"拟投入资金为需求单位填写数，未填写的不计入合计；已填写的中位数为 {median}。",
        f"随附工作簿“{INDEX}”列出本报告全部带编号的数字及其筛选条件，其余各表为逐条明细。",
    ]
    yield Bullets(items)


def _median(amounts: Sequence[Decimal]) -> str:
    if not amounts:
        return "—"
    ordered = sorted(amounts)
    middle = len(ordered) // 2
    value = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return f"{shown_number(Decimal(value))} 万元"
