"""Pictures of the console's pages, at the width of a desk and of a phone, from the sample challenge.

Usage: python scripts/take_screenshots.py [--out docs/screenshots] [--only NAME …]
Needs Chromium and the embedding model below JIEBANG_DATA_DIR/models. Serves the sample from a scratch folder;
nothing of it stays but the pictures.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from app.config import Settings
from app.demo.load import PASSWORD

WIDTHS = {"desk": (1280, 800), "phone": (390, 800)}
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
API = "/api/v1"

PAGES: dict[str, tuple[str | None, str]] = {
    "login": (None, "/login"),
    "register": (None, "/register"),
    "forgotten": (None, "/password/forgotten"),
    "problems": (None, "/problems"),
    "search": (None, "/problems?q=提高海洋环境下涂层的耐腐蚀寿命"),
    "problem": (None, "/problems/{requirement}"),
    "desk-organizer": ("organizer", "/desk"),
    "requirements": ("organizer", "/desk/requirements"),
    "requirement": ("organizer", "/desk/requirements/{requirement}"),
    "challenges": ("organizer", "/desk/challenges"),
    "challenge": ("organizer", "/desk/challenges/{challenge}"),
    "new-challenge": ("organizer", "/desk/challenges/new"),
    "schedule": ("organizer", "/desk/challenges/{challenge}/schedule"),
    "entries": ("organizer", "/desk/challenges/{challenge}/entries?q=*"),
    "takeover": ("organizer", "/desk/challenges/{challenge}/takeover"),
    "criteria": ("organizer", "/desk/challenges/{challenge}/criteria"),
    "invitees": ("organizer", "/desk/challenges/{challenge}/invitees"),
    "documents": ("organizer", "/desk/challenges/{challenge}/documents"),
    "agreements": ("organizer", "/desk/agreements"),
    "agreement-figures": ("organizer", "/desk/agreements/figures?by=district"),
    "agreement-for": ("organizer", "/desk/agreements/new"),
    "new-agreement": ("organizer", "/desk/agreements/new?requirement={requirement}"),
    "round": ("organizer", "/desk/rounds/{round}"),
    "round-teams": ("organizer", "/desk/rounds/{round}/teams"),
    "round-matrix": ("organizer", "/desk/rounds/{round}/matrix"),
    "ledger": ("organizer", "/desk/ledger"),
    "ledger-requirement": ("organizer", "/desk/ledger/requirements/{requirement}"),
    "answers": ("organizer", "/desk/ledger/answers?id={requirement}"),
    "calendar": ("admin", "/desk/ledger/calendar"),
    "batch": ("organizer", "/desk/batches/new?id={requirement}"),
    "proof": ("organizer", "/desk/challenges/{challenge}/proof"),
    "monitoring": ("organizer", "/desk/monitoring"),
    "monitoring-targets": ("organizer", "/desk/monitoring/targets"),
    "monitoring-recipients": ("organizer", "/desk/monitoring/recipients"),
    "jobs": ("organizer", "/desk/jobs"),
    "imports": ("organizer", "/desk/imports"),
    "teams": ("organizer", "/desk/teams"),
    "invitations": ("organizer", "/desk/invitations"),
    "new-invitation": ("organizer", "/desk/invitations/new?requirement={requirement}"),
    "round-invitations": ("organizer", "/desk/rounds/{round}/invitations"),
    "meeting-sessions": ("organizer", "/desk/meeting-sessions"),
    "new-meeting-session": ("organizer", "/desk/meeting-sessions/new?challenge={challenge}"),
    "timetable": ("organizer", "/desk/meeting-sessions/{event}"),
    "meeting-pairs": ("organizer", "/desk/meeting-sessions/{event}/meetings"),
    "meeting-settings": ("organizer", "/desk/meeting-sessions/{event}/settings"),
    "meeting": ("organizer", "/desk/meetings/{meeting}"),
    "meetings-seeker": ("seeker", "/desk/meetings"),
    "people": ("admin", "/desk/people"),
    "desk-seeker": ("seeker", "/desk"),
    "new-requirement": ("seeker", "/desk/requirements/new"),
    "inbox": ("seeker", "/desk/inbox"),
    "desk-solver": ("solver", "/desk"),
    "team": ("solver", "/desk/teams/{team}"),
    "desk-reviewer": ("reviewer", "/desk"),
    "problem-solver": ("solver", "/problems/{requirement}"),
    "interests": ("solver", "/desk/interests"),
    "subscriptions": ("solver", "/desk/subscriptions"),
    "new-subscription": ("solver", "/desk/subscriptions/new"),
    "claims": ("solver", "/desk/claims"),
    "claim-search": ("solver", "/desk/claims/new?q=大学"),
    "registrations": ("organizer", "/desk/registrations"),
    "account": ("seeker", "/account"),
    "password": ("seeker", "/account/password"),
    "browsers": ("organizer", "/account/browsers"),
    "statements": ("organizer", "/desk/requirements/{requirement}/statements"),
    "call": ("organizer", "/desk/requirements/{requirement}/proposals"),
    "fitting": ("solver", "/desk/teams/{team}/problems"),
    "candidates": ("organizer", "/desk/rounds/{round}/requirements/{requirement}"),
    "import": ("organizer", "/desk/imports/{import}"),
    "team-form": ("organizer", "/desk/teams/{team}/edit"),
    "person": ("admin", "/desk/people/{person}"),
    "new-person": ("admin", "/desk/people/new"),
    "proposals": ("solver", "/desk/proposals"),
    "new-proposal": ("solver", "/desk/proposals/new?requirement={requirement}"),
    "reviews": ("reviewer", "/desk/reviews"),
    "review": ("reviewer", "/desk/reviews/{review}"),
}
"""Name → who looks (an account of the sample; None: nobody signed in) and the address."""


@contextmanager
def sample(models: Path) -> Iterator[str]:
    """The sample challenge, served from a scratch folder; gives its address."""
    with tempfile.TemporaryDirectory(prefix="jiebang-pictures-") as folder:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (Path(folder) / "models").symlink_to(models.resolve())
        environment = os.environ | {
            "JIEBANG_DATA_DIR": folder,
            "JIEBANG_DATABASE_URL": f"sqlite:///{folder}/jiebang.db",
            "JIEBANG_LOG_LEVEL": "ERROR",
        }
        command = [sys.executable, "-c", "from app.cli import main; main()"]
        subprocess.run([*command, "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
        server = subprocess.Popen(
            [*command, "demo", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(url, server)
            yield url
        finally:
            server.terminate()
            server.wait(30)


def wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise SystemExit("the sample could not be served")
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise SystemExit("the sample was not served in time")


def places(url: str) -> dict[str, str]:
    """The ids that addresses need, asked for over the API."""
    with httpx.Client(base_url=url + API) as client:
        form = {"username": "admin@tonghai.example", "password": PASSWORD}
        client.headers["Authorization"] = (
            f"Bearer {client.post('/auth/token', data=form).json()['access_token']}"
        )
        challenge = client.get("/challenges").json()["items"][0]["id"]
        listed = client.get(f"/challenges/{challenge}/entries", params={"limit": 1}).json()["items"][0]
        form["username"] = "solver@tonghai.example"
        token = client.post("/auth/token", data=form).json()["access_token"]
        mine = client.get("/me", headers={"Authorization": f"Bearer {token}"}).json()["memberships"][0]
        teams = client.get("/solvers", params={"organization_id": mine["organization_id"]}).json()["items"]
        round_id = client.get(f"/challenges/{challenge}/rounds").json()["items"][0]["id"]
        letter = {"reply_by": "2027-04-01T18:00:00+08:00", "message": "请确认能否派人参加对接会。"}
        client.post(f"/rounds/{round_id}/invitations", json=letter)
        return arrange_meetings(client, challenge, round_id) | {
            "challenge": challenge,
            "requirement": listed["requirement"]["id"],
            "round": round_id,
            "team": teams[0]["id"],
            "import": client.get("/imports").json()["items"][0]["id"],
            "person": client.get("/users").json()["items"][0]["id"],
            "review": client.get("/reviews").json()["items"][0]["requirement_id"],
        }


def arrange_meetings(client: httpx.Client, challenge: str, round_id: str) -> dict[str, str]:
    """A session whose first day is timetabled and told, and another one that asks when people can come."""
    event = ""
    days = [{"day": "2027-04-20", "opens": "09:00", "closes": "11:30", "breaks": []}]
    for name in ("高端装备专场对接会", "新材料专场对接会"):
        body = {"name": name, "address": "通海市会展中心", "days": days, "slot_minutes": 30}
        made = client.post(f"/challenges/{challenge}/meeting-sessions", json=body).json()
        path = f"/meeting-sessions/{made['id']}"
        for room in ("洽谈室 1", "洽谈室 2", "洽谈室 3", "路演厅"):
            client.post(f"{path}/rooms", json={"name": room, "seats": 12})
        client.post(f"{path}/gather", json={"source": "round", "round_id": round_id})
        if name.startswith("新"):
            client.post(f"{path}/ask", json={"until": "2027-04-10T18:00:00+08:00"})
            continue
        job = client.post(f"{path}/timetable", json={"partial": True}).json()["job_id"]
        while client.get(f"/jobs/{job}").json()["status"] in ("queued", "running"):
            time.sleep(0.5)
        client.post(f"{path}/publish", json={"without_unplaced": True})
        event = path
    told = {"session_id": event.rsplit("/", 1)[1], "status": "scheduled"}
    meeting = client.get("/meetings", params=told).json()["items"][0]["id"]
    return {"event": told["session_id"], "meeting": meeting}


def windows(browser: Browser, url: str, who: str | None) -> Iterator[tuple[str, Page]]:
    """A window of each width at which `who` is signed in."""
    for name, (width, height) in WIDTHS.items():
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        page = context.new_page()
        if who is not None:
            page.goto(f"{url}/login")
            page.fill("#email", f"{who}@tonghai.example")
            page.fill("#password", PASSWORD)
            page.locator("form[action='/login'] button").click()
            page.wait_for_url(re.compile("/desk"))
        yield name, page
        context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    parser.add_argument("--only", nargs="*", choices=sorted(PAGES), default=sorted(PAGES))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with sample(Settings().data_dir / "models") as url, sync_playwright() as playwright:
        ids = places(url)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for who in sorted({PAGES[name][0] for name in arguments.only}, key=str):
            for width, page in windows(browser, url, who):
                for name in arguments.only:
                    if PAGES[name][0] != who:
                        continue
                    page.goto(url + PAGES[name][1].format(**ids))
                    page.wait_for_load_state("networkidle")
                    page.screenshot(path=arguments.out / f"{name}-{width}.png", full_page=True)
                    print(f"{name}-{width}.png")
        browser.close()


if __name__ == "__main__":
    main()
