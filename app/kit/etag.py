"""Versions as ETags: what a client read is what it may change."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Response

from app.errors import VersionMismatch, VersionRequired


def set_etag(response: Response, version: int) -> None:
    """Puts the object's version into the answer's `ETag`."""
    response.headers["ETag"] = f'"{version}"'


def if_match(header: Annotated[str | None, Header(alias="If-Match", max_length=200)] = None) -> str | None:
    """FastAPI dependency: the raw `If-Match` header."""
    return header


def check_version(header: str | None, version: int) -> None:
    """Raises `VersionRequired` (428) without a header and `VersionMismatch` (412) with a stale one; `*` always fits."""
    if header is None:
        raise VersionRequired()
    tags = {tag.strip() for tag in header.split(",")}
    if "*" not in tags and f'"{version}"' not in tags:
        raise VersionMismatch()
