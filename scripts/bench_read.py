"""Times reading one requirement over HTTP on one worker, beside bare routes with one SELECT and nothing else.

Usage: python scripts/bench_read.py [--seconds 5]. The service's route authenticates, checks the permission,
applies visibility, joins organization and challenges, masks, and writes an ETag. Every server is a process of
its own over one scratch database; the load is 16 kept-open connections from this process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from sqlalchemy import select

from app import migrations
from app.auth import secrets
from app.auth.actor import SYSTEM
from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.indexing.service import SearchIndex
from app.main import create_app
from app.models import Membership, Organization, Requirement, Role, User
from app.requirements import service as requirements

CONNECTIONS = 16
FIELDS = {
    "title": "高强抗氧化刷丝的选材与寿命试验",
    "problem": "刷丝在臭氧水中连续工作时变脆断裂，现用材料寿命不足一千小时。" * 5,
    "key_indicators": "臭氧浓度 60 ppm 下连续工作 ≥ 4500 h；直径 0.25–0.45 mm",
    "keywords": ["刷丝", "抗氧化", "臭氧水"],
}


def prepare(folder: Path) -> tuple[str, str]:
    """A database with one requirement; gives its path in the API and the token of its seeker."""
    settings = _settings(folder)
    db = Database(settings.database_url)
    migrations.migrate(db)
    with db.write() as session:
        organization = Organization(name="通海市计时测试有限公司")
        user = User(email="bench@example.com", password_hash="unusable")
        session.add_all([organization, user])
        session.flush()
        user.memberships.append(Membership(role=Role.SEEKER, organization_id=organization.id))
        row = requirements.create(session, SYSTEM, FIELDS, organization=organization)
        path = f"/api/v1/requirements/{row.id}"
        token, _ = secrets.make_access_token(settings, user.id)
    db.dispose()
    return path, token


def serve(folder: Path, name: str, port: int) -> None:
    """Runs one of the servers until it is told to end."""
    settings = _settings(folder)
    db = Database(settings.database_url)
    if name == "service":
        # The index is not part of reading a requirement; it stays unloaded.
        app = create_app(context=AppContext(settings=settings, db=db, index=SearchIndex(settings, db)))
    else:
        app = bare_app(db)
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False)


def bare_app(db: Database) -> FastAPI:
    """The yardsticks: an ORM SELECT in the thread pool, and a Core SELECT on the event loop."""
    app = FastAPI()
    columns = select(Requirement.id, Requirement.title).limit(1)

    @app.get("/threads")
    def in_threads() -> dict[str, str]:
        with db.read() as session:
            row = session.scalars(select(Requirement).limit(1)).one()
            return {"id": str(row.id), "title": row.title}

    @app.get("/loop")
    async def on_the_loop() -> dict[str, str]:
        with db.engine.connect() as connection:
            row = connection.execute(columns).one()
            return {"id": str(row.id), "title": row.title}

    return app


class Server:
    """A server process of its own on a free port; ends with the block."""

    def __init__(self, folder: Path, name: str) -> None:
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
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def __enter__(self) -> int:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self.port
            time.sleep(0.1)
        raise RuntimeError("the server did not start")

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=30)


async def load(port: int, path: str, token: str, *, seconds: float) -> float:
    """Requests per second. Raises unless every answer is 200."""
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
            await reader.readexactly(int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
            done += 1
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    return done / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--serve", choices=["bare", "service"])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    if given.serve:
        serve(given.folder, given.serve, given.port)
        return
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="jiebang-bench-") as scratch:
        path, token = prepare(Path(scratch))
        for server, name, route in (
            ("bare", "bare_in_threads", "/threads"),
            ("bare", "bare_on_the_loop", "/loop"),
            ("service", "service", path),
        ):
            with Server(Path(scratch), server) as port:
                asyncio.run(load(port, route, token, seconds=1.0))
                found[name] = round(asyncio.run(load(port, route, token, seconds=given.seconds)), 1)
    for name in ("bare_in_threads", "bare_on_the_loop"):
        found[f"share_of_{name}"] = round(found["service"] / found[name], 2)
    print(json.dumps(found, indent=2))


def _settings(folder: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{folder}/bench.db", data_dir=folder)


if __name__ == "__main__":
    main()
