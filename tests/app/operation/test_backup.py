"""A backup is taken while others write, says when it is damaged, and comes back whole or not at all."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
import stat
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from app import audit, migrations
from app.db import Database
from app.models import Base, Organization, Requirement
from app.models.audit import AuditEntry
from app.models.indexing import IndexCollection, IndexDocument, OutboxEntry
from app.models.job import Job
from app.operation.archive import MANIFEST, FileTrouble, NotABackup, read_manifest
from app.operation.backup import (
    AuditChainBroken,
    BackupExists,
    BackupOfOtherVersion,
    PlaceNotEmpty,
    back_up,
)
from app.operation.backup import restore as put_back

Members = dict[str, bytes]


@pytest.fixture
def filled(db: Database) -> Database:
    """A database with every kind of value: money, time, JSON, bytes, codes, text of two scripts, nothing."""
    with db.write() as session:
        firm = Organization(name="通海市锦绣家纺有限公司", region="江苏省/通海市")
        session.add(firm)
        session.flush()
        for number in range(3):
            session.add(
                Requirement(
                    organization_id=firm.id,
                    title=f"阻燃面料 {number} “引号”\n\t𠮷 emoji 🧵",
                    keywords=["阻燃", "fabric"],
                    budget_wan=Decimal("12.3456"),
                )
            )
        session.add(
            IndexDocument(
                collection=IndexCollection.ACHIEVEMENTS, key=UUID(int=1), seq=1, vector=bytes(range(256))
            )
        )
        session.add(OutboxEntry(seq=41, collection=IndexCollection.REQUIREMENTS, key=UUID(int=2)))
        session.add(
            Job(name="test.count", result=None, finished_at=datetime(2026, 11, 24, 8, 5, 4, 321, UTC))
        )
        for action in ("requirement.submit", "requirement.return"):
            audit.record(session, action, actor_id=None, object_kind="requirement", reason="format", n=1)
    return db


@pytest.fixture
def archive(filled: Database, tmp_path: Path) -> Path:
    path = tmp_path / "jiebang.tar.gz"
    back_up(filled, path)
    return path


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    """A place where nothing has ever been."""
    database = Database(f"sqlite:///{tmp_path / 'elsewhere' / 'empty.db'}")
    yield database
    database.dispose()


def restore(db: Database, path: Path) -> None:
    put_back(db, path, snapshots=path.parent / "index")


def contents(db: Database) -> dict[str, list[Any]]:
    with db.engine.connect() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(select(table).order_by(*table.primary_key.columns)).all()
            ]
            for table in Base.metadata.sorted_tables
        }


def rewritten(archive: Path, change: Callable[[Members], Any]) -> Path:
    """A copy of the archive whose files `change` has altered."""
    members: Members = {}
    with tarfile.open(archive) as tar:
        for entry in tar:
            stream = tar.extractfile(entry)
            assert stream
            members[entry.name] = stream.read()
    change(members)
    copy = archive.with_name("altered.tar.gz")
    with tarfile.open(copy, "w:gz") as tar:
        for name, raw in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(raw)
            tar.addfile(entry, io.BytesIO(raw))
    return copy


def with_hashes_made_good(change: Callable[[Members], Any]) -> Callable[[Members], None]:
    """A forger's change: the manifest agrees with it."""
    import hashlib

    def forge(members: Members) -> None:
        change(members)
        manifest = json.loads(members[MANIFEST])
        for member in manifest["members"]:
            raw = members[f"{member['table']}.jsonl"]
            member["sha256"] = hashlib.sha256(raw).hexdigest()
            member["size"], member["rows"] = len(raw), raw.count(b"\n")
        members[MANIFEST] = json.dumps(manifest).encode()

    return forge


