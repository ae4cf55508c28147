"""Times `GET /requirements/{id}/candidates` over HTTP: every requirement once with texts never encoded before.

Usage: python scripts/bench_candidates.py --folder DIR [--size 20000] [--requirements 120] [--models var/models]
The folder is filled when it is empty (importing and indexing take a while) and kept, so that a second run only
measures. Encoder and threads follow the JIEBANG_ settings. The server is a process of its own on this machine.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import socket
import time
import uuid
from pathlib import Path

import httpx
from bench_service import _spread, achievements, open_scratch, problems
from sqlalchemy import select

from app.analysis import service as analyses
from app.auth.actor import SYSTEM
from app.config import get_settings
from app.exchange import service as exchange
from app.exchange import tasks
from app.jobs import service as jobs
from app.models import Membership, Organization, Requirement, Role, User
from app.models.exchange import ImportKind
from app.models.requirement import RequirementStatus
from app.requirements import service as requirements

assert tasks
EMAIL, PASSWORD = "organizer@example.com", "bench-Passw0rd-2026"
UNIT = "通海市计时测试有限公司"
MUSTS = ("", "仅限江苏省内的单位", "仅限高校参加；有CMA资质", "限浙江省、安徽省的单位")
"""A quarter of the requirements each; the last one keeps every team of the bench out."""


def fill(folder: Path, models: Path, *, size: int, count: int) -> None:
    """Achievements, requirements and an organizer's account, all of it indexed and saved."""
    from app.auth.secrets import hash_password

    context = open_scratch(folder, models)
    context.index.load()
    with context.db.write() as session:
        record = exchange.start_import(
            session,
            SYSTEM,
            filename="a.jsonl",
            content=achievements(size),
            max_mb=64,
            kind=ImportKind.ACHIEVEMENTS,
        )
        job_id = record.job_id
    assert job_id is not None
    jobs.run_inline(context, job_id)
    with context.db.write() as session:
        unit = Organization(name=UNIT, region="江苏省/南京市")
        user = User(email=EMAIL, name="承办", password_hash=hash_password(PASSWORD))
        session.add_all([unit, user])
        session.flush()
        session.add(Membership(user_id=user.id, role=Role.ORGANIZER))
        for number, one in enumerate(problems(count)):
            form = {**one, "must_have": MUSTS[number % len(MUSTS)], "region": "江苏省/南京市"}
            row = requirements.create(session, SYSTEM, form, organization=unit)
            # As published; the way there has its own tests.
            row.status = RequirementStatus.PUBLISHED
            session.flush()
            analyses.bring_up_to_date(session, row)
    context.index.settle()
    context.index.save()
    context.index.close()


def serve(folder: Path, models: Path, port: int) -> None:
    import uvicorn

    from app.main import create_app

    os.environ |= {"JIEBANG_DATABASE_URL": f"sqlite:///{folder}/bench.db", "JIEBANG_DATA_DIR": str(folder)}
    (folder / "models").exists() or (folder / "models").symlink_to(models)
    get_settings.cache_clear()
    uvicorn.run(create_app(), host="127.0.0.1", port=port, log_level="error")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def measure(port: int, keys: list[uuid.UUID], limit: int) -> dict[str, object]:
    """Each requirement once, then all of them again; milliseconds of the whole request at the client."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
        _wait(client)
        answer = client.post("/api/v1/auth/token", data={"username": EMAIL, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
        first, again = keys[:-3], keys[-3:]
        for key in again:
            _ask(client, key, limit)
        spent = {"first": [_ask(client, key, limit) for key in first]}
        spent["again"] = [_ask(client, key, limit) for key in first]
    return {name: _spread([ms for ms, _ in rows]) for name, rows in spent.items()} | {
        "candidates": sum(found for _, found in spent["first"]) / len(first)
    }


def _ask(client: httpx.Client, key: uuid.UUID, limit: int) -> tuple[float, int]:
    started = time.perf_counter()
    answer = client.get(f"/api/v1/requirements/{key}/candidates", params={"live": True, "limit": limit})
    spent = (time.perf_counter() - started) * 1000
    return spent, len(answer.raise_for_status().json()["items"])


def _wait(client: httpx.Client) -> None:
    for _ in range(600):
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise SystemExit("the service does not become ready")


def main() -> None:
    """Fills the folder when needed, serves it, and prints p50, p95 and the longest request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--requirements", type=int, default=120)
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--models", type=Path, default=Path("var/models"))
    given = parser.parse_args()
    models, folder = given.models.resolve(), given.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "bench.db").exists():
        fill(folder, models, size=given.size, count=given.requirements)
    context = open_scratch(folder, models)
    with context.db.read() as session:
        keys = list(session.scalars(select(Requirement.id).order_by(Requirement.id)))
    port = _free_port()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(folder, models, port))
    server.start()
    try:
        print(json.dumps(measure(port, keys, given.limit), ensure_ascii=False, indent=2))
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
