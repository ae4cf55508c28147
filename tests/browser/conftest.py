"""A real server on a port of its own and a real browser: Chromium, as Debian or the desktop has installed it."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.context import AppContext
from app.db import Database
from app.main import create_app
from app.models import Organization, Role
from app.worker import Worker
from tests import factories
from tests.conftest import PASSWORD

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # CI installs a browser and says so; there a missing one is an error, elsewhere a reason to pass these over.
    if CHROMIUM is not None or os.environ.get("JIEBANG_TEST_BROWSER") == "required":
        return
    skip = pytest.mark.skip(reason="no Chromium is installed (apt install chromium)")
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(skip)


@dataclass(frozen=True)
class Site:
    """The running service. `sign_in` opens a browser window at which a new person is signed in."""

    url: str
    sign_in: Callable[..., Page]
    visit: Callable[[], Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        assert CHROMIUM is not None, "JIEBANG_TEST_BROWSER=required, but no Chromium is installed"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Started(uvicorn.Server):
    """A server that tells another thread when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@pytest.fixture
def server(context: AppContext) -> Iterator[str]:
    """The application as `jiebang serve` runs it: jobs, index and chores included."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(
        create_app(context=context), host="127.0.0.1", port=port, log_config=None, access_log=False
    )
    running = Started(config)
    thread = threading.Thread(target=running.run, daemon=True)
    worker = Worker(context)
    context.index.start(drain=True)
    worker.start()
    thread.start()
    assert running.is_up.wait(30), "the server did not start"
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(10)
    worker.stop()


@pytest.fixture
def site(server: str, chromium: Browser, db: Database, password_hash: str) -> Iterator[Site]:
    opened: list[BrowserContext] = []
    trouble: list[str] = []

    def window() -> Page:
        opened.append(chromium.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900}))
        page = opened[-1].new_page()
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
        return page

    def sign_in(role: Role, organization: Organization | None = None) -> Page:
        user = factories.make_user(db, role, organization, password_hash=password_hash)
        page = window()
        page.goto(f"{server}/login")
        page.get_by_label("邮箱").fill(user.email)
        page.get_by_label("密码").fill(PASSWORD)
        page.locator("main").get_by_role("button", name="登录").click()
        page.get_by_role("heading", name="工作台").wait_for()
        return page

    yield Site(server, sign_in, window)
    for context in opened:
        context.close()
    assert trouble == [], "the browser complained"
