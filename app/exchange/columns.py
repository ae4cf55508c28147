"""The columns of the three tables: official Chinese headers, what people write instead, what a cell holds.

Knows neither the database nor a file format, so that the child process that opens foreign files stays small.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.exchange.errors import HeaderDuplicate, HeaderMissing, KindUnclear

KindName = Literal["requirements", "solvers", "achievements"]
CellKind = Literal[
    "line", "text", "keywords", "money", "yuan", "date", "choice", "trl", "year", "count", "targets", "uscc",
    "email", "names", "id", "system_id",
]  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column. `name` is the field of the jsonl formats (dotted for a part of an object)."""

    name: str
    header: str
    cell: CellKind
    synonyms: tuple[str, ...] = ()
    limit: int = 0
    is_required: bool = False
    note: str = ""
    is_import_only: bool = False


def _line(
    name: str, header: str, limit: int, *synonyms: str, note: str = "", required: bool = False
) -> Column:
    return Column(name, header, "line", synonyms, limit, required, note)


def _text(name: str, header: str, limit: int, *synonyms: str, note: str = "") -> Column:
    return Column(name, header, "text", synonyms, limit, note=note)


def _cell(name: str, header: str, cell: CellKind, *synonyms: str, limit: int = 0, note: str = "") -> Column:
    return Column(name, header, cell, synonyms, limit, note=note)


TEXT_LIMIT = 20_000
PART_LIMIT = 10_000
WISH_LIMIT = 4_000
SYSTEM_ID = Column(
    "system_id", "系统编号", "system_id", note="由系统导出时填写，用于识别同一条记录；新增的行请留空"
)
KEYWORDS_NOTE = "用顿号、逗号或分号隔开，例如：减速器、噪声、齿轮修形"
TRL_NOTE = "技术成熟度等级，填 1 至 9 的整数（GB/T 22900）"

REQUIREMENTS: tuple[Column, ...] = (
    _cell("id", "需求编号", "id", "编号", "外部编号", "难题编号", "external_id", limit=200,
          note="贵单位自己的编号；再次导入同一编号时更新原有记录"),
    _line("title", "技术需求名称", 200, "需求名称", "难题名称", "技术难题名称", "赛题名称", "名称", "标题",
          note="不超过 200 字", required=True),
    _line("organization.name", "需求单位", 200, "单位名称", "企业名称", "单位", "申报单位", "organization",
          note="填写营业执照上的全称"),
    _cell("organization.uscc", "统一社会信用代码", "uscc", "信用代码", "社会信用代码", "uscc",
          note="18 位，末位为校验码"),
    Column("organization.kind", "机构属性", "choice", ("单位类型", "单位性质"), is_import_only=True),
    Column("organization.region", "单位所在地", "line", ("单位地址",), 200, is_import_only=True,
           note="省/市/区县/镇街"),
    _line("region", "所在地区", 200, "地区", "所属地区", "区域",
          note="省/市/区县/镇街，例如：江苏省/南通市/海门区"),
    _text("description", "需求概述", TEXT_LIMIT, "需求描述", "需求内容", "技术需求描述", "概述", "描述",
          "需求简介"),
    _text("problem", "主要问题", PART_LIMIT, "需解决的主要问题", "技术难题", note="建议不超过 500 字"),
    _text("key_indicators", "技术关键与主要指标", PART_LIMIT, "技术关键", "主要技术指标", "技术指标",
          note="建议不超过 500 字"),
    _text("goal", "预期目标", PART_LIMIT, "目标", "预期成果", note="建议不超过 500 字"),
    _cell("targets", "考核指标", "targets", "量化指标",
          note="每行一项：名称 符号 数值 单位，例如：抗冲击韧性 ≥ 67 %；范围写作：工作温度 -40～85 ℃"),
    _cell("keywords", "关键词", "keywords", "关键字", note=KEYWORDS_NOTE),
    _cell("budget_wan", "拟投入资金（万元）", "money", "拟投入资金", "投入资金", "资金预算", "预算（万元）",
          "预算", "拟投入资金万元", note="以万元为单位；也可写 30-50万、1.2亿元、面议；范围按上限记入"),
    Column("budget_yuan", "拟投入资金（元）", "yuan", ("预算（元）", "投入资金（元）"), is_import_only=True),
    _cell("field", "所属领域", "choice", "技术领域", "领域"),
    _line("industry", "应用行业", 100, "行业", "所属行业", note="国民经济行业（GB/T 4754）的代码或名称"),
    _cell("cooperation", "合作方式", "choice", "拟采取的合作方式", "合作模式"),
    _cell("activity_type", "科技活动类型", "choice", "活动类型"),
    _cell("start_date", "需求起始时间", "date", "起始时间", "开始时间", "开始日期"),
    _cell("deadline", "完成时限", "date", "截止时间", "截止日期", "需求时限", "完成时间", "完成期限",
          note="例如：2026-12-31、2026年12月"),
    _cell("trl_now", "现有技术成熟度", "trl", "目前技术成熟度", note=TRL_NOTE),
    _cell("trl_wanted", "期望技术成熟度", "trl", "目标技术成熟度", note=TRL_NOTE),
    _text("existing_work", "现有工作基础", PART_LIMIT, "工作基础", "已有基础"),
    _text("must_have", "对解决方的必备条件", WISH_LIMIT, "必备条件", "对解决方的要求"),
    _text("nice_to_have", "优先条件", WISH_LIMIT, "优先考虑的条件"),
    _line("partners", "合作意向单位", 500, "意向合作单位"),
    _line("ownership", "产权归属", 500, "知识产权归属"),
    _cell("confidentiality", "保密级别", "choice", "密级", "保密要求", "公开方式",
          note="公开：所有解决方可见；匿名：隐去单位；定向：只给指定的解决方看"),
    _line("contact", "联系人", 100, "联系人姓名"),
    _cell("phone", "联系电话", "line", "电话", "手机", "联系方式", limit=50),
    _cell("email", "电子邮箱", "email", "邮箱", "e-mail", limit=254),
    SYSTEM_ID,
)  # fmt: skip

