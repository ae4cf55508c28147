"""The portable archive of a backup: a gzipped tar with a JSON-lines file per table and a manifest.

It knows how values become JSON and come back, on SQLite and PostgreSQL alike; what is dumped when is
left to `backup`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from sqlalchemy import JSON, Column, Table

from app.errors import JiebangError
from app.kit.clock import now

FORMAT = "jiebang-backup-1"
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 1_000_000
MAX_LINE_BYTES = 256_000_000


class NotABackup(JiebangError):
    code, status = "not_a_backup", 422
    zh, en = (
        "文件不是揭榜系统的备份，或已损坏（{reason}）",
        "Not a backup of this system, or damaged ({reason})",
    )


class FileTrouble(JiebangError):
    code, status = "file_trouble", 500
    zh, en = "无法读写备份文件：{reason}", "The backup file cannot be read or written: {reason}"


@dataclass(frozen=True)
class Member:
    """One table's file: `sha256` and `size` (bytes) of the JSON lines, one line per row."""

    table: str
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What the archive holds, from where and when. `audit_head` is the hash at the end of the audit log."""

    created_at: str
    app_version: str
    revision: str
    dialect: str
    audit_seq: int
    audit_head: str
    members: tuple[Member, ...]
    format: str = FORMAT

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, raw: bytes) -> Manifest:
        """Raises `NotABackup` for anything but a manifest of this format."""
        try:
            fields = json.loads(raw)
            members = tuple(Member(**member) for member in fields.pop("members"))
            manifest = cls(members=members, **fields)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise NotABackup(reason="manifest") from error
        if manifest.format != FORMAT:
            raise NotABackup(reason="format")
        return manifest


class ArchiveWriter:
    """Adds tables one by one to an open tar; each passes through a spool, because tar wants sizes first."""

    def __init__(self, tar: tarfile.TarFile, *, spool_folder: Path) -> None:
        self._tar = tar
        self._spool_folder = spool_folder
        self.members: list[Member] = []

    def add_table(self, table: Table, rows: Iterable[Any]) -> Member:
        """Writes the rows (mappings by column name, in the order given) as `<table>.jsonl`."""
        digest, size, count = hashlib.sha256(), 0, 0
        with tempfile.TemporaryFile(dir=self._spool_folder) as stream:
            for row in rows:
                line = encode_row(table, row)
                stream.write(line)
                digest.update(line)
                size += len(line)
                count += 1
            stream.seek(0)
            self._add(f"{table.name}.jsonl", stream, size)
        member = Member(table.name, count, size, digest.hexdigest())
        self.members.append(member)
        return member

    def add_manifest(self, manifest: Manifest) -> None:
        raw = manifest.to_json()
        self._add(MANIFEST, io.BytesIO(raw), len(raw))

    def _add(self, name: str, stream: IO[bytes], size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, int(now().timestamp())
        self._tar.addfile(entry, stream)


def read_manifest(path: Path) -> Manifest:
    """The manifest after every file of the archive has been checked against it.

    Raises `FileTrouble` when there is nothing to read, and `NotABackup` when a file within is missing,
    surplus, or differs from its hash.
    """
    raw: bytes | None = None
    found: dict[str, Member] = {}
    try:
        with tarfile.open(path, "r:gz") as tar:
            for entry in tar:
                stream = tar.extractfile(entry)
                if stream is None:
                    raise NotABackup(reason=entry.name[:60])
                if entry.name == MANIFEST:
                    raw = stream.read(MAX_MANIFEST_BYTES)
                    continue
                table = entry.name.removesuffix(".jsonl")
                if table in found:
                    raise NotABackup(reason=f"{table[:60]} ×2")
                found[table] = _measure(table, stream)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise FileTrouble(reason=error.strerror) from error
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise NotABackup(reason=type(error).__name__) from error
    if raw is None:
        raise NotABackup(reason="manifest")
    manifest = Manifest.from_json(raw)
    if {member.table: member for member in manifest.members} != found:
        raise NotABackup(reason="sha256")
    return manifest


def read_tables(path: Path, tables: dict[str, Table]) -> Iterator[tuple[Table, dict[str, Any]]]:
    """Every row of the archive with its table, as values for an INSERT, in the archive's order."""
    with tarfile.open(path, "r:gz") as tar:
        for entry in tar:
            if entry.name == MANIFEST:
                continue
            table = tables[entry.name.removesuffix(".jsonl")]
            stream = tar.extractfile(entry)
            assert stream is not None
            while line := stream.readline(MAX_LINE_BYTES):
                yield table, decode_row(table, line)


def encode_row(table: Table, row: Any) -> bytes:
    """One row (a mapping by column name) as one line of JSON, keys in the order of the columns."""
    plain = {column.name: _to_json(column, row[column.name]) for column in table.columns}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def decode_row(table: Table, line: bytes) -> dict[str, Any]:
    """The values of one line, typed as the table's columns want them. Raises `NotABackup`."""
    try:
        plain = json.loads(line)
        return {column.name: _from_json(column, plain[column.name]) for column in table.columns}
    except (ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise NotABackup(reason=table.name) from error


def _to_json(column: Column[Any], value: Any) -> Any:
    if value is None or isinstance(column.type, JSON):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return value


def _from_json(column: Column[Any], value: Any) -> Any:
    if value is None or isinstance(column.type, JSON):
        return value
    kind = column.type.python_type
    if kind is bytes:
        return base64.b64decode(value, validate=True)
    if issubclass(kind, date):
        return kind.fromisoformat(value)
    if issubclass(kind, UUID | Decimal | Enum):
        return kind(value)
    return value


def _measure(table: str, stream: IO[bytes]) -> Member:
    digest, size, rows = hashlib.sha256(), 0, 0
    while block := stream.read(1 << 20):
        digest.update(block)
        size += len(block)
        rows += block.count(b"\n")
    return Member(table, rows, size, digest.hexdigest())
