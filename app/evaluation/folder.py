"""The labelled folder: its three files, and the grades in it."""

from __future__ import annotations

from pathlib import Path

from app.errors import JiebangError
from matching.evaluate import Judgments

REQUIREMENTS, ACHIEVEMENTS, JUDGMENTS = "requirements.jsonl", "achievements.jsonl", "judgments.tsv"


class DataFolderIncomplete(JiebangError):
    code, status = "data_folder_incomplete", 422
    zh = "评测数据目录缺少文件 {name}"
    en = "The data folder lacks the file {name}"


class JudgmentsInvalid(JiebangError):
    code, status = "judgments_invalid", 422
    zh = "judgments.tsv 第 {line} 行有误：应为“需求编号、成果编号、等级 1–4”三列，以制表符分隔"
    en = "judgments.tsv, line {line}: expected requirement, achievement and grade 1 to 4, separated by tabs"


def require_files(folder: Path) -> None:
    """Raises `DataFolderIncomplete` with the first missing file."""
    for name in (REQUIREMENTS, ACHIEVEMENTS, JUDGMENTS):
        if not (folder / name).is_file():
            raise DataFolderIncomplete(name=name)


def read_judgments(path: Path) -> Judgments:
    """requirement → achievement → grade. Raises `JudgmentsInvalid` with the line in question."""
    found: dict[str, dict[str, int]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        cells = line.split("\t")
        if not line.strip() or (number == 1 and not cells[-1].strip().isdigit()):
            continue
        if len(cells) != 3 or cells[2].strip() not in {"1", "2", "3", "4"}:
            raise JudgmentsInvalid(line=number)
        found.setdefault(cells[0].strip(), {})[cells[1].strip()] = int(cells[2])
    return found
