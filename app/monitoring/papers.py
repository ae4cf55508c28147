"""A monitoring report as Word, PDF and workbook: made of what the edition holds, so an issued one stays the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from app.documents.model import INTERNAL, Block, Bullets, Cell, Document, Heading, Paragraph, Table
from app.kit.clock import beijing_time
from app.kit.filenames import plain_filename
from app.models.monitoring import Indicator, IndicatorReport, IndicatorReportStatus, Light
from app.models.report import ReportFormat
from app.monitoring.figures import RULES, Rule
from app.monitoring.rows import AMOUNT, COLUMNS, DAY, DISTRICT, SPAN, THIS
from app.monitoring.service import name_of, period_of
from app.reports.annex import Annex, Figure, shown_number
from app.reports.made import Made

MARKS = {Light.GREEN: "● 绿·达标", Light.YELLOW: "▲ 黄·偏低", Light.RED: "■ 红·滞后", Light.NONE: "○ 不评"}
"""Lights as they are printed: a shape and a word beside the colour's name, for black-and-white printers."""
HEADERS = ("指标", "单位", "目标", "实际", "完成率", "上年同期", "占全市", "较上期", "状态", "来源")
NARROW = (Indicator.FILED, Indicator.PUBLISHED, Indicator.ACCEPTED, Indicator.SIGNED, Indicator.AMOUNT)
COLUMN_NAMES = {
    "actual": "实际",
    "target": "目标",
    "year_ago": "上年同期",
    "previous": "上期",
    "city": "全市合计",
    "light": "状态",
}
NOTHING = "—"


def make(report: IndicatorReport) -> Made:
    """The document and the workbook with every row that its figures count; needs the rows loaded."""
    annex = _annex(report)
    sources = {item: _source(annex, RULES[item], item) for item in Indicator}
    document = Document(
        title=title_of(report),
        subtitle=f"{name_of(report.region)} · {period_of(report).label}",
        issuer=report.issuer,
        as_of=report.issued_at or report.as_of,
        blocks=list(_blocks(report, annex, sources)),
        marking=INTERNAL,
        has_cover=False,
        is_landscape=True,
    )
    return Made(document, annex.sheets())


def title_of(report: IndicatorReport) -> str:
    """通海市……动态监测月报（2026 年 10 月，第 2 版）, with 草稿 while it is one."""
    edition = f"，第 {report.edition} 版" if report.edition > 1 else ""
    draft = "（草稿）" if report.status is IndicatorReportStatus.DRAFT else ""
    period = period_of(report).label
    return (
        f"{name_of(report.region)}技术需求对接动态监测{report.period_kind.label}（{period}{edition}）{draft}"
    )


def filename_of(report: IndicatorReport, format: ReportFormat) -> str:
    annex = "附表" if format is ReportFormat.XLSX else ""
    return plain_filename(f"{title_of(report)}{annex}.{format.value}".replace(" ", ""))


def shown(value: str | None) -> str:
    """A number of a line as people read it; — where there is none."""
    return NOTHING if value is None else shown_number(Decimal(value))


def shown_trend(line: Mapping[str, Any]) -> str:
    """How a value moved against the period before: ↑ 3, ↓ 1.5, or 持平."""
    if line["trend"] is None:
        return NOTHING
    moved = Decimal(line["trend"])
    if not moved:
        return "持平"
    return f"{'↑' if moved > 0 else '↓'} {shown_number(abs(moved))}"


def _percent(value: str | None) -> str:
    return NOTHING if value is None else f"{Decimal(value):.1f}%"


