"""Which files are taken, judged by name and content together. Nothing here opens a file beyond its directory."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass
from pathlib import PurePath

from app.errors import JiebangError

MEGABYTE = 1 << 20
MAX_DIRECTORY = 2 * MEGABYTE
"""Bytes of an archive's directory: a document has some dozens of entries, and reading a million costs memory."""

OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
ZIP_MAGIC = b"PK\x03\x04"
END_OF_DIRECTORY = b"PK\x05\x06"
OFFICE = "application/vnd.openxmlformats-officedocument."


class AttachmentError(JiebangError):
    """Base of what makes a file unfit to be attached; nothing of it is kept."""

    code, status = "attachment_unusable", 422


class AttachmentEmpty(AttachmentError):
    code = "attachment_empty"
    zh, en = "文件是空的", "The file is empty"


class AttachmentTooBig(AttachmentError):
    code, status = "attachment_too_big", 413
    zh, en = "文件超过 {limit} MB 上限", "The file exceeds {limit} MB"


class AttachmentTypeUnsupported(AttachmentError):
    code, status = "attachment_type_unsupported", 415
    zh = "不支持这种文件；可上传 PDF、Word、Excel、PowerPoint 文件和 PNG、JPEG 图片"
    en = "Unsupported type of file; PDF, Word, Excel, PowerPoint, PNG and JPEG are taken"


class AttachmentMismatch(AttachmentError):
    code = "attachment_mismatch"
    zh, en = (
        "文件内容与扩展名不符，或文件已损坏",
        "The content is not what the name says, or the file is damaged",
    )


class AttachmentHasMacros(AttachmentError):
    code = "attachment_has_macros"
    zh, en = "文件含有宏，请另存为不带宏的格式", "The file holds macros; save it without them"


class AttachmentEncrypted(AttachmentError):
    code = "attachment_encrypted"
    zh, en = "文件设有密码，评审时无法打开，请去除密码后上传", "The file has a password; remove it first"


@dataclass(frozen=True)
class FileKind:
    """What a suffix stands for. `part` is what the container of such a document holds (empty: no container)."""

    media_type: str
    magic: bytes
    part: str = ""


KINDS: dict[str, FileKind] = {
    ".pdf": FileKind("application/pdf", b"%PDF-"),
    ".png": FileKind("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": FileKind("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": FileKind("image/jpeg", b"\xff\xd8\xff"),
    ".docx": FileKind(f"{OFFICE}wordprocessingml.document", ZIP_MAGIC, "word/document.xml"),
    ".xlsx": FileKind(f"{OFFICE}spreadsheetml.sheet", ZIP_MAGIC, "xl/workbook.xml"),
    ".pptx": FileKind(f"{OFFICE}presentationml.presentation", ZIP_MAGIC, "ppt/presentation.xml"),
    ".doc": FileKind("application/msword", OLE_MAGIC, "WordDocument"),
    ".xls": FileKind("application/vnd.ms-excel", OLE_MAGIC, "Workbook"),
    ".ppt": FileKind("application/vnd.ms-powerpoint", OLE_MAGIC, "PowerPoint Document"),
}
MACRO_SUFFIXES = frozenset({".docm", ".dotm", ".xlsm", ".xlsb", ".xltm", ".xlam", ".pptm", ".ppsm", ".potm"})


def check_file(filename: str, content: bytes, *, max_mb: int) -> FileKind:
    """The kind of a file whose content is what its name says. Raises an `AttachmentError`."""
    suffix = PurePath(filename).suffix.lower()
    if suffix in MACRO_SUFFIXES:
        raise AttachmentHasMacros()
    if suffix not in KINDS:
        raise AttachmentTypeUnsupported()
    if not content:
        raise AttachmentEmpty()
    if len(content) > max_mb * MEGABYTE:
        raise AttachmentTooBig(limit=max_mb)
    kind = KINDS[suffix]
    if kind.magic == ZIP_MAGIC and content.startswith(OLE_MAGIC) and _names(content, "EncryptedPackage"):
        # A document with a password is an OLE container that holds the encrypted archive.
        raise AttachmentEncrypted()
    if not content.startswith(kind.magic):
        raise AttachmentMismatch()
    if kind.magic == ZIP_MAGIC:
        _check_archive(content, kind.part)
    elif kind.magic == OLE_MAGIC:
        _check_ole(content, kind.part)
    return kind


def _check_archive(content: bytes, part: str) -> None:
    end = content.rfind(END_OF_DIRECTORY)
    if end < 0 or len(content) < end + 22:
        raise AttachmentMismatch()
    (size,) = struct.unpack_from("<I", content, end + 12)
    if size > MAX_DIRECTORY:
        raise AttachmentMismatch()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
        raise AttachmentMismatch() from error
    names = [entry.filename.lower().lstrip("/") for entry in entries]
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise AttachmentEncrypted()
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) for name in names):
        raise AttachmentHasMacros()
    if part not in names or len(set(names)) != len(names):
        # Two entries of one name: programs disagree about which one counts.
        raise AttachmentMismatch()


def _check_ole(content: bytes, part: str) -> None:
    if _names(content, "EncryptedPackage"):
        raise AttachmentEncrypted()
    if _names(content, "_VBA_PROJECT"):
        raise AttachmentHasMacros()
    if not _names(content, part):
        raise AttachmentMismatch()


def _names(content: bytes, stream: str) -> bool:
    return stream.encode("utf-16-le") in content
