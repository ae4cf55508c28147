"""Takes a consistent copy of the database while it serves, and puts one back into an empty place.

The copy is whole: search vectors lie in the database, snapshots on disk are rebuilt from it. The model and
the settings, the secret key among them, are not part of it.
"""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby, islice
from pathlib import Path
from typing import IO, Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    JSON,
    BindParameter,
    Column,
    Connection,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.orm import Session

from app import __version__, audit, migrations
from app.db import Database
from app.errors import JiebangError
from app.indexing import replica
from app.kit.clock import now
from app.models import Base
from app.models.audit import AuditHead
from app.operation.archive import ArchiveWriter, FileTrouble, Manifest, NotABackup, read_manifest, read_tables
from app.operation.startup import DatabaseNotAtHead

BATCH = 500
FILES_AT_ONCE = 4
"""Rows of tables that hold whole files: five hundred of them at a time would fill the memory."""

COMPRESSION = 3

Progress = Callable[[str, int, int], None]


class BackupExists(JiebangError):
    code, status = "backup_exists", 409
    zh, en = "文件已存在，不会覆盖：{path}", "The file exists and is not overwritten: {path}"


class PlaceNotEmpty(JiebangError):
    code, status = "place_not_empty", 409
    zh = "只能恢复到空数据库，当前数据库已有数据（{table}）"
    en = "A backup is restored into an empty database only; this one holds data ({table})"


class BackupOfOtherVersion(JiebangError):
    code, status = "backup_of_other_version", 409
    zh = "备份的数据库结构为 {revision}，本程序为 {head}；请用版本 {version} 恢复后再升级"
    en = "The backup is of revision {revision}, not {head}; restore with version {version}, then migrate"


class AuditChainBroken(JiebangError):
    code, status = "audit_chain_broken", 422
    zh, en = (
        "备份中的审计日志不完整，未恢复任何内容",
        "The audit log of the backup is broken; nothing was restored",
    )


def back_up(db: Database, path: Path, *, on_progress: Progress = lambda table, done, total: None) -> Manifest:
    """Writes one snapshot of all tables to `path`, for its owner only; it appears complete or not at all.

    `on_progress` hears the table's name, tables done and tables in all. Raises `BackupExists`,
    `DatabaseNotAtHead` and `FileTrouble`.
    """
    if path.exists():
        raise BackupExists(path=path.name)
    tables = Base.metadata.sorted_tables
    with _snapshot(db) as connection, _appearing(path) as stream:
        revision = MigrationContext.configure(connection).get_current_revision()
        if revision != migrations.head():
            raise DatabaseNotAtHead(current=revision or "-", head=migrations.head())
        with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=COMPRESSION) as tar:
            writer = ArchiveWriter(tar, spool_folder=path.parent)
            for number, table in enumerate(tables):
                on_progress(table.name, number, len(tables))
                writer.add_table(table, _rows(connection, table))
            head = connection.execute(select(AuditHead.seq, AuditHead.hash)).first()
            manifest = Manifest(
                created_at=now().isoformat(),
                app_version=__version__,
                revision=revision,
                dialect=connection.dialect.name,
                audit_seq=head.seq if head else 0,
                audit_head=head.hash if head else audit.FIRST_HASH,
                members=tuple(writer.members),
            )
            writer.add_manifest(manifest)
    on_progress("", len(tables), len(tables))
    return manifest


