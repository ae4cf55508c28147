"""A dispatcher in a process of its own that stops in the middle of a delivery; run as `python -m`.

Arguments: database URL, SMTP port, and where to hold: `before` sending or `after` it; `nowhere` sends all there is.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace

from app.config import MailSecurity, Settings
from app.db import Database
from app.models.notification import Channel
from app.notifications import dispatcher
from app.notifications.outcome import Outcome
from app.notifications.parcel import Parcel


def main(url: str, port: str, place: str) -> None:
    settings = Settings(
        _env_file=None,
        database_url=url,
        smtp_host="127.0.0.1",
        smtp_port=int(port),
        smtp_security=MailSecurity.NONE,
        smtp_from="notice@jiebang.example",
    )

    def send(settings: Settings, parcel: Parcel) -> Outcome:
        if place == "after":
            dispatcher.send(settings, parcel)
        sys.stdout.write("holding\n")
        sys.stdout.flush()
        sys.stdin.readline()
        raise AssertionError("this process is to be killed")

    app = SimpleNamespace(db=Database(url), settings=settings)
    if place == "nowhere":
        work = dispatcher.Dispatcher(app)  # type: ignore[arg-type]
        while work.deliver_next(Channel.EMAIL) is not None:
            pass
        return
    dispatcher.Dispatcher(app, send=send).deliver_next(Channel.EMAIL)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(*sys.argv[1:])
