"""Small files of every kind that is taken, and of some that are not."""

from __future__ import annotations

import io
import zipfile

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
JPEG = b"\xff\xd8\xff\xe0" + bytes(32)
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)


def archive(*names: str) -> bytes:
    """An archive that holds entries of these names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name in names:
            packed.writestr(name, "<x/>")
    return stream.getvalue()


def container(*streams: str) -> bytes:
    """What an old office file looks like from outside."""
    return OLE + b"".join(name.encode("utf-16-le") + bytes(4) for name in streams)


DOCX = archive("[Content_Types].xml", "word/document.xml")
