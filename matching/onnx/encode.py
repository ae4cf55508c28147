"""Runs an exported embedding model with ONNX Runtime: tokenizer and graph from one folder, without torch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from matching.encode import batches_of_like_length
from matching.errors import ModelUnavailable
from matching.types import Vectors

GRAPH = "model.onnx"
TOKENIZER = "tokenizer.json"
"""It carries the longest text in tokens and how to pad."""

_BATCH_CHARACTERS = 2048
"""Of a batch. More of them leave the processor's cache: slower, with three times the memory."""
_ERRORS_ONLY = 3


class OnnxEncoder:
    """An `Encoder` on the CPU, from the folder of an export. Calls must not overlap (see `serving`)."""

    def __init__(self, folder: Path, *, model_id: str, instruction: str = "", batch_size: int = 32) -> None:
        """`instruction` goes before every query. Raises ModelUnavailable when the files cannot be loaded."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = _cores()
        options.inter_op_num_threads = 1
        # Waiting threads would spin on cores that requests, the database and the index use as well.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = _ERRORS_ONLY
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / GRAPH), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:  # Both libraries raise types of their own that share no base.
            raise ModelUnavailable(
                f"无法加载导出的模型 / cannot load the export {folder}: {error}"
            ) from error
        self._dimension = int(self._session.get_outputs()[0].shape[1])
        self._batch_size = batch_size
        self._model_id = model_id
        self._instruction = instruction

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def dimension(self) -> int:
        return self._dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        lengths = [len(text) for text in texts]
        for batch in batches_of_like_length(lengths, at_most=self._batch_size, characters=_BATCH_CHARACTERS):
            found = self._tokenizer.encode_batch([texts[row] for row in batch])
            tokens = np.array([one.ids for one in found], dtype=np.int64)
            mask = np.array([one.attention_mask for one in found], dtype=np.int64)
            (vectors[batch],) = self._session.run(None, {"input_ids": tokens, "attention_mask": mask})
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode([self._instruction + text for text in texts])


def _cores() -> int:
    """Cores that this process may use; macOS does not tell, so all of them there."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
