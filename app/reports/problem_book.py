"""The list of problems (赛题清单) as a document: an overview and a page or so for each problem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from app.auth.actor import VISITOR
from app.documents.model import INTERNAL, Block, Cell, Document, Heading, Paragraph, Sheet, Table
from app.exchange.problem_list import Problem, problems_of
from app.kit.clock import beijing_time
from app.reports.annex import shown_number
from app.reports.collected import ANONYMOUS, industry_name
from app.reports.made import Made, Order, Tell
from app.requirements.schemas import TargetView

HEADERS = (
    "赛题编号", "赛题名称", "主要问题", "技术关键与主要指标", "预期目标", "考核指标", "关键词", "所属领域", "应用行业",
    "所在地区", "拟投入资金（万元）", "合作方式", "完成时限", "需求单位", "发布日期", "系统编号",
)  # fmt: skip
CONTACTS = ("联系人", "电话", "邮箱", "公开层级")
NONE = "—"


def make(session: Session, order: Order, tell: Tell) -> Made:
    """Every published problem by number: in public what any visitor reads, else with units and contacts."""
    reader = VISITOR if order.is_public else order.actor
    problems = problems_of(session, reader, order.challenge)
    tell(len(problems), len(problems))
    document = Document(
        title="赛题清单",
        subtitle=order.challenge.name,
        issuer=order.issuer,
        as_of=order.as_of,
        blocks=list(_blocks(order, problems)),
        marking="" if order.is_public else INTERNAL,
        is_numbered=False,
    )
    headers = HEADERS if order.is_public else (*HEADERS, *CONTACTS)
    rows = [_line(problem, with_contacts=not order.is_public) for problem in problems]
    return Made(document, [Sheet("赛题清单", headers, rows, (9, 40, 50, 50, 40, 40, 24))])


def _blocks(order: Order, problems: Sequence[Problem]) -> Iterator[Block]:
    yield Heading("赛题一览")
    yield Paragraph(f"截至 {beijing_time(order.as_of)}，共发布赛题 {len(problems)} 项。")
    if not problems:
        return
    yield Table(
        "赛题一览",
        ("编号", "赛题名称", "所属领域", "拟投入资金（万元）", "需求单位"),
        [
            (
                str(problem.entry.number),
                _words(problem, "title"),
                problem.requirement.field.label if problem.requirement.field else NONE,
                _money(problem),
                _unit(problem),
            )
            for problem in problems
        ],
        (0.9, 4.6, 2, 1.6, 3.2),
        numeric=frozenset({3}),
    )
    yield Heading("赛题详情")
    for problem in problems:
        yield from _one(problem, with_contacts=not order.is_public)


def _one(problem: Problem, *, with_contacts: bool) -> Iterator[Block]:
    view = problem.requirement
    yield Heading(f"{problem.entry.number}  {_words(problem, 'title')}", 2)
    facts = [
        ("需求单位", _unit(problem)),
        ("所属领域", view.field.label if view.field else NONE),
        ("应用行业", industry_name(view.industry)),
        ("所在地区", view.region.replace("/", "") or NONE),
        ("拟投入资金", f"{_money(problem)} 万元" if view.budget_wan is not None else NONE),
        ("合作方式", view.cooperation.label if view.cooperation else NONE),
        ("完成时限", view.deadline.isoformat() if view.deadline else NONE),
        ("关键词", "、".join(_listed(problem, "keywords")) or NONE),
    ]
    if with_contacts:
        contact = "，".join(part for part in (view.contact, view.phone, view.email) if part)
        facts += [("联系方式", contact or NONE), ("公开层级", view.confidentiality.label)]
    if len(facts) % 2:
        facts.append(("", ""))
    pairs = [(*facts[place], *facts[place + 1]) for place in range(0, len(facts), 2)]
    yield Table("", ("项目", "内容", "项目", "内容"), pairs, (1.3, 3.4, 1.3, 3.4))
    described = "" if view.refined is not None else view.description
    for label, text in (
        ("需求概述", described),
        ("主要问题", _words(problem, "problem")),
        ("技术关键与主要指标", _words(problem, "key_indicators")),
        ("预期目标", _words(problem, "goal")),
        ("考核指标", _targets(problem)),
    ):
        if text:
            yield Paragraph(label, "lead")
            yield Paragraph(text)


def _line(problem: Problem, *, with_contacts: bool) -> tuple[Cell, ...]:
    view, published = problem.requirement, problem.entry.published_at
    line: tuple[Cell, ...] = (
        problem.entry.number,
        _words(problem, "title"),
        _words(problem, "problem"),
        _words(problem, "key_indicators"),
        _words(problem, "goal"),
        _targets(problem),
        "、".join(_listed(problem, "keywords")),
        view.field.label if view.field else None,
        industry_name(view.industry),
        view.region,
        view.budget_wan,
        view.cooperation.label if view.cooperation else None,
        view.deadline,
        _unit(problem),
        beijing_time(published)[:10] if published else None,
        str(view.id),
    )
    if not with_contacts:
        return line
    return (*line, view.contact, view.phone, view.email, view.confidentiality.label)


def _words(problem: Problem, name: str) -> str:
    """A text of the problem in its published words."""
    view = problem.requirement
    return str(getattr(view.refined or view, name) or "")


def _listed(problem: Problem, name: str) -> list[str]:
    view = problem.requirement
    return list(getattr(view.refined or view, name) or ())


def _targets(problem: Problem) -> str:
    view = problem.requirement
    return "\n".join(map(_target, (view.refined or view).targets))


def _target(target: TargetView) -> str:
    value = f"{target.value:.12g}"
    if target.upper is not None:
        return f"{target.name} {value}～{target.upper:.12g} {target.unit}".rstrip()
    return f"{target.name} {target.operator} {value} {target.unit}".rstrip()


def _unit(problem: Problem) -> str:
    organization = problem.requirement.organization
    return organization.name if organization else ANONYMOUS


def _money(problem: Problem) -> str:
    amount = problem.requirement.budget_wan
    return NONE if amount is None else shown_number(amount)
