"""Imports files, as the tests of the exchange do."""

from __future__ import annotations

from tests.app.exchange.conftest import import_file

__all__ = ["import_file"]