SOLVERS: tuple[Column, ...] = (
    _cell("id", "解决方编号", "id", "编号", "团队编号", "外部编号", "external_id", limit=200,
          note="自己的编号；再次导入同一编号时更新原有记录"),
    _line("name", "解决方名称", 200, "团队名称", "单位名称", "机构名称", "名称",
          note="不超过 200 字", required=True),
    _cell("kind", "解决方类型", "choice", "类型", "机构类型", "单位类型"),
    _line("region", "所在地区", 200, "地区", "所属地区", note="省/市/区县/镇街"),
    _text("profile", "解决方简介", TEXT_LIMIT, "简介", "团队简介", "单位简介", "机构简介"),
    _cell("keywords", "关键词", "keywords", "关键字", "研究方向", "技术方向", note=KEYWORDS_NOTE),
    _cell("interests", "关注方向", "keywords", "感兴趣的方向", note=KEYWORDS_NOTE),
    _cell("exclusions", "回避单位", "names", limit=200, note="不宜与之对接的单位全称，用分号隔开"),
    _cell("capacity", "承接能力", "count", "可承接数量", "可承接项目数",
          note="同时能承接的难题个数，0 至 1000 的整数"),
    _line("contact", "联系人", 100, "联系人姓名"),
    _cell("phone", "联系电话", "line", "电话", "手机", "联系方式", limit=50),
    _cell("email", "电子邮箱", "email", "邮箱", "e-mail", limit=254),
    SYSTEM_ID,
)  # fmt: skip

ACHIEVEMENTS: tuple[Column, ...] = (
    _cell("id", "成果编号", "id", "编号", "外部编号", "external_id", limit=200,
          note="自己的编号；再次导入同一编号时更新原有记录"),
    _line("title", "成果名称", 300, "科技成果名称", "专利名称", "项目名称", "论文题目", "名称", "标题",
          note="不超过 300 字", required=True),
    _text("description", "成果简介", TEXT_LIMIT, "成果描述", "简介", "摘要", "描述", "成果内容"),
    _cell("kind", "成果类型", "choice", "类型"),
    _cell("keywords", "关键词", "keywords", "关键字", note=KEYWORDS_NOTE),
    _line("ipc", "IPC分类号", 200, "ipc", "国际专利分类号"),
    _cell("field", "所属领域", "choice", "技术领域", "领域"),
    _cell("trl", "技术成熟度", "trl", "成熟度", note=TRL_NOTE),
    _cell("year", "年份", "year", "完成年份", "授权年份", note="四位年份，例如：2024"),
    _cell("solver.id", "解决方编号", "id", "团队编号", "完成单位编号", "solver_id", limit=200),
    _line("solver.name", "解决方名称", 200, "完成单位", "团队名称", "单位名称", "权利人", "专利权人",
          "solver"),
    Column("solver.kind", "解决方类型", "choice", ("单位类型", "机构类型")),
    _line("solver.region", "解决方所在地区", 200, "所在地区", "地区"),
    SYSTEM_ID,
)  # fmt: skip

COLUMNS: dict[KindName, tuple[Column, ...]] = {
    "requirements": REQUIREMENTS,
    "solvers": SOLVERS,
    "achievements": ACHIEVEMENTS,
}

IGNORED_HEADERS = ("序号", "状态", "结果", "备注")
"""Columns that people and our own files carry, and that say nothing about the object."""

