"""The web console: pages for every role, made by the same services as the API; no rule of its own."""

from app.console.assembly import ROUTERS, install

__all__ = ["ROUTERS", "install"]
