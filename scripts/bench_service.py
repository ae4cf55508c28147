"""Times the service as it runs: importing and indexing, cold start, one match request, one read over HTTP.

Usage: python scripts/bench_service.py [--size 20000] [--parts encoder,import,start,match,read]
Needs the configured embedding model below JIEBANG_DATA_DIR/models. Every part runs in a process of its own,
over one scratch directory that is gone afterwards. Texts are recombined from technical terms (a fixed seed).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import shutil
import signal
import socket
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
import uvicorn
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import migrations
from app.auth import secrets
from app.auth.actor import SYSTEM
from app.config import Settings, get_settings
from app.context import AppContext
from app.db import Database
from app.exchange import service as exchange
from app.exchange import tasks
from app.indexing.service import SearchIndex
from app.jobs import service as jobs
from app.matches.ranking import CandidateFilters, conditions, rank
from app.models import Membership, Organization, Requirement, Role, User
from app.models.exchange import ImportKind
from app.models.requirement import RequirementStatus
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
CONNECTIONS = 16
REPEATS = 5
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
    encoder = open_encoder(get_settings().model, models_dir=models)
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
        time.sleep(0.05)
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


# --- reading over HTTP --------------------------------------------------------------------------------------


def part_read(folder: Path, models: Path, size: int) -> dict[str, Any]:
    """Requests per second on one worker: one requirement as its seeker reads it, beside a bare route."""
    context = open_scratch(folder, models)
    with context.db.write() as session:
        organization = Organization(name="通海市计时测试有限公司")
        user = User(email="bench@example.com", password_hash="unusable")
        session.add_all([organization, user])
        session.flush()
        user.memberships.append(Membership(role=Role.SEEKER, organization_id=organization.id))
        row = requirements.create(session, SYSTEM, problems(1)[0], organization=organization)
        row.status = RequirementStatus.SUBMITTED
        user_id, row_id = user.id, row.id
    token, _ = secrets.make_access_token(context.settings, user_id)
    context.index.close()
    context.db.dispose()
    found = {}
    for name, path in (
        ("bare", "/bare"),
        ("bare_async", "/bare-async"),
        ("service", f"/api/v1/requirements/{row_id}"),
    ):
        with _Server(folder, models, name) as port:
            asyncio.run(_load(port, path, token, seconds=1.0))
            found[name] = round(asyncio.run(_load(port, path, token, seconds=5.0)), 1)
    return {**found, "share_of_bare": round(found["service"] / found["bare"], 2)}


class _Server:
    """A server process of its own on a free port; ends with the block."""

    def __init__(self, folder: Path, models: Path, name: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        command = [
            sys.executable,
            __file__,
            "--serve",
            name,
            "--port",
            str(self.port),
            "--folder",
            str(folder),
        ]
        self._process = subprocess.Popen(
            [*command, "--models", str(models)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> int:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self.port
            time.sleep(0.1)
        raise RuntimeError("the server did not start")

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=30)


def serve(folder: Path, models: Path, name: str, port: int) -> None:
    settings = Settings(database_url=f"sqlite:///{folder}/bench.db", data_dir=folder)
    db = Database(settings.database_url)
    if name == "service":
        from app.main import create_app

        # The index is not part of reading a requirement; it stays unloaded.
        context = AppContext(settings=settings, db=db, index=SearchIndex(settings, db, models_dir=models))
        app = create_app(context=context)
    else:
        app = bare_app(db)
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False)


def bare_app(db: Database) -> FastAPI:
    """The yardstick: one ORM SELECT in the thread pool and nothing else."""
    app = FastAPI()

    @app.get("/bare")
    def bare() -> dict[str, str]:
        with db.read() as session:
            row = session.scalars(select(Requirement).limit(1)).one()
            return {"id": str(row.id), "title": row.title}

    return app


async def _load(port: int, path: str, token: str, *, seconds: float) -> float:
    """Requests per second over `CONNECTIONS` connections that are kept open. Raises unless all say 200."""
    head = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    end = time.perf_counter() + seconds
    done = 0

    async def client() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            writer.write(head)
            answer = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in answer[:16]:
                raise RuntimeError(answer[:60].decode())
            length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            done += 1
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    return done / (time.perf_counter() - started)


# --- the parts in processes of their own --------------------------------------------------------------------

PARTS: dict[str, Callable[[Path, Path, int], dict[str, Any]]] = {
    "encoder": part_encoder,
    "import": part_import,
    "start": part_start,
    "match": part_match,
    "read": part_read,
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
    parser.add_argument("--parts", default="encoder,import,start,match,read")
    parser.add_argument("--models", type=Path, default=None)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--part", choices=sorted(PARTS))
    parser.add_argument("--serve", choices=["bare", "service"])
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    models = given.models or (get_settings().data_dir / "models").resolve()
    if given.serve:
        serve(given.folder, models, given.serve, given.port)
        return
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
