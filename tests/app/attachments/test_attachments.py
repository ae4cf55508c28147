"""What is taken as an attachment, and that a kept file is there whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.attachments import service
from app.attachments.kinds import AttachmentError, check_file
from app.attachments.schemas import attachment_answer
from app.auth.actor import SYSTEM
from app.config import Settings
from app.db import Database
from app.errors import NotFound
from app.models import Attachment
from app.operation.backup import back_up, restore
from tests.app.attachments.files import DOCX, JPEG, OLE, PDF, PNG, archive, container


def count(db: Database) -> int:
    with db.read() as session:
        return session.scalar(select(func.count(Attachment.id))) or 0


def keep(db: Database, filename: str, content: bytes, max_mb: int = 1) -> Attachment:
    with db.write() as session:
        return service.keep(session, SYSTEM, filename=filename, content=content, max_mb=max_mb)


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("方案.pdf", PDF),
        ("方案.PDF", PDF),
        ("照片.png", PNG),
        ("照片.jpg", JPEG),
        ("照片.jpeg", JPEG),
        ("方案.docx", DOCX),
        ("测算.xlsx", archive("[Content_Types].xml", "xl/workbook.xml")),
        ("汇报.pptx", archive("[Content_Types].xml", "ppt/presentation.xml")),
        ("方案.doc", container("Root Entry", "WordDocument")),
        ("测算.xls", container("Root Entry", "Workbook")),
        ("汇报.ppt", container("Root Entry", "PowerPoint Document")),
    ],
)
def test_a_file_that_is_what_its_name_says_is_kept_as_it_came(
    db: Database, filename: str, content: bytes
) -> None:
    kept = keep(db, filename, content)
    assert (kept.size, kept.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    with db.read() as session:
        found = service.read(session, kept.id)
    assert (found.filename, found.content, found.media_type) == (filename, content, kept.media_type)


@pytest.mark.parametrize(
    ("filename", "content", "code"),
    [
        ("方案.exe", b"MZ", "attachment_type_unsupported"),
        ("方案", PDF, "attachment_type_unsupported"),
        ("页面.html", b"<script>", "attachment_type_unsupported"),
        ("图.svg", b"<svg/>", "attachment_type_unsupported"),
        ("方案.docm", DOCX, "attachment_has_macros"),
        ("方案.pdf", b"", "attachment_empty"),
        ("方案.pdf", b"MZ" + PDF, "attachment_mismatch"),
        ("方案.pdf", DOCX, "attachment_mismatch"),
        ("方案.docx", PDF, "attachment_mismatch"),
        ("方案.docx", archive("xl/workbook.xml"), "attachment_mismatch"),
        ("方案.docx", DOCX[:40], "attachment_mismatch"),
        ("方案.docx", archive("word/document.xml", "word/vbaProject.bin"), "attachment_has_macros"),
        ("方案.docx", container("EncryptedPackage"), "attachment_encrypted"),
        ("方案.doc", OLE, "attachment_mismatch"),
        ("方案.doc", container("WordDocument", "_VBA_PROJECT"), "attachment_has_macros"),
        ("照片.png", JPEG, "attachment_mismatch"),
        ("方案.pdf", PDF + bytes(1 << 20), "attachment_too_big"),
    ],
)
def test_a_file_that_is_something_else_is_refused_without_trace(
    db: Database, filename: str, content: bytes, code: str
) -> None:
    with pytest.raises(AttachmentError) as caught:
        keep(db, filename, content)
    assert caught.value.code == code
    assert count(db) == 0


def test_an_archive_with_a_giant_directory_is_refused_before_it_is_read() -> None:
    giant = bytearray(DOCX)
    end = giant.rfind(b"PK\x05\x06")
    giant[end + 12 : end + 16] = (1 << 30).to_bytes(4, "little")
    with pytest.raises(AttachmentError):
        check_file("方案.docx", bytes(giant), max_mb=1)


def test_a_name_is_stored_without_its_folder(db: Database) -> None:
    assert keep(db, "C:\\项目\\..\\方案.pdf", PDF).filename == "方案.pdf"


def test_an_upload_that_breaks_off_leaves_nothing(db: Database) -> None:
    with pytest.raises(RuntimeError), db.write() as session:
        service.keep(session, SYSTEM, filename="方案.pdf", content=PDF, max_mb=1)
        raise RuntimeError
    assert count(db) == 0


def test_a_file_that_has_changed_on_disk_is_not_handed_out(db: Database) -> None:
    kept = keep(db, "方案.pdf", PDF)
    with db.write() as session:
        session.execute(update(Attachment).values(content=PDF + b"x"))
    with db.read() as session, pytest.raises(service.AttachmentDamaged):
        service.read(session, kept.id)


def test_a_discarded_file_is_gone(db: Database) -> None:
    kept = keep(db, "方案.pdf", PDF)
    with db.write() as session:
        service.discard(session, kept.id)
    with db.read() as session, pytest.raises(NotFound):
        service.read(session, kept.id)


def test_a_backup_holds_the_files(db: Database, settings: Settings, tmp_path: Path) -> None:
    kept = [keep(db, f"方案{number}.pdf", PDF + bytes([number])) for number in range(6)]
    back_up(db, tmp_path / "backup.tar.gz")
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    try:
        restore(other, tmp_path / "backup.tar.gz", snapshots=settings.data_dir / "index")
        with other.read() as session:
            for number, attachment in enumerate(kept):
                assert service.read(session, attachment.id).content == PDF + bytes([number])
    finally:
        other.dispose()


def test_a_browser_is_told_to_store_the_file_and_not_to_show_it(db: Database) -> None:
    kept = keep(db, "方案.pdf", PDF)
    with db.read() as session:
        answer = attachment_answer(service.read(session, kept.id))
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
