"""What must be in order before the first request: a safe database at head and a model that may be used."""

from __future__ import annotations

import logging

from app import migrations
from app.context import AppContext
from app.db import sqlite_module
from app.errors import JiebangError
from app.indexing.opening import check_license
from app.operation.logging import configure_logging

log = logging.getLogger("jiebang.startup")


class DatabaseNotAtHead(JiebangError):
    code, status = "database_not_at_head", 500
    zh = "数据库结构不是最新（当前 {current}，需要 {head}），请先运行 jiebang migrate"
    en = "The database is at {current}, not at {head}; run `jiebang migrate` first"


def check_before_serving(context: AppContext) -> None:
    """Sets logging up and looks at what would make every answer wrong.

    Raises `UnsafeDatabase`, `DatabaseNotAtHead` or `ResearchLicenseRefused`.
    """
    configure_logging(context.settings)
    for warning in context.db.check_is_safe():
        log.warning(warning)
    current, head = migrations.current(context.db), migrations.head()
    if current != head:
        raise DatabaseNotAtHead(current=current or "空", head=head)
    check_license(context.settings)
    facts = {"database": context.db.engine.dialect.name, "env": context.settings.env.value}
    if context.db.is_sqlite:
        facts["sqlite"] = sqlite_module().sqlite_version
    log.info("starting", extra=facts)