def _blocks(report: IndicatorReport, annex: Annex, sources: Mapping[Indicator, str]) -> Iterator[Block]:
    lines = {Indicator(line["indicator"]): line for line in report.figures}
    issued = f"发布时间：{beijing_time(report.issued_at)}" if report.issued_at else "草稿，尚未发布"
    yield Paragraph(
        f"编制单位：{report.issuer}　　数据时点：{beijing_time(report.as_of)}　　{issued}", "plain"
    )
    yield Heading("指标完成情况")
    yield Paragraph(_summary(lines))
    table = [
        (
            item.label,
            line["unit"],
            shown(line["target"]),
            shown(line["actual"]),
            _percent(line["completion"]),
            shown(line["year_ago"]),
            _percent(line["share"]),
            shown_trend(line),
            MARKS[Light(line["light"])],
            sources[item],
        )
        for item, line in lines.items()
    ]
    yield Table(
        "指标表", HEADERS, table, (3, 1.1, 1.6, 1.6, 1.6, 1.7, 1.6, 1.6, 2.1, 2.2), frozenset(range(2, 8)),
        "“来源”为附表“数字索引”中的编号，按其中条件可在附表中数出该数。",
    )  # fmt: skip
    if report.parts:
        yield Heading("各区县情况")
        yield Table(
            "各区县主要指标（本期实际）",
            ("区县", *(f"{item.label}（{RULES[item].unit}）" for item in NARROW)),
            [
                (name_of(part["region"]), *(shown(part["values"][item.value]) for item in NARROW))
                for part in report.parts
            ],
            (3, *(2 for _ in NARROW)),
            frozenset(range(1, len(NARROW) + 1)),
            "各区县之和等于全市；在附表中按“区县”筛选即得。",
        )
    if report.edition > 1:
        yield Heading("更正说明")
        yield Paragraph(f"本版为第 {report.edition} 版，更正原因：{report.reason}")
        yield from _changes(report)
    yield Heading("口径说明")
    yield Bullets([f"{item.label}：{rule.words}。" for item, rule in RULES.items()])
    yield Paragraph(
        "目标由年度目标分解：截至第 m 月应完成年度目标的 m/12（四舍五入），本期目标为期末与期初应完成数之差；"
        "比例与评分类指标各期目标相同。完成率达到“达标”界限（默认 100%）为绿，达到“偏低”界限（默认 80%）为黄，"
        "其余为红；没有目标或没有数据的不评。“较上期”为与上一期之差。定向需求不列名称，匿名需求不列单位。",
        "note",
    )


def _summary(lines: Mapping[Indicator, Mapping[str, Any]]) -> str:
    by_light = {
        light: [item.label for item in lines if lines[item]["light"] == light.value] for light in Light
    }
    rated = sum(len(by_light[light]) for light in (Light.GREEN, Light.YELLOW, Light.RED))
    if not rated:
        return "本期未设目标，各指标只列实际值。"
    parts = [f"设有目标并有数据的指标共 {rated} 项，达标 {len(by_light[Light.GREEN])} 项"]
    for light in (Light.YELLOW, Light.RED):
        if by_light[light]:
            parts.append(f"{light.label} {len(by_light[light])} 项（{'、'.join(by_light[light])}）")
    return "，".join(parts) + "。"


def _changes(report: IndicatorReport) -> Iterator[Block]:
    if not report.changes:
        yield Paragraph("与上一版相比，指标数字没有变化。")
        return
    yield Table(
        "与上一版的差异",
        ("指标", "栏目", "上一版", "本版"),
        [
            (
                Indicator(row["indicator"]).label,
                COLUMN_NAMES[row["column"]],
                _cell(row, "before"),
                _cell(row, "after"),
            )
            for row in report.changes
        ],
        (3, 2, 2, 2),
        frozenset({2, 3}),
    )


def _cell(row: Mapping[str, Any], name: str) -> str:
    value = row[name]
    if row["column"] == "light":
        return Light(value).label if value else NOTHING
    return shown(value)


def _annex(report: IndicatorReport) -> Annex:
    annex = Annex()
    for sheet, columns in COLUMNS.items():
        lines = [_typed(row) for row in report.rows.get(sheet, [])]
        widths = tuple(
            36 if name in ("需求", "系统编号") else 24 if name == DISTRICT else 14 for name in columns
        )
        annex.add(sheet, columns, lines, widths)
    return annex


def _typed(row: Mapping[str, Any]) -> dict[str, Cell]:
    typed: dict[str, Cell] = dict(row)
    typed[DAY] = date.fromisoformat(row[DAY])
    if AMOUNT in row:
        typed[AMOUNT] = Decimal(row[AMOUNT])
    return typed


def _source(annex: Annex, rule: Rule, item: Indicator) -> str:
    """Enters what an indicator is counted of into the index; gives the codes of its lines."""
    where = {SPAN: THIS, **rule.where}
    label = item.label
    if rule.total_of:
        found: list[Figure] = [annex.total(label, rule.sheet, rule.total_of, where, unit=rule.unit)]
    elif rule.mean_of:
        found = [
            annex.total(f"{label}：评分之和", rule.sheet, rule.mean_of, where, unit=rule.unit),
            annex.count(f"{label}：评分次数", rule.sheet, where, unit="次"),
        ]
    elif rule.part:
        found = [
            annex.count(f"{label}：分子", rule.sheet, {**where, **rule.part}),
            annex.count(f"{label}：分母", rule.sheet, where),
        ]
    else:
        found = [annex.count(label, rule.sheet, where, distinct=rule.distinct, unit=rule.unit)]
    return "/".join(figure.code for figure in found)
