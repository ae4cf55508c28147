"""Turns texts into unit vectors: the `Encoder` protocol, the model itself, and the cache and queue before it.

Fetching a model is left to `matching.model`, storing vectors to the caller.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from matching.adapt import store
from matching.durable import file_sha256
from matching.errors import ModelUnavailable
from matching.model import DEFAULT_MODEL, is_fetched
from matching.serving import ServedEncoder
from matching.terms import extract
from matching.types import Vectors

Runtime = Literal["torch", "onnx"]

BGE_INSTRUCTION = "为这个句子生成表示以用于检索相关文章："
_PADDING_ALLOWED = 8
"""Characters of padding that cost less than one more call of the model."""
_BGE_ZH = re.compile(r"bge-(small|base|large)-zh", re.IGNORECASE)


class Encoder(Protocol):
    """A text embedding model. `model_id` changes whenever the vectors would (name and weights hash)."""

    @property
    def model_id(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embeds passages, in order: (n, dimension) float32, rows of norm 1; (0, dimension) for no text."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The same for queries: models such as bge-zh want an instruction before a query."""
        ...


class SentenceTransformerEncoder:
    """A sentence-transformers model on the CPU, from a folder or a hub id. Calls must not overlap (see
    `serving`).
    """

    def __init__(self, source: str, *, batch_size: int = 32) -> None:
        """Raises ModelUnavailable when the folder or hub id cannot be loaded."""
        self._model: Any = load_model(source)
        dimension = self._model.get_embedding_dimension()
        if not dimension:
            raise ModelUnavailable(f"{source} does not tell the dimension of its vectors")
        self._dimension = int(dimension)
        self._batch_size = batch_size
        self._model_id = f"{model_name(source)}@{weights_hash(source, self._model)}"
        self._instruction = query_instruction(source)

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def dimension(self) -> int:
        return self._dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for batch in batches_of_like_length([len(text) for text in texts], at_most=self._batch_size):
            vectors[batch] = self._model.encode(
                [texts[row] for row in batch],
                batch_size=self._batch_size,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode([self._instruction + text for text in texts])


def batches_of_like_length(
    lengths: Sequence[int], *, at_most: int, characters: int | None = None
) -> list[list[int]]:
    """Positions grouped so that no text is padded to more than about one and a half times its length.

    A batch is computed at the length of its longest text: one description of 400 characters among a dozen
    short sentences would make each of them cost as much as the description. Each position occurs once.
    A batch has `at_most` texts and, if that is given, so many `characters`, padding included; a longer
    text is a batch of its own.
    """
    batches: list[list[int]] = []
    limit = -1
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        length = lengths[position]
        room = at_most if characters is None else min(at_most, characters // max(length, 1))
        if length > limit or len(batches[-1]) >= room:
            batches.append([])
            limit = length * 3 // 2 + _PADDING_ALLOWED
        batches[-1].append(position)
    return batches


def load_model(source: str, *, attention: str | None = None) -> Any:
    """The `SentenceTransformer` of a folder or hub id, on the CPU, running no code that comes with it.

    `attention` chooses one of the library's implementations. Raises ModelUnavailable.
    """
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    chosen = {"attn_implementation": attention} if attention else {}
    try:
        return SentenceTransformer(source, device="cpu", trust_remote_code=False, model_kwargs=chosen)
    except Exception as error:  # The library raises whatever its file, network and tokenizer layers raise.
        raise ModelUnavailable(f"无法加载向量模型 / cannot load the model {source}: {error}") from error


def model_name(source: str) -> str:
    """The last part of a folder's path; a hub id as it is."""
    return Path(source.rstrip("/")).name if Path(source).exists() else source


def query_instruction(source: str) -> str:
    """What the model wants before a query; empty for most."""
    return BGE_INSTRUCTION if _BGE_ZH.search(source) else ""


def weights_hash(source: str, model: Any) -> str:
    """12 hex digits: of the safetensors files of a folder, or of the loaded weights for anything else."""
    found = safetensors_hash(source)
    if found is not None:
        return found
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().tobytes())
    return digest.hexdigest()[:12]


def safetensors_hash(source: str) -> str | None:
    """12 hex digits of the safetensors files of a folder; None for anything else."""
    folder = Path(source)
    files = sorted(folder.rglob("*.safetensors")) if folder.is_dir() else []
    if not files:
        return None
    digests = "".join(file_sha256(file) for file in files)
    return (digests if len(files) == 1 else hashlib.sha256(digests.encode()).hexdigest())[:12]


class HashingEncoder:
    """Random projections of a text's terms: deterministic, instant, without any knowledge of language.

    For tests and for trying out an installation without a model; its rankings follow shared characters only.
    """

    def __init__(self, dimension: int = 64) -> None:
        self._dimension = dimension

    @property
    def model_id(self) -> str:
        return f"hashing-{self._dimension}"

    @property
    def dimension(self) -> int:
        return self._dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        table = extract(texts)
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        places = np.arange(1, self._dimension + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        for row in range(len(texts)):
            terms, counts = table.of(row)
            mixed = (terms.astype(np.uint64)[:, None] + np.uint64(1)) * places
            signs = 1.0 - 2.0 * ((mixed >> np.uint64(40)) & np.uint64(1)).astype(np.float32)
            vectors[row] = counts.astype(np.float32) @ signs
        # A text without any term still needs a vector of length one.
        vectors[~vectors.any(axis=1)] = np.float32(1.0)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode(texts)


def open_encoder(
    model: str | None = None,
    *,
    models_dir: Path,
    batch_size: int = 32,
    queue_limit: int = 256,
    runtime: Runtime = "torch",
) -> ServedEncoder:
    """The encoder that a process shares: cached, batched across threads, bounded.

    `model` is a sentence-transformers folder or hub id; None or "m3e-small" stands for the default
    model, which `fetch_default(models_dir)` must have brought before; an adapted copy that is in use stands
    in for it (see `model_source`). With `runtime` "onnx" it runs as its
    8-bit export, which is made below `models_dir` if it is missing; the vectors differ, and so does the
    model id. Raises ModelUnavailable with what to do.
    """
    source = model_source(model, models_dir)
    return ServedEncoder(_open(source, models_dir, batch_size, runtime), queue_limit=queue_limit)


def model_source(model: str | None, models_dir: Path) -> str:
    """The folder or hub id behind a setting's value: the adapted model in use, if there is one.

    The adaptation that ships with the program is put onto the default model here when that is still to do.
    Raises ModelUnavailable.
    """
    base = model or DEFAULT_MODEL
    if base == DEFAULT_MODEL:
        if not is_fetched(models_dir):
            raise ModelUnavailable(
                "默认模型尚未下载，请先运行 jiebang model fetch / "
                "the default model is missing, run: jiebang model fetch"
            )
        try:
            store.ensure_general(models_dir)
        except OSError as error:
            raise ModelUnavailable(
                f"无法写入模型目录 {models_dir} / cannot write below the models directory: {error}"
            ) from error
    return store.source_of(models_dir, base)


def _open(model: str, models_dir: Path, batch_size: int, runtime: Runtime) -> Encoder:
    if runtime == "torch":
        return SentenceTransformerEncoder(model, batch_size=batch_size)
    # The libraries of one runtime are not loaded for the other.
    from matching.onnx.export import open_export

    return open_export(model, models_dir=models_dir, batch_size=batch_size)
