"""Kills a process of the service with SIGKILL in the middle of a transaction, at a place that the test names.

Run as a module with a `Scene` as JSON: it takes one job, or makes one request, and after the named call of the named
function, whose effect is there and not committed, it says `holding` and waits to be killed.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from app.config import Settings
from app.context import AppContext
from app.db import Database
from app.indexing.service import SearchIndex
from app.jobs.runner import JobRunner
from app.main import create_app
from app.worker import load_tasks
from matching.encode import HashingEncoder


@dataclass(frozen=True)
class Scene:
    """Where to die: after the `call`-th call of `place` (`module:name`). `settings` sets module attributes before.

    `path`, `body` and `headers` are those of a POST; without a path the process takes the next job.
    """

    place: str
    call: int
    settings: dict[str, Any] = field(default_factory=dict)
    path: str = ""
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)


def kill_in(scene: Scene, db: Database, folder: Path, secret: str) -> None:
    """Plays the scene over the database in a process of its own and returns when that is dead."""
    script = json.dumps({**asdict(scene), "url": db.url, "folder": str(folder / "killed"), "secret": secret})
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.app.killing", script],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert process.stdin and process.stdout
    try:
        assert process.stdout.readline() == "holding\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def hold_after(function: Callable[..., Any], call: int) -> Callable[..., Any]:
    """The function; when it has been called so many times, its caller hears nothing more."""
    calls = 0

    def holding(*args: Any, **options: Any) -> Any:
        nonlocal calls
        result = function(*args, **options)
        calls += 1
        if calls == call:
            sys.stdout.write("holding\n")
            sys.stdout.flush()
            sys.stdin.readline()
        return result

    return holding


def main(script: dict[str, Any]) -> None:
    """The process that is killed."""
    settings = Settings(
        _env_file=None, database_url=script["url"], data_dir=script["folder"], secret_key=script["secret"]
    )
    db = Database(settings.database_url)
    index = SearchIndex(settings, db, encoder=lambda: HashingEncoder(dimension=64))
    context = AppContext(settings=settings, db=db, index=index)
    load_tasks()
    index.load()
    index.settle()
    for name, value in script["settings"].items():
        module, attribute = name.split(":")
        setattr(importlib.import_module(module), attribute, value)
    module, attribute = script["place"].split(":")
    holder = importlib.import_module(module)
    setattr(holder, attribute, hold_after(getattr(holder, attribute), script["call"]))
    if not script["path"]:
        JobRunner(context).run_next()
        return
    client = TestClient(create_app(context=context))
    client.post(script["path"], json=script["body"], headers=script["headers"])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
