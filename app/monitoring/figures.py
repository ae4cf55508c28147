"""The figures of a report, each by one stated rule over its rows: actual, target, a year ago, share, trend, light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.models.monitoring import GREEN_FROM, YELLOW_FROM, Indicator, IndicatorTarget, Light
from app.monitoring import rows
from app.monitoring.periods import Period, apportioned
from app.monitoring.rows import BEFORE, SPAN, THIS, YEAR_AGO, Rows

CENT, TENTH = Decimal("0.01"), Decimal("0.1")


@dataclass(frozen=True)
class Rule:
    """How an indicator is counted over the rows of `sheet` that have the values of `where`.

    Rows are counted, or with `distinct` their different values; summed over `total_of`; the mean taken of
    `mean_of`; or the percentage of those that also have the values of `part`. Only counts and sums are
    apportioned over the year and have a share of the city.
    """

    sheet: str
    unit: str
    words: str
    where: Mapping[str, str] = field(default_factory=dict)
    distinct: str = ""
    total_of: str = ""
    mean_of: str = ""
    part: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_sum(self) -> bool:
        """Whether periods and districts add up."""
        return not self.mean_of and not self.part

    @property
    def places(self) -> int:
        """Decimals of its values: amounts to the hundredth of 万元, counts whole."""
        return 2 if self.total_of or self.mean_of else 1 if self.part else 0


I = Indicator  # noqa: E741
RULES: dict[Indicator, Rule] = {
    I.FILED: Rule(rows.FILED, "项", "期内首次提交的需求"),
    I.REVIEWED: Rule(
        rows.ANSWERS, "项", "期内得到审核答复（通过、退回、不予受理）的需求", {"口径": rows.REVIEW}, rows.KEY
    ),
    I.PUBLISHED: Rule(rows.PUBLISHED, "项", "期内首次发布的需求"),
    I.ANSWERED: Rule(rows.ANSWERS, "项", "期内得到至少一次答复的需求", {}, rows.KEY),
    I.COVERAGE: Rule(rows.DUE, "%", "期内到期的应答复事项中，期末前已答复的比例", part={rows.DONE: rows.YES}),
    I.TIMELY: Rule(rows.DUE, "%", "期内到期的应答复事项中，按期答复的比例", part={rows.IN_TIME: rows.YES}),
    I.MATCHED: Rule(
        rows.ANSWERS, "项", "期内向需求单位推送了候选解决方的需求", {"口径": rows.MATCH}, rows.KEY
    ),
    I.ACCEPTED: Rule(rows.ACCEPTED, "次", "期内接受且未撤销的邀约"),
    I.PROPOSED: Rule(rows.PROPOSED, "份", "期内首次提交且未撤回的方案"),
    I.SIGNED: Rule(rows.SIGNED, "项", "签订日期在期内、未终止的合作协议"),
    I.AMOUNT: Rule(rows.SIGNED, "万元", "上述协议的合同金额之和", total_of=rows.AMOUNT),
    I.PAID: Rule(rows.PAID, "万元", "到账日期在期内、未作废的到账之和", total_of=rows.AMOUNT),
    I.SATISFACTION: Rule(rows.RATED, "分", "期内需求单位评分（1 至 5）的平均值", mean_of=rows.MARK),
}
"""The stated rule of each indicator; a test holds the table complete."""


def value(indicator: Indicator, found: Rows, span: str) -> Decimal | None:
    """An indicator over the rows of one span. None for a rate or mean with nothing to take it of."""
    rule = RULES[indicator]
    lines = [row for row in found[rule.sheet] if row[SPAN] == span and _has(row, rule.where)]
    if rule.total_of:
        return sum((Decimal(row[rule.total_of]) for row in lines), Decimal(0))
    if rule.mean_of:
        total = sum(int(row[rule.mean_of]) for row in lines)
        return _rounded(Decimal(total) / len(lines), CENT) if lines else None
    if rule.part:
        met = sum(_has(row, rule.part) for row in lines)
        return _rounded(Decimal(100 * met) / len(lines), TENTH) if lines else None
    return Decimal(len({row[rule.distinct] for row in lines}) if rule.distinct else len(lines))


def target_of(target: IndicatorTarget, period: Period) -> Decimal:
    """The period's part of the year's target; a rate or mean is the same in every period."""
    rule = RULES[target.indicator]
    return apportioned(target.annual, period, places=rule.places) if rule.is_sum else target.annual


def light_of(
    actual: Decimal | None,
    target: Decimal | None,
    *,
    green_from: int = GREEN_FROM,
    yellow_from: int = YELLOW_FROM,
) -> Light:
    """Green from `green_from` percent of the target, yellow from `yellow_from`, else red; none without either number.

    A period whose part of the target is 0 asks nothing and is met.
    """
    if actual is None or target is None:
        return Light.NONE
    if actual * 100 >= target * green_from:
        return Light.GREEN
    return Light.YELLOW if actual * 100 >= target * yellow_from else Light.RED


def measure(
    region: str, period: Period, city: Rows, targets: Sequence[IndicatorTarget]
) -> list[dict[str, Any]]:
    """The lines of a report as JSON, numbers as text; `targets` are those of its year, `city` the rows of all."""
    own = rows.of_district(city, region)
    wanted = {target.indicator: target for target in targets if target.region == region}
    return [_line(indicator, region, period, own, city, wanted.get(indicator)) for indicator in Indicator]


def parts_of(city: Rows) -> list[dict[str, Any]]:
    """The city's districts, each with its values of the period: what the figures of the city are made of."""
    names = sorted({row[rows.DISTRICT] for lines in city.values() for row in lines if row[SPAN] == THIS})
    found = []
    for name in names:
        own = rows.of_district(city, name)
        values = {item.value: _text(value(item, own, THIS)) for item in Indicator}
        found.append({"region": name, "values": values})
    return found