def test_what_was_backed_up_comes_back_value_by_value(
    filled: Database, archive: Path, empty: Database
) -> None:
    before = contents(filled)
    assert before["requirements"] and before["audit_entries"]
    restore(empty, archive)
    assert contents(empty) == before
    assert migrations.current(empty) == migrations.head()
    with empty.read() as session:
        assert audit.first_broken_entry(session) is None
        # Absence and the JSON text `null` read alike in Python but not in SQL.
        assert session.scalar(select(func.count()).where(text("result IS NULL")).select_from(Job)) == 1


def test_snapshots_of_an_earlier_database_go_when_another_one_comes_and_stay_when_none_does(
    filled: Database, archive: Path, empty: Database, tmp_path: Path
) -> None:
    snapshots = tmp_path / "index"
    (snapshots / "7").mkdir(parents=True)
    (snapshots / "7" / "manifest.json").write_text("{}")
    with pytest.raises(PlaceNotEmpty):
        put_back(filled, archive, snapshots=snapshots)
    assert (snapshots / "7" / "manifest.json").exists()
    put_back(empty, archive, snapshots=snapshots)
    assert not snapshots.exists()


def test_a_restored_database_goes_on_counting(archive: Path, empty: Database) -> None:
    restore(empty, archive)
    with empty.write() as session:
        entry = OutboxEntry(collection=IndexCollection.REQUIREMENTS, key=UUID(int=3))
        session.add(entry)
        session.flush()
        assert entry.seq == 42
        audit.record(session, "after.restore", actor_id=None, object_kind="system")
        assert audit.first_broken_entry(session) is None


def test_a_backup_shows_one_moment_even_while_others_write(filled: Database, tmp_path: Path) -> None:
    path = tmp_path / "busy.tar.gz"
    before = contents(filled)

    def write_meanwhile(table: str, done: int, total: int) -> None:
        if done == 1:
            with filled.write() as session:
                session.add(Organization(name="后来者"))
                audit.record(session, "later", actor_id=None, object_kind="system")

    manifest = back_up(filled, path, on_progress=write_meanwhile)
    rows = {member.table: member.rows for member in manifest.members}
    assert rows == {table: len(found) for table, found in before.items()}
    assert manifest.audit_seq == 2


