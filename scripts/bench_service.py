"""Times the service as it runs: importing and indexing, cold start, one match request.

Usage: python scripts/bench_service.py [--size 20000] [--parts encoder,import,start,match]
Needs the configured embedding model below JIEBANG_DATA_DIR/models. Every part runs in a process of its own,
over one scratch directory that is gone afterwards. Texts are recombined from technical terms (a fixed seed).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import migrations
from app.auth.actor import SYSTEM
from app.config import Settings, get_settings
from app.context import AppContext
from app.db import Database
from app.exchange import service as exchange
from app.exchange import tasks
from app.indexing.service import SearchIndex
from app.jobs import service as jobs
from app.matches.ranking import CandidateFilters, conditions, rank
from app.models import Organization, Requirement
from app.models.exchange import ImportKind
from app.requirements import service as requirements
from matching.encode import open_encoder
from matching.text import passage, technical_terms

SEED = 20191
SUFFIXES = (
    "关键技术研究",
    "制备方法",
    "在线检测装置",
    "节能控制系统",
    "工艺优化",
    "成套设备",
    "数值模拟方法",
)
REPEATS = 5
POLL_SECONDS = 0.25
"""Asking counts the rows that wait; asking more often would slow down what is measured."""
assert tasks


def achievements(count: int) -> bytes:
    """A file as an organizer would upload it: titles of about 20 characters, one team per 20 achievements."""
    random = np.random.default_rng(SEED)
    terms = technical_terms()
    picks = random.integers(0, len(terms), (count, 3))
    lines = []
    for number, (one, two, three) in enumerate(picks):
        team = number // 20
        row = {
            "id": f"A{number:06}",
            "title": f"{terms[one]}{terms[two]}用{terms[three]}{SUFFIXES[number % len(SUFFIXES)]}",
            "year": 2015 + number % 10,
            "solver": {
                "id": f"S{team:05}",
                "name": f"第{team}研究室",
                "kind": "university",
                "region": "江苏省/南京市",
            },
        }
        lines.append(json.dumps(row, ensure_ascii=False))
    return "\n".join(lines).encode()


def problems(count: int) -> list[dict[str, str]]:
    random = np.random.default_rng(SEED + 1)
    terms = technical_terms()
    found = []
    for _ in range(count):
        picks = [terms[pick] for pick in random.integers(0, len(terms), 24)]
        body = "。".join(
            f"目前{a}的{b}不足，需要提高{c}水平" for a, b, c in zip(*[iter(picks)] * 3, strict=True)
        )
        found.append({"title": f"{picks[0]}{picks[1]}难题", "problem": body})
    return found


def open_scratch(folder: Path, models: Path) -> AppContext:
    settings = Settings(database_url=f"sqlite:///{folder}/bench.db", data_dir=folder)
    db = Database(settings.database_url)
    migrations.migrate(db)
    return AppContext(settings=settings, db=db, index=SearchIndex(settings, db, models_dir=models))


# --- importing ----------------------------------------------------------------------------------------------


def part_encoder(folder: Path, models: Path, size: int) -> dict[str, Any]:
    """The encoder alone on the texts that the import will embed, in batches of the same size."""
    from matching import Document

    rows = [json.loads(line) for line in achievements(size).decode().splitlines()]
    texts = [passage(Document(row["id"], row["title"])) for row in rows]
    settings = get_settings()
    encoder = open_encoder(settings.model, models_dir=models, runtime=settings.encoder.value)
    encoder.encode(texts[:64])
    started = time.perf_counter()
    for start in range(0, len(texts), 256):
        encoder.encode(texts[start : start + 256])
    seconds = time.perf_counter() - started
    return {"seconds": round(seconds, 2), "per_second": round(size / seconds, 1)}


def part_import(folder: Path, models: Path, size: int) -> dict[str, Any]:
    """From handing the file over to the last achievement being searchable, in one process."""
    context = open_scratch(folder, models)
    context.index.load()
    content = achievements(size)
    context.index.start(drain=True)
    started = time.perf_counter()
    with context.db.write() as session:
        record = exchange.start_import(
            session, SYSTEM, filename="a.jsonl", content=content, max_mb=64, kind=ImportKind.ACHIEVEMENTS
        )
        job_id = record.job_id
    assert job_id is not None
    jobs.run_inline(context, job_id)
    stored = time.perf_counter() - started
    while context.index.status().lag_rows:
        time.sleep(POLL_SECONDS)
    seconds = time.perf_counter() - started
    counts = context.index.counts()
    context.index.close()
    return {
        "seconds": round(seconds, 2),
        "stored_after": round(stored, 2),
        "per_second": round(size / seconds, 1),
        "documents": counts,
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


# --- cold start and matching --------------------------------------------------------------------------------


def part_start(folder: Path, models: Path, size: int) -> dict[str, Any]:
    """From opening the context to answering, with a snapshot and without; torch is loaded in the first."""
    context = open_scratch(folder, models)
    started = time.perf_counter()
    context.index.load()
    with_snapshot = time.perf_counter() - started
    context.index.close()
    shutil.rmtree(folder / "index")
    again = open_scratch(folder, models)
    started = time.perf_counter()
    again.index.load()
    without = time.perf_counter() - started
    again.index.save()
    again.index.close()
    return {
        "seconds_with_snapshot": round(with_snapshot, 2),
        "seconds_from_database": round(without, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def part_match(folder: Path, models: Path, size: int) -> dict[str, Any]:
    """One match request in the service, with filter, evidence and rows; its texts were embedded before."""
    context = open_scratch(folder, models)
    context.index.load()
    with context.db.write() as session:
        organization = Organization(name="通海市计时测试有限公司")
        session.add(organization)
        session.flush()
        rows = [requirements.create(session, SYSTEM, one, organization=organization) for one in problems(40)]
        keys = [row.id for row in rows]
    context.index.settle()
    spent: dict[str, list[float]] = {name: [] for name in ("engine", "plain", "explained", "narrowed")}
    region = CandidateFilters(region="江苏省")
    with context.db.read() as session:
        statement = select(Requirement).where(Requirement.id.in_(keys))
        for row in session.scalars(statement.options(joinedload(Requirement.organization))):
            match = partial(rank, session, context.index, row, limit=10)
            match()
            for _ in range(REPEATS):
                spent["engine"].append(_ms(partial(_engine, context, row)))
                spent["plain"].append(_ms(partial(match, explain=False)))
                spent["explained"].append(_ms(match))
                spent["narrowed"].append(_ms(partial(match, filters=region)))
    context.index.close()
    return {
        "engine_ms": _spread(spent["engine"]),
        "without_evidence_ms": _spread(spent["plain"]),
        "with_evidence_ms": _spread(spent["explained"]),
        "with_filter_ms": _spread(spent["narrowed"]),
    }


def _engine(context: AppContext, row: Requirement) -> object:
    from app.indexing.documents import requirement_document

    document = requirement_document(row, row.organization)
    return context.index.match(document, limit=10, filter=conditions(row.organization), explain=False)


def _ms(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered), 1),
        "p95": round(ordered[int(len(ordered) * 0.95)], 1),
        "max": round(ordered[-1], 1),
    }


# --- the parts in processes of their own --------------------------------------------------------------------

PARTS: dict[str, Callable[[Path, Path, int], dict[str, Any]]] = {
    "encoder": part_encoder,
    "import": part_import,
    "start": part_start,
    "match": part_match,
}


def run_part(name: str, folder: Path, models: Path, size: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--part", name, "--folder", str(folder), "--models", str(models)]
    done = subprocess.run(
        [*command, "--size", str(size)], stdout=subprocess.PIPE, text=True, check=True, env=dict(os.environ)
    )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--parts", default="encoder,import,start,match")
    parser.add_argument("--models", type=Path, default=None)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--part", choices=sorted(PARTS))
    given = parser.parse_args()
    models = given.models or (get_settings().data_dir / "models").resolve()
    if given.part:
        print(json.dumps(PARTS[given.part](given.folder, models, given.size)))
        return
    with tempfile.TemporaryDirectory(prefix="jiebang-bench-") as folder:
        found = {}
        for name in given.parts.split(","):
            found[name] = run_part(name, Path(folder), models, given.size)
            print(name, json.dumps(found[name]), file=sys.stderr, flush=True)
    if {"encoder", "import"} <= found.keys():
        share = found["import"]["per_second"] / found["encoder"]["per_second"]
        found["import"]["share_of_encoder"] = round(share, 3)
    print(json.dumps(found, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
