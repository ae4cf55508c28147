"""Column types and mix-ins that every table shares."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from sqlalchemy import BigInteger, DateTime, Enum, Integer, MetaData, String, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from uuid_utils.compat import uuid7

from app.kit.clock import now

FEN_PER_WAN = 1_000_000


class Labelled(StrEnum):
    """A coded value with the Chinese words that people read; give members as `NAME = "code", "中文"`."""

    label: str

    def __new__(cls, code: str, label: str | None = None) -> Labelled:
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label or code
        return member

    @classmethod
    def parse(cls, text: str) -> Labelled:
        """The member whose code or label `text` is. Raises `ValueError` when there is none."""
        for member in cls:
            if text in (member.value, member.label):
                return member
        raise ValueError(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # Clients may send the code or the label; strict bodies would otherwise take members only.
        return core_schema.no_info_before_validator_function(cls._from_client, handler(source))

    @classmethod
    def _from_client(cls, value: Any) -> Labelled:
        try:
            return cls.parse(value) if isinstance(value, str) else cls(value)
        except ValueError as error:
            allowed = "、".join(member.value for member in cls)
            raise PydanticCustomError("enum", "must be one of {allowed}", {"allowed": allowed}) from error


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python on every database; SQLite itself would return naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class WanAmount(TypeDecorator[Decimal]):
    """Money: `Decimal` 万元 in Python, whole fen in the database, so that sums are exact."""

    impl = BigInteger
    cache_ok = True

    @property
    def python_type(self) -> type[Decimal]:
        return Decimal

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int((Decimal(value) * FEN_PER_WAN).to_integral_value())

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        wan = Decimal(value) / FEN_PER_WAN
        return wan.quantize(Decimal(1)) if wan == wan.to_integral_value() else wan.normalize()


def coded(kind: type[StrEnum]) -> Enum:
    """A short text column that holds the codes of `kind`."""
    return Enum(
        kind, native_enum=False, length=40, values_callable=lambda members: [m.value for m in members]
    )


class Base(DeclarativeBase):
    """All tables. Constraint names are fixed, so that migrations can drop what they made."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Identified:
    """UUIDv7 key: made by us, ordered by time of creation."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7, sort_order=-10)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Versioned(Identified):
    """A row that people edit: the version guards against lost updates and is the object's ETag."""

    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.version}


class Sourced:
    """A row that came from another system: `external_id` is unique within its `source`.

    `source` is the id of the organization that submitted the row, or `import` for organizers' files.
    """

    source: Mapped[str] = mapped_column(String(64), default="", server_default="")
    external_id: Mapped[str | None] = mapped_column(String(200), default=None)