def test_a_backup_is_for_its_owners_eyes_only_and_leaves_nothing_beside(archive: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert [path.name for path in archive.parent.glob("*jiebang.tar.gz*")] == ["jiebang.tar.gz"]


def test_a_backup_that_fails_leaves_no_file(filled: Database, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()

    def fail(table: str, done: int, total: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(FileTrouble, match="No space left"):
        back_up(filled, folder / "a.tar.gz", on_progress=fail)
    assert list(folder.iterdir()) == []


def test_a_place_that_does_not_exist_is_named_as_the_trouble(filled: Database, tmp_path: Path) -> None:
    with pytest.raises(FileTrouble, match="No such file"):
        back_up(filled, tmp_path / "nowhere" / "a.tar.gz")
    with pytest.raises(FileTrouble, match="No such file"):
        restore(filled, tmp_path / "nothing.tar.gz")


def test_an_earlier_backup_is_never_overwritten(filled: Database, archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(BackupExists):
        back_up(filled, archive)
    assert archive.read_bytes() == before


def test_restoring_over_data_is_refused_and_changes_nothing(filled: Database, archive: Path) -> None:
    before = contents(filled)
    with pytest.raises(PlaceNotEmpty):
        restore(filled, archive)
    assert contents(filled) == before


def test_a_foreign_database_is_not_an_empty_place(archive: Path, empty: Database) -> None:
    with empty.write() as session:
        session.execute(text("CREATE TABLE bookkeeping (id INTEGER)"))
    with pytest.raises(PlaceNotEmpty):
        restore(empty, archive)


def test_every_damaged_byte_in_a_table_is_noticed(archive: Path, empty: Database) -> None:
    def flip(members: Members) -> None:
        raw = bytearray(members["requirements.jsonl"])
        raw[len(raw) // 2] ^= 1
        members["requirements.jsonl"] = bytes(raw)

    with pytest.raises(NotABackup):
        restore(empty, rewritten(archive, flip))
    assert migrations.current(empty) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.pop("jobs.jsonl"),
        lambda members: members.pop(MANIFEST),
        lambda members: members.update({"extra.jsonl": b"{}\n"}),
        lambda members: members.update({MANIFEST: b"[]"}),
        lambda members: members.update({MANIFEST: b"\xff\x00"}),
        with_hashes_made_good(lambda members: members.update({"jobs.jsonl": b"{}\n"})),
        with_hashes_made_good(lambda members: members.update({"jobs.jsonl": b"not json\n"})),
    ],
)
def test_an_archive_that_is_not_whole_is_refused(
    change: Callable[[Members], Any], archive: Path, empty: Database
) -> None:
    with pytest.raises(NotABackup):
        restore(empty, rewritten(archive, change))
    assert_nothing_in(empty)


@pytest.mark.parametrize(
    "raw",
    [b"", b"PK\x03\x04", gzip.compress(b"no tar"), gzip.compress(b"x" * 2000)[:40]],
    # Gzip writes the time; as a name it would differ between the processes that share the tests.
    ids=["empty", "zip", "no tar", "cut off"],
)
def test_a_file_of_another_kind_is_refused(raw: bytes, tmp_path: Path, empty: Database) -> None:
    path = tmp_path / "other.tar.gz"
    path.write_bytes(raw)
    with pytest.raises(NotABackup):
        restore(empty, path)


def test_a_truncated_archive_is_refused(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(NotABackup):
        read_manifest(archive)


def test_a_forged_audit_log_is_refused_even_when_the_hashes_agree(archive: Path, empty: Database) -> None:
    def forge(members: Members) -> None:
        raw = members["audit_entries.jsonl"]
        members["audit_entries.jsonl"] = raw.replace(b"requirement.return", b"requirement.accept")

    with pytest.raises(AuditChainBroken):
        restore(empty, rewritten(archive, with_hashes_made_good(forge)))
    assert_nothing_in(empty)


def test_a_shortened_audit_log_is_refused(archive: Path, empty: Database, filled: Database) -> None:
    with filled.read() as session:
        first = session.scalars(select(AuditEntry).where(AuditEntry.seq == 1)).one()

    def shorten(members: Members) -> None:
        members["audit_entries.jsonl"] = members["audit_entries.jsonl"].splitlines(keepends=True)[0]
        members["audit_head.jsonl"] = json.dumps({"id": 1, "seq": 1, "hash": first.hash}).encode() + b"\n"

    with pytest.raises(AuditChainBroken):
        restore(empty, rewritten(archive, with_hashes_made_good(shorten)))
    assert_nothing_in(empty)


def test_a_backup_of_another_revision_is_refused_by_name(archive: Path, empty: Database) -> None:
    def age(members: Members) -> None:
        manifest = json.loads(members[MANIFEST])
        members[MANIFEST] = json.dumps({**manifest, "revision": "0000", "app_version": "0.0.9"}).encode()

    with pytest.raises(BackupOfOtherVersion, match=r"0\.0\.9"):
        restore(empty, rewritten(archive, age))
    assert migrations.current(empty) is None


def test_the_manifest_names_every_table_and_how_many_rows_it_holds(archive: Path) -> None:
    manifest = read_manifest(archive)
    rows = {member.table: member.rows for member in manifest.members}
    assert set(rows) == set(Base.metadata.tables)
    assert (rows["requirements"], rows["audit_entries"], rows["users"]) == (3, 2, 0)
    assert dataclasses.replace(manifest).revision == migrations.head()


def assert_nothing_in(db: Database) -> None:
    if migrations.current(db) is not None:
        left = contents(db)
        assert [row[1] for row in left.pop("audit_head")] in ([], [0])
        assert not any(left.values())
