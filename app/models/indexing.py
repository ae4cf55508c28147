"""What the search index is made from: the outbox of changed rows and the encoded documents."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import now
from app.kit.columns import Base, Labelled, UtcDateTime, coded

BigAutoKey = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only INTEGER PRIMARY KEY columns."""


class IndexCollection(Labelled):
    REQUIREMENTS = "requirements", "技术需求"
    ACHIEVEMENTS = "achievements", "科技成果"
    SOLVERS = "solvers", "解决方"


class OutboxEntry(Base):
    """A row that changed, noted in the transaction of the change; the drain brings its index document up to date.

    `attempts` counts failures that are the row's own; `error` is the code of the last one.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_collection_seq", "collection", "seq"), Index("ix_outbox_key", "key"))

    seq: Mapped[int] = mapped_column(BigAutoKey, primary_key=True, autoincrement=True)
    collection: Mapped[IndexCollection] = mapped_column(coded(IndexCollection))
    key: Mapped[uuid.UUID]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str] = mapped_column(String(100), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class IndexDocument(Base):
    """The text of one row as it is searched, with its vector: `vector` is float32 little-endian, unit length.

    `seq` grows with every change, so an engine that has applied up to some `seq` asks for what came after;
    a deleted row stays as a tombstone (`is_deleted`) with no text and no vector.
    """

    __tablename__ = "index_documents"
    __table_args__ = (Index("ix_index_documents_seq", "seq", unique=True),)

    collection: Mapped[IndexCollection] = mapped_column(coded(IndexCollection), primary_key=True)
    key: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    is_deleted: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    text_hash: Mapped[str] = mapped_column(String(64), default="")
    model_id: Mapped[str] = mapped_column(String(200), default="")
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)
