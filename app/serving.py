"""Runs the application under uvicorn, the same way for `serve` and for the demonstration."""

from __future__ import annotations

import uvicorn

GRACE_SECONDS = 20
"""How long open requests may take to finish after SIGTERM."""


def serve_forever(*, host: str, port: int) -> None:
    """Serves until SIGTERM or Ctrl-C; returns when everything has ended in good order."""
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
