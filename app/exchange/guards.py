"""Looks at a file from outside before anything opens it: name, size, first bytes, directory of an archive."""

from __future__ import annotations

import io
import zipfile
from enum import StrEnum
from pathlib import PurePath
from typing import BinaryIO

from app.exchange.errors import (
    FileContentMismatch,
    FileDamaged,
    FileEmpty,
    FileEncrypted,
    FileHasMacros,
    FileSuspicious,
    FileTooBig,
    FileTypeUnsupported,
)

MEGABYTE = 1 << 20
MAX_ENTRIES = 1_000
MAX_UNPACKED = 300 * MEGABYTE
MAX_RATIO = 200
RATIO_MATTERS_FROM = MEGABYTE
"""Small parts of a workbook are often a thousand blanks; only large ones can hurt."""

OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
ZIP_MAGIC = b"PK\x03\x04"
MACRO_SUFFIXES = {".xlsm", ".xlsb", ".xltm", ".xlam", ".xla"}


class FileFormat(StrEnum):
    XLSX = "xlsx"
    XLS = "xls"
    CSV = "csv"
    JSONL = "jsonl"


SUFFIXES = {
    ".xlsx": FileFormat.XLSX,
    ".xls": FileFormat.XLS,
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".jsonl": FileFormat.JSONL,
    ".ndjson": FileFormat.JSONL,
}


def read_limited(file: BinaryIO, *, max_mb: int) -> bytes:
    """The content of an uploaded file, read no further than allowed. Raises `FileTooBig`."""
    content = file.read(max_mb * MEGABYTE + 1)
    if len(content) > max_mb * MEGABYTE:
        raise FileTooBig(limit=max_mb)
    return content


def check_file(filename: str, content: bytes, *, max_mb: int) -> FileFormat:
    """The format of a file that may be opened in the child process. Raises a `FileError` when it may not."""
    suffix = PurePath(filename.replace("\\", "/")).suffix.lower()
    if suffix in MACRO_SUFFIXES:
        raise FileHasMacros()
    if suffix not in SUFFIXES:
        raise FileTypeUnsupported()
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FileEmpty()
    if len(content) > max_mb * MEGABYTE:
        raise FileTooBig(limit=max_mb)
    file_format = SUFFIXES[suffix]
    if file_format is FileFormat.XLSX:
        _check_xlsx(content)
    elif file_format is FileFormat.XLS:
        _check_xls(content)
    else:
        _check_text(content)
    return file_format


def _check_xlsx(content: bytes) -> None:
    if content.startswith(OLE_MAGIC):
        # A workbook with a password is an OLE container that holds the encrypted archive.
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise FileEncrypted()
        raise FileContentMismatch(actual="旧版 .xls")
    if not content.startswith(ZIP_MAGIC):
        raise FileContentMismatch(actual=_guess(content))
    check_archive(content)


def check_archive(content: bytes) -> None:
    """Judges a workbook by the directory of its archive, without unpacking a byte.

    Raises `FileDamaged`, `FileSuspicious`, `FileEncrypted`, `FileHasMacros` or `FileContentMismatch`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
        raise FileDamaged() from error
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise FileSuspicious()
    names: set[str] = set()
    for entry in entries:
        if entry.file_size > RATIO_MATTERS_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise FileSuspicious()
        if entry.flag_bits & 0x1:
            raise FileEncrypted()
        if entry.filename in names:
            # Two entries of one name: programs disagree about which one counts.
            raise FileSuspicious()
        names.add(entry.filename)
    lowered = {name.lower().lstrip("/") for name in names}
    if any(name.endswith("vbaproject.bin") for name in lowered):
        raise FileHasMacros()
    if "xl/workbook.xml" not in lowered:
        raise FileContentMismatch(actual=("xl/workbook.bin" in lowered and ".xlsb") or "其他压缩文件")


def _check_xls(content: bytes) -> None:
    if not content.startswith(OLE_MAGIC):
        raise FileContentMismatch(actual=_guess(content))
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise FileEncrypted()
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise FileHasMacros()


def _check_text(content: bytes) -> None:
    if content.startswith((OLE_MAGIC, ZIP_MAGIC, b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"Rar!")):
        raise FileContentMismatch(actual=_guess(content))
    if not content.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\x00" in content[:4096]:
        raise FileContentMismatch(actual=_guess(content))


def _guess(content: bytes) -> str:
    head = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content.startswith(OLE_MAGIC):
        return "旧版 .xls 或 .doc"
    if content.startswith(ZIP_MAGIC):
        return ".xlsx 或其他压缩文件"
    if head.startswith((b"<html", b"<!doctype html", b"<table", b"<meta")):
        return "网页"
    if head.startswith(b"<?xml"):
        return "XML"
    if head.startswith(b"%pdf"):
        return "PDF"
    return "文本" if b"\x00" not in content[:4096] else "其他文件"
