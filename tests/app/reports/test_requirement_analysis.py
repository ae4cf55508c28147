"""The analysis report: its figures are those of the database, and each can be counted again from its workbook."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.db import Database
from app.models import Candidate, Challenge, MatchRound, Requirement, SolverProfile
from app.models.requirement import Confidentiality
from app.reports.annex import INDEX, Annex, share, shown_number
from app.reports.collected import budget_class, industry_name, without_common_parts
from tests.app.reports.conftest import FORMULA, MakeReport


def test_the_numbers_are_those_of_the_database(
    db: Database, needs: list[Requirement], round_: MatchRound, make_report: MakeReport
) -> None:
    made = make_report("requirement_analysis")
    index = {row["指标"]: row["数值"] for row in made.rows(INDEX)}
    with db.read() as session:
        mine = (Requirement.submitted_at.is_not(None), Requirement.id.in_([row.id for row in needs]))
        count = session.scalar(select(func.count()).where(*mine))
        budgets = list(session.scalars(select(Requirement.budget_wan).where(*mine)))
        by_field = dict(
            session.execute(
                select(Requirement.field, func.count()).where(*mine).group_by(Requirement.field)
            ).all()
        )
        adequate = session.scalar(
            select(func.count(func.distinct(Candidate.requirement_id))).where(
                Candidate.round_id == round_.id, Candidate.is_adequate
            )
        )
    assert index["征集到的技术需求"] == count == 6
    assert Decimal(str(index["拟投入资金合计"])) == sum((one for one in budgets if one), Decimal(0))
    assert index["未填写拟投入资金的需求"] == budgets.count(None) == 1
    for field, number in by_field.items():
        assert field is not None
        assert index[f"按技术领域：{field.label}"] == number
    assert index["有合格团队的需求"] == adequate == 3
    assert index["参加匹配的需求"] == 4
    text = made.text()
    assert "共有技术需求 6 项〔F001〕，来自 2 家〔F002〕" in text
    assert "参加匹配 4 项" in text


def test_every_number_can_be_counted_again_from_its_sheet(
    needs: list[Requirement], round_: MatchRound, make_report: MakeReport
) -> None:
    made = make_report("requirement_analysis")
    index, sheets = made.rows(INDEX), {name: made.rows(name) for name in made.sheets()}
    assert len(index) > 50
    for line in index:
        conditions = [part.split("=", 1) for part in (line["筛选条件（列=值）"] or "").split("；") if part]
        rows = [
            row
            for row in sheets[line["明细表"]]
            if all(str(row[column]) == value for column, value in conditions)
        ]
        if line["求和的列"]:
            again = sum(row[line["求和的列"]] or 0 for row in rows)
        elif line["计数的列"]:
            again = len({row[line["计数的列"]] for row in rows} - {None})
        else:
            again = len(rows)
        assert again == pytest.approx(line["数值"]), line
    assert all(line["编号"] in made.text() for line in index[:5])


def test_shared_bottlenecks_are_named_and_served_or_not(
    needs: list[Requirement], round_: MatchRound, make_report: MakeReport
) -> None:
    made = make_report("requirement_analysis")
    groups: dict[str, set[str]] = {}
    for row in made.rows("主题组"):
        groups.setdefault(row["主题"], set()).add(row["编号"])
    assert {"001", "002"} in groups.values()
    assert {"003", "004"} in groups.values()
    theme = next(words for words, members in groups.items() if members == {"001", "002"})
    assert "阻燃整理" in theme
    supply = {row["编号"]: row["结论"] for row in made.rows("供需匹配")}
    assert supply == {"001": "有合格团队", "002": "有合格团队", "003": "有合格团队", "004": "无合格团队"}


def test_recommendations_follow_their_rules(
    needs: list[Requirement], round_: MatchRound, make_report: MakeReport
) -> None:
    text = make_report("requirement_analysis").text()
    # 3 requirements find the first team adequate, which takes one; requirement 4 has nobody.
    assert "［R5］江东理工大学纺织材料课题组合格 3 项" in text
    assert "［R3］没有合格团队的需求 1 项" in text
    assert "“需求4的共性难题”（004）" in text
    assert "［R1］" not in text
    assert "［R2］" not in text


def test_a_public_report_says_nothing_that_strangers_may_not_know(
    db: Database,
    needs: list[Requirement],
    round_: MatchRound,
    make_report: MakeReport,
) -> None:
    made = make_report("requirement_analysis", audience="public")
    rows = made.rows("需求明细")
    with db.read() as session:
        restricted = session.scalars(
            select(Requirement.title).where(Requirement.confidentiality == Confidentiality.RESTRICTED)
        ).one()
    assert len(rows) == 4
    assert restricted not in {row["名称"] for row in rows}
    # The second requirement is anonymous: its unit also has the fourth and sixth, so only its own line is checked.
    assert next(row for row in rows if row["赛题编号"] == 2)["需求单位"] == "（匿名）"
    assert not {"供需匹配", "合格候选", "团队", "描述缺项"} & set(made.sheets())
    text = made.text()
    for hidden in ("江东理工大学", "恒力机械", "内部资料", "13812345678", restricted):
        assert hidden not in text
    assert "内部资料 注意保存" in make_report("requirement_analysis").text()


def test_a_text_that_looks_like_a_formula_is_a_text(
    needs: list[Requirement], make_report: MakeReport
) -> None:
    made = make_report("requirement_analysis")
    assert FORMULA in {row["名称"] for row in made.rows("需求明细")}
    assert FORMULA in made.text()


def test_a_challenge_without_requirements_or_rounds_has_a_report(
    challenge: Challenge, make_report: MakeReport
) -> None:
    made = make_report("requirement_analysis")
    assert "尚未征集到可统计的技术需求" in made.text()
    assert made.content("pdf").startswith(b"%PDF")


def test_requirements_without_a_round_say_so(needs: list[Requirement], make_report: MakeReport) -> None:
    assert "还没有算出匹配轮次" in make_report("requirement_analysis").text()


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (None, "未填写"),
        ("9.99", "10 万元以下"),
        ("10", "10～50 万元"),
        ("999.9", "500～1000 万元"),
        ("1000", "1000 万元及以上"),
    ],
)
def test_budgets_fall_into_classes(amount: str | None, words: str) -> None:
    assert budget_class(None if amount is None else Decimal(amount)) == words


def test_industries_go_by_the_names_of_their_divisions() -> None:
    assert industry_name("17") == industry_name("C17 纺织") == "17 纺织业"
    assert industry_name("某行业") == "某行业"
    assert industry_name("", "17") == "17 纺织业"
    assert industry_name("") == "未填写"


def test_districts_lose_the_parts_that_all_share() -> None:
    found = without_common_parts(["江苏省/通海市/甲镇", "江苏省/通海市/乙镇", "未填写"])
    assert found["江苏省/通海市/甲镇"] == "甲镇"
    assert without_common_parts(["江苏省/通海市/甲镇"])["江苏省/通海市/甲镇"] == "甲镇"
    assert without_common_parts(["江苏省/甲市", "浙江省/甲市"])["浙江省/甲市"] == "浙江省/甲市"


def test_an_annex_counts_and_sums_its_own_rows() -> None:
    annex = Annex()
    annex.add("表", ("类", "额"), [{"类": "甲", "额": Decimal("1.5")}, {"类": "甲"}, {"类": "乙", "额": 2}])
    assert annex.count("甲", "表", {"类": "甲"}).value == 2
    assert annex.count("类", "表", distinct="类").value == 2
    assert annex.total("额", "表", "额").value == Decimal("3.5")
    assert [one.code for one in annex.figures] == ["F001", "F002", "F003"]
    assert shown_number(Decimal("1234.50")) == "1,234.5"
    assert shown_number(Decimal("1200.00")) == "1,200"
    assert share(1, 3) == "33.3%"
    assert share(1, 0) == "—"


def test_teams_of_unnamed_achievements_are_not_named_by_their_number(
    db: Database,
    needs: list[Requirement],
    round_: MatchRound,
    teams: list[SolverProfile],
    make_report: MakeReport,
) -> None:
    with db.write() as session:
        session.get_one(SolverProfile, teams[0].id).source = "achievement"
    names = {row["团队"] for row in make_report("requirement_analysis").rows("团队")}
    assert names == {"未登记单位的成果"}
