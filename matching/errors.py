"""Named failures of the engine: each has a stable code and a text in Chinese and English.

The application maps them to HTTP statuses and exit codes; nothing here knows of either.
"""

from __future__ import annotations

from typing import ClassVar


class MatchingError(Exception):
    """Base of everything the engine raises on purpose.

    `code` is stable and English; `zh` and `en` are sentences a user may read. `detail` names the case
    for the log and never holds text of a requirement.
    """

    code: ClassVar[str] = "matching_failed"
    zh: ClassVar[str] = "匹配引擎出错。"
    en: ClassVar[str] = "The matching engine failed."

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)
        self.detail = detail


class UnknownCollection(MatchingError):
    """A collection other than requirements, achievements or solvers was named."""

    code = "unknown_collection"
    zh = "没有这个索引集合。"
    en = "There is no such collection."


class UnknownKey(MatchingError):
    """A key was named that the collection does not hold (yet): the index may lag behind the database."""

    code = "not_indexed"
    zh = "该条目尚未进入索引，请稍后再试。"
    en = "This item is not in the index yet; try again shortly."


class InvalidVectors(MatchingError):
    """Vectors of the wrong shape or type, not finite, or not of length one."""

    code = "invalid_vectors"
    zh = "向量的形状或取值不正确。"
    en = "The vectors have a wrong shape or value."


class StaleSequence(MatchingError):
    """A change came with a sequence number below the one already applied to that collection."""

    code = "stale_sequence"
    zh = "索引变更的顺序号倒退，未予应用。"
    en = "The index change is older than what is already applied."


class SnapshotMissing(MatchingError):
    """The directory holds no snapshot at all: build the index from the database."""

    code = "snapshot_missing"
    zh = "没有索引快照，需要由数据库重建。"
    en = "There is no index snapshot; rebuild from the database."


class SnapshotDamaged(MatchingError):
    """No generation of the snapshot passed its hash, count and dimension checks."""

    code = "snapshot_damaged"
    zh = "索引快照已损坏，需要由数据库重建。"
    en = "The index snapshot is damaged; rebuild from the database."


class ModelChanged(MatchingError):
    """The snapshot was made with another embedding model; vectors of two models are never mixed."""

    code = "model_changed"
    zh = "向量模型已更换，需要重建索引。"
    en = "The embedding model has changed; rebuild the index."


class ModelUnavailable(MatchingError):
    """The embedding model is not on disk, or could not be fetched or loaded; `detail` says what to do."""

    code = "model_unavailable"
    zh = "向量模型不可用。"
    en = "The embedding model is not available."


class IndexUnavailable(MatchingError):
    """The chosen vector store does not answer or its client is not installed; `detail` says which."""

    code = "index_unavailable"
    zh = "向量索引服务不可用。"
    en = "The vector store is not available."


class Overloaded(MatchingError):
    """The bounded queue in front of the encoder is full; `retry_after` is a hint in seconds."""

    code = "encoder_overloaded"
    zh = "当前请求过多，请稍后再试。"
    en = "Too many requests at the moment; try again shortly."

    def __init__(self, detail: str = "", *, retry_after: float = 1.0) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
