"""A list of pairs for a bureau to grade: which ones, as a workbook, and from the workbook back to a folder.

Pairs are drawn from the service's own rankings, blind: random order, no ranks, no scores, no names of teams.
"""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from zipfile import BadZipFile

import xlsxwriter
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from sqlalchemy.orm import Session

from app.context import AppContext
from app.errors import JiebangError
from app.evaluation.folder import ACHIEVEMENTS, JUDGMENTS, REQUIREMENTS
from app.evaluation.measuring import Corpus, name_of, read_corpus
from app.indexing import documents
from app.matches.ranking import match_all
from app.models.indexing import IndexCollection

PAIRS = "pairs.xlsx"
PLACES: tuple[tuple[int, int], ...] = ((1, 1), (2, 2), (3, 3), (4, 10), (11, 50))
"""From each of these ranges of places one candidate of a requirement."""
HEADERS = ("需求编号", "需求标题", "需求内容", "成果编号", "成果标题", "成果内容", "等级（1–4）")
SCALE = (
    ("4", "能解决：成果所针对的就是这个问题，可直接洽谈"),
    ("3", "基本能解决：经调整或二次开发可用，值得见一面"),
    ("2", "同一领域，但不是同一个问题"),
    ("1", "无关"),
)


class NothingToGrade(JiebangError):
    code, status = "nothing_to_grade", 409
    zh, en = "库中没有可供评级的需求与成果", "There are no requirements and achievements to grade"


class PairListInvalid(JiebangError):
    code, status = "pair_list_invalid", 422
    zh = "{name} 第 {line} 行的等级应为 1–4 的整数"
    en = "{name}, row {line}: the grade must be a whole number from 1 to 4"


class PairListUnreadable(JiebangError):
    code, status = "pair_list_unreadable", 422
    zh, en = "无法读取 {name}", "Cannot read {name}"


@dataclass(frozen=True, slots=True)
class _Pair:
    requirement: str
    achievement: str


def write_sample(context: AppContext, folder: Path, *, number: int, seed: int) -> int:
    """Writes the texts and the list of pairs of `number` requirements to `folder`; returns how many pairs.

    The same seed and content give the same pairs. Raises `NothingToGrade`, and what a match raises.
    """
    random = Random(seed)  # noqa: S311 (a sample that repeats, not a secret)
    with context.db.read() as session:
        corpus = read_corpus(session)
        folder.mkdir(parents=True, exist_ok=True)
        named = {str(row.id): name_of(row) for row in corpus.requirements}
        texts = _write_texts(session, folder / REQUIREMENTS, IndexCollection.REQUIREMENTS, named)
        offered = _write_texts(session, folder / ACHIEVEMENTS, IndexCollection.ACHIEVEMENTS, corpus.names)
    pairs = _drawn(context, corpus, number, random)
    if not pairs:
        raise NothingToGrade()
    random.shuffle(pairs)
    _write_workbook(folder / PAIRS, pairs, texts, offered)
    return len(pairs)


def read_grades(folder: Path) -> int:
    """Writes the grades of the filled-in list to `judgments.tsv`; rows without a grade are left out. Returns how
    many there are. Raises `PairListInvalid` and `PairListUnreadable`."""
    try:
        content = io.BytesIO((folder / PAIRS).read_bytes())
        page = load_workbook(content, data_only=True).worksheets[0]
    except (InvalidFileException, BadZipFile, KeyError, IndexError, ValueError, OSError) as error:
        raise PairListUnreadable(name=PAIRS) from error
    rows = page.iter_rows(min_row=2, max_col=len(HEADERS), values_only=True)
    lines = ["requirement\tachievement\tgrade"]
    for number, row in enumerate(rows, start=2):
        grade = str(row[6] if row[6] is not None else "").strip().removesuffix(".0")
        if not grade:
            continue
        if grade not in {"1", "2", "3", "4"}:
            raise PairListInvalid(name=PAIRS, line=number)
        lines.append(f"{row[0]}\t{row[3]}\t{grade}")
    (folder / JUDGMENTS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines) - 1


def _drawn(context: AppContext, corpus: Corpus, number: int, random: Random) -> list[_Pair]:
    # In the order of their names: rows come in that of their organizations' random ids.
    rows = sorted(corpus.requirements, key=name_of)
    asked = random.sample(rows, min(number, len(rows)))
    pairs = []
    for requirement, match in match_all(context.index, asked, limit=PLACES[-1][1], explain=False):
        found = [corpus.names[one.achievement] for one in match.candidates if one.achievement in corpus.names]
        for first, last in PLACES:
            if candidates := found[first - 1 : last]:
                pairs.append(_Pair(name_of(requirement), random.choice(candidates)))
    return pairs


def _write_texts(
    session: Session, path: Path, collection: IndexCollection, names: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """One line of JSON per row, its texts as they are indexed; returns them by name."""
    found: dict[str, tuple[str, str]] = {}
    with path.open("w", encoding="utf-8") as stream:
        for key, title, description in _texts(session, collection):
            name = names.get(str(key), str(key))
            found[name] = (title, description)
            line = {"id": name, "title": title, "description": description}
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
    return found


def _texts(session: Session, collection: IndexCollection) -> Iterator[tuple[uuid.UUID, str, str]]:
    for keys in documents.keys(session, collection):
        for key, row in documents.load(session, collection, keys):
            document = documents.build(collection, row)
            yield key, document.title, document.description


def _write_workbook(
    path: Path,
    pairs: list[_Pair],
    requirements: dict[str, tuple[str, str]],
    achievements: dict[str, tuple[str, str]],
) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        page = workbook.add_worksheet("评级")
        wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        page.write_row(0, 0, HEADERS, workbook.add_format({"bold": True}))
        for row, pair in enumerate(pairs, start=1):
            asked, offered = requirements[pair.requirement], achievements[pair.achievement]
            cells = (
                pair.requirement,
                asked[0],
                asked[1][:2000],
                pair.achievement,
                offered[0],
                offered[1][:2000],
            )
            for column, cell in enumerate(cells):
                page.write_string(row, column, cell, wrapped)
        page.data_validation(
            1, 6, len(pairs), 6, {"validate": "list", "source": ["4", "3", "2", "1"], "ignore_blank": True}
        )
        for column, width in enumerate((12, 30, 70, 12, 40, 50, 12)):
            page.set_column(column, column, width)
        page.freeze_panes(1, 0)
        scale = workbook.add_worksheet("等级说明")
        for row, (grade, meaning) in enumerate(SCALE):
            scale.write_row(row, 0, (grade, meaning))
        scale.set_column(1, 1, 60)
