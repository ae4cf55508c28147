"""A hostile or mistaken file is turned away by name before anything opens it."""

from __future__ import annotations

import io
import zipfile

import pytest

from app.exchange.errors import FileError
from app.exchange.guards import MEGABYTE, FileFormat, check_file
from tests.app.exchange.conftest import xlsx

OLE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512


def archive(entries: dict[str, bytes], **options: int) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content, **options)
    return output.getvalue()


def code_of(filename: str, content: bytes, max_mb: int = 32) -> str:
    with pytest.raises(FileError) as caught:
        check_file(filename, content, max_mb=max_mb)
    return caught.value.code


def test_a_plain_workbook_passes() -> None:
    assert check_file("需求.XLSX", xlsx(["技术需求名称"]), max_mb=1) is FileFormat.XLSX


@pytest.mark.parametrize(
    ("filename", "content", "code"),
    [
        ("a.pdf", b"%PDF", "file_type_unsupported"),
        ("a", b"x", "file_type_unsupported"),
        ("a.csv", b"", "file_empty"),
        ("a.csv", b"\xef\xbb\xbf \r\n", "file_empty"),
        ("a.xlsm", b"PK\x03\x04", "file_has_macros"),
        ("a.xlsx", b"PK\x03\x04 not an archive", "file_damaged"),
        ("a.xlsx", b"<html><table>", "file_content_mismatch"),
        ("a.xlsx", OLE, "file_content_mismatch"),
        ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "file_encrypted"),
        ("a.xls", OLE + "_VBA_PROJECT".encode("utf-16-le"), "file_has_macros"),
        ("a.xls", b"<table>", "file_content_mismatch"),
        ("a.csv", b"PK\x03\x04", "file_content_mismatch"),
        ("a.jsonl", b'{"id": "\x00"}', "file_content_mismatch"),
        ("a.xlsx", archive({"word/document.xml": b"<x/>"}), "file_content_mismatch"),
        ("a.xlsx", archive({"xl/workbook.xml": b"", "xl/vbaProject.bin": b""}), "file_has_macros"),
        ("a.xlsx", archive({f"xl/{number}.xml": b"" for number in range(1001)}), "file_suspicious"),
        ("a.xlsx", archive({"xl/workbook.xml": b"", "xl/a.xml": b"0" * 3 * MEGABYTE}), "file_suspicious"),
    ],
)
def test_a_bad_file_is_refused_by_name(filename: str, content: bytes, code: str) -> None:
    assert code_of(filename, content) == code


def test_a_file_over_the_limit_is_refused() -> None:
    assert code_of("a.csv", b"x" * (MEGABYTE + 1), max_mb=1) == "file_too_big"


def test_an_archive_that_would_unpack_to_too_much_is_refused_by_its_directory_alone() -> None:
    content = bytearray(archive({"xl/workbook.xml": b"", "xl/worksheets/sheet1.xml": b"0"}))
    # The directory's last entry claims a size of 1 GB; not a byte of it is unpacked.
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = (1 << 30).to_bytes(4, "little")
    assert code_of("a.xlsx", bytes(content)) == "file_suspicious"


def test_two_entries_of_one_name_are_refused() -> None:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr("xl/workbook.xml", b"a")
        made.writestr("xl/workbook.xml", b"b")
    assert code_of("a.xlsx", output.getvalue()) == "file_suspicious"
