"""Running the service: logs, metrics, health, limits, housekeeping, backup and restore."""

from app.operation.http import install
from app.operation.startup import check_before_serving

__all__ = ["check_before_serving", "install"]