def changes_between(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The numbers of two editions that differ: rows {indicator, column, before, after}."""
    old = {line["indicator"]: line for line in before}
    return [
        {"indicator": line["indicator"], "column": column, "before": was.get(column), "after": line[column]}
        for line in after
        for was in [old.get(line["indicator"], {})]
        for column in ("actual", "target", "year_ago", "previous", "city", "light")
        if was.get(column) != line[column]
    ]


def _line(
    indicator: Indicator,
    region: str,
    period: Period,
    own: Rows,
    city: Rows,
    wanted: IndicatorTarget | None,
) -> dict[str, Any]:
    rule = RULES[indicator]
    actual, previous = value(indicator, own, THIS), value(indicator, own, BEFORE)
    whole = value(indicator, city, THIS) if rule.is_sum else None
    target = target_of(wanted, period) if wanted is not None else None
    share = _rounded(actual * 100 / whole, TENTH) if actual is not None and whole else None
    limits = {"green_from": wanted.green_from, "yellow_from": wanted.yellow_from} if wanted else {}
    return {
        "indicator": indicator.value,
        "unit": rule.unit,
        "actual": _text(actual),
        "target": _text(target),
        "annual": _text(wanted.annual if wanted else None),
        "completion": _text(
            _rounded(actual * 100 / target, TENTH) if actual is not None and target else None
        ),
        "year_ago": _text(value(indicator, own, YEAR_AGO)),
        "previous": _text(previous),
        "trend": _text(actual - previous if actual is not None and previous is not None else None),
        "city": _text(whole),
        "share": _text(share),
        "light": light_of(actual, target, **limits).value,
        **{name: limits.get(name) for name in ("green_from", "yellow_from")},
    }


def _has(row: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    return all(row[name] == wanted for name, wanted in values.items())


def _rounded(number: Decimal, step: Decimal) -> Decimal:
    return number.quantize(step, rounding=ROUND_HALF_UP)


def _text(number: Decimal | None) -> str | None:
    """Without needless zeros, so that equal numbers are equal texts."""
    return None if number is None else f"{number.normalize():f}"
