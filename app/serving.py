"""Runs the application under uvicorn, the same way for `serve` and for the demonstration."""

from __future__ import annotations

import uvicorn

from app.context import open_context
from app.operation import check_before_serving

GRACE_SECONDS = 20
"""How long open requests may take to finish after SIGTERM."""


def serve_forever(*, host: str, port: int) -> None:
    """Serves until SIGTERM or Ctrl-C; returns when everything has ended in good order.

    Looks first at what would make every answer wrong, so that the command can say it in one line.
    """
    with open_context() as context:
        check_before_serving(context)
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
    )