def restore(
    db: Database,
    path: Path,
    *,
    snapshots: Path,
    on_progress: Progress = lambda table, done, total: None,
) -> Manifest:
    """Fills an empty database from an archive in one transaction: everything or nothing.

    Index snapshots of an earlier database in the folder `snapshots` are removed: their change numbers would
    look like those of this one.
    Hashes, revision and the chain of the audit log are checked. Raises `FileTrouble`, `NotABackup`,
    `BackupOfOtherVersion`, `PlaceNotEmpty` and `AuditChainBroken`.
    """
    manifest = read_manifest(path)
    head = migrations.head()
    if manifest.revision != head:
        raise BackupOfOtherVersion(revision=manifest.revision, head=head, version=manifest.app_version)
    tables = {table.name: table for table in Base.metadata.sorted_tables}
    if {member.table for member in manifest.members} != set(tables):
        raise NotABackup(reason="tables")
    _prepare(db)
    with db.write() as session:
        _empty(session)
        # Before the rows, so that no crash can leave both the new database and the old snapshots.
        replica.discard(snapshots)
        groups = groupby(read_tables(path, tables), key=lambda item: item[0])
        for number, (table, group) in enumerate(groups):
            on_progress(table.name, number, len(tables))
            _insert(session, table, (values for _, values in group))
        _advance_sequences(session)
        _check_audit(session, manifest)
    on_progress("", len(tables), len(tables))
    return manifest


@contextmanager
def _snapshot(db: Database) -> Iterator[Connection]:
    """A connection whose reads all see the database as it was at the first of them."""
    with db.engine.connect() as connection:
        if not db.is_sqlite:
            connection = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        yield connection
        connection.rollback()


@contextmanager
def _appearing(path: Path) -> Iterator[IO[bytes]]:
    """A file that gets its name only when it is complete and on disk."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise FileTrouble(reason=error.strerror or type(error).__name__) from error
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            raise BackupExists(path=path.name)
        partial.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise FileTrouble(reason=error.strerror or type(error).__name__) from error
    finally:
        partial.unlink(missing_ok=True)


def _rows(connection: Connection, table: Table) -> Iterator[Any]:
    statement = select(table).order_by(*table.primary_key.columns)
    result = connection.execute(statement, execution_options={"yield_per": _batch(table)})
    yield from result.mappings()


def _batch(table: Table) -> int:
    return FILES_AT_ONCE if table.info.get("holds_files") else BATCH


def _prepare(db: Database) -> None:
    current = migrations.current(db)
    if current is None:
        with db.engine.connect() as connection:
            names = inspect(connection).get_table_names()
        if names:
            raise PlaceNotEmpty(table=names[0])
        migrations.migrate(db)
    elif current != migrations.head():
        raise DatabaseNotAtHead(current=current, head=migrations.head())


def _empty(session: Session) -> None:
    """Takes out the beginning of the audit chain, which a migration puts in; all else must be empty."""
    session.execute(delete(AuditHead).where(AuditHead.seq == 0))
    for table in Base.metadata.sorted_tables:
        if session.scalar(select(exists().select_from(table))):
            raise PlaceNotEmpty(table=table.name)


def _insert(session: Session, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    statement = insert(table).values({column.name: _parameter(column) for column in table.columns})
    connection = session.connection()
    while batch := [
        {f"v_{name}": value for name, value in row.items()} for row in islice(rows, _batch(table))
    ]:
        connection.execute(statement, batch)


def _parameter(column: Column[Any]) -> BindParameter[Any]:
    # By default None in a JSON column is stored as the JSON text `null`, which is not the same as no value.
    kind = JSON(none_as_null=True) if isinstance(column.type, JSON) and column.nullable else column.type
    return bindparam(f"v_{column.name}", type_=kind)


def _advance_sequences(session: Session) -> None:
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        highest = session.scalar(select(func.max(column)))
        if highest is not None:
            statement = text("SELECT setval(pg_get_serial_sequence(:table, :column), :highest)")
            session.execute(statement, {"table": table.name, "column": column.name, "highest": highest})


def _check_audit(session: Session, manifest: Manifest) -> None:
    head = session.get(AuditHead, 1)
    found = (head.seq, head.hash) if head else (0, audit.FIRST_HASH)
    is_whole = audit.first_broken_entry(session) is None
    if not is_whole or found != (manifest.audit_seq, manifest.audit_head):
        raise AuditChainBroken()