RESULT_HEADER = "结果"
EXAMPLE_MARK = "示例"
"""The first characters of the id of a template's example row; such rows are never imported."""

FILENAME_WORDS: dict[KindName, tuple[str, ...]] = {
    "requirements": ("requirement", "需求", "难题", "赛题"),
    "solvers": ("solver", "解决方", "团队", "揭榜方"),
    "achievements": ("achievement", "成果", "专利", "论文"),
}


@dataclass(frozen=True)
class Layout:
    """How the columns of a file map to fields. `unknown` are positions of headers that mean nothing to us."""

    kind: KindName
    columns: tuple[Column | None, ...]
    unknown: tuple[int, ...] = field(default=())

    def column(self, name: str) -> Column:
        """The column of field `name`, whether the file has it or not."""
        return next(column for column in COLUMNS[self.kind] if column.name == name)


def normal_header(header: str) -> str:
    """The header without blanks, marks and differences of width and case: how headers are compared."""
    text = unicodedata.normalize("NFKC", header).lower()
    text = re.sub(r"\((必填|选填|可选|必选|\*)\)|\[(必填|选填)\]", "", text)
    return re.sub(r"[\s*:★●\"'“”]+", "", text)


def _names_of(columns: Sequence[Column]) -> dict[str, Column]:
    names: dict[str, Column] = {}
    for column in columns:
        for name in (column.name, column.header, *column.synonyms):
            names.setdefault(normal_header(name), column)
    return names


_NAMES: dict[KindName, dict[str, Column]] = {kind: _names_of(columns) for kind, columns in COLUMNS.items()}
_OFFICIAL: dict[KindName, frozenset[str]] = {
    kind: frozenset(normal_header(name) for column in columns for name in (column.header, column.name))
    for kind, columns in COLUMNS.items()
}
_IGNORED = frozenset(normal_header(header) for header in IGNORED_HEADERS)
_REQUIRED: dict[KindName, Column] = {
    kind: next(column for column in columns if column.is_required) for kind, columns in COLUMNS.items()
}


def recognised(header: Sequence[str], kind: KindName) -> int:
    """How many headers are columns of `kind`; 0 when the column that no row can do without is missing."""
    names = _NAMES[kind]
    found = [column for text in header if (column := names.get(normal_header(text)))]
    return len({column.name for column in found}) if _REQUIRED[kind] in found else 0


def header_score(header: Sequence[str]) -> int:
    """How much a row looks like a header of any of the tables; 0 when it is none."""
    return max(recognised(header, kind) for kind in COLUMNS)


def kind_of(header: Sequence[str], filename: str = "") -> KindName:
    """The table that `header` belongs to; the words of `filename` decide between equals.

    Raises `HeaderMissing` when it belongs to none and `KindUnclear` when it may belong to several.
    """
    scores = {kind: (recognised(header, kind), _official(header, kind)) for kind in COLUMNS}
    best = max(scores.values())
    if best[0] == 0:
        raise HeaderMissing(needed="、".join(column.header for column in _REQUIRED.values()))
    kinds = [kind for kind, score in scores.items() if score == best]
    if len(kinds) == 1 and not _is_bare(header):
        return kinds[0]
    named = [
        kind
        for kind, words in FILENAME_WORDS.items()
        if scores[kind][0] and any(word in filename.lower() for word in words)
    ]
    if len(named) == 1:
        return named[0]
    raise KindUnclear()


def _official(header: Sequence[str], kind: KindName) -> int:
    return sum(normal_header(text) in _OFFICIAL[kind] for text in header)


def _is_bare(header: Sequence[str]) -> bool:
    """Whether the header consists of words that fit requirements and achievements alike."""
    shared = {
        "id",
        "external_id",
        "title",
        "description",
        "keywords",
        "field",
        "编号",
        "名称",
        "标题",
        "描述",
    }
    return all(normal_header(text) in shared for text in header if text.strip())


def resolve(header: Sequence[str], kind: KindName) -> Layout:
    """Maps every column of the file to a field of `kind`.

    Raises `HeaderMissing` without the required column and `HeaderDuplicate` when two columns mean the same.
    """
    names = _NAMES[kind]
    columns: list[Column | None] = []
    unknown: list[int] = []
    for position, text in enumerate(header):
        normal = normal_header(text)
        column = names.get(normal)
        columns.append(column)
        if column is None and normal and normal not in _IGNORED:
            unknown.append(position)
        if column is not None and columns.count(column) > 1:
            raise HeaderDuplicate(header=column.header)
    if _REQUIRED[kind] not in columns:
        raise HeaderMissing(needed=_REQUIRED[kind].header)
    return Layout(kind, tuple(columns), tuple(unknown))
