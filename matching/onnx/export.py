"""Exports a sentence-transformers model to ONNX with 8-bit weights, once, checked against the original.

An export is a folder below `onnx/` of the models directory: graph, tokenizer and a manifest with their
hashes. It is built beside and renamed; one that is damaged or of another recipe is made anew.
"""

from __future__ import annotations

import fcntl
import io
import json
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from tokenizers import Tokenizer

from matching.durable import file_sha256, fsync, fsync_tree
from matching.encode import load_model, model_name, query_instruction, safetensors_hash, weights_hash
from matching.errors import ModelUnavailable
from matching.onnx.encode import GRAPH, TOKENIZER, OnnxEncoder
from matching.onnx.quantize import quantize_products

RECIPE = "int8v1"
"""Part of the model id. Raise it with every change here or in `quantize` that changes vectors."""
LEAST_COSINE = 0.98
"""To the vectors of the original, for the worst probe; M3E-small reaches 0.998."""

_MANIFEST = "export.json"
_OPSET = 17
_PROBES = (
    "谐波减速器",
    "石墨烯导热膜制备方法",
    "High-Speed PCB 差分信号完整性仿真，阻抗偏差 ≤ 5%",
    "窑内供风不均匀，需要适合大型窑炉的供风系统。目前采用单点供风，窑径超过 4.5 m 后中心缺氧，" * 3,
    "莱赛尔面料水洗后起毛，需要抗原纤化整理，保持手感，成本不高于 1.2 元/米。" * 30,
)

Progress = Callable[[str], None]


def open_export(
    source: str, *, models_dir: Path, batch_size: int = 32, progress: Progress = lambda _: None
) -> OnnxEncoder:
    """The encoder of the export of `source` (a folder or hub id), which is made now if it is missing.

    Making it loads torch and takes some seconds. Raises ModelUnavailable when the model can't be loaded,
    exported or written, or when the export's vectors are too far from the original's.
    """
    folder = ensure_export(source, models_dir=models_dir, progress=progress)
    manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    return OnnxEncoder(
        folder,
        model_id=manifest["model_id"],
        instruction=query_instruction(source),
        batch_size=batch_size,
    )


def ensure_export(source: str, *, models_dir: Path, progress: Progress = lambda _: None) -> Path:
    """The folder of a whole, unchanged export of `source`; does nothing when it is there.

    Raises ModelUnavailable as `open_export`.
    """
    folder = models_dir / "onnx" / _folder_name(source)
    if is_whole(folder):
        progress(f"ONNX 模型已就绪 / the ONNX export is present: {folder}")
        return folder
    progress("正在导出 ONNX int8 模型 / exporting the model to ONNX int8")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder.parent):
            if not is_whole(folder):
                _replace(folder, source)
    except OSError as error:
        raise ModelUnavailable(f"无法写入导出的模型 / cannot write the export {folder}: {error}") from error
    progress(f"ONNX 模型已就绪 / the ONNX export is ready: {folder}")
    return folder


def is_whole(folder: Path) -> bool:
    """Whether `folder` holds an export of this recipe whose files are those that its manifest names."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        return bool(
            manifest["recipe"] == RECIPE
            and manifest["model_id"]
            and all(manifest["sha256"][name] == file_sha256(folder / name) for name in (GRAPH, TOKENIZER))
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def export_graph(model: Any) -> onnx.ModelProto:
    """The whole sentence-transformers model (pooling and all) as a float32 graph: tokens to unit vectors."""
    import torch

    class UnitVectors(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            found = self.model({"input_ids": input_ids, "attention_mask": attention_mask})
            return torch.nn.functional.normalize(found["sentence_embedding"], dim=1)

    tokens = torch.tensor([[1, 2, 3, 4], [1, 2, 3, 0]])
    # A padded example: without padding the tracer would leave the mask out.
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    texts_and_tokens = {0: "texts", 1: "tokens"}
    written = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        # The exporter by tracing is marked as old; the new one needs a package more.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            UnitVectors().eval(),
            (tokens, mask),
            written,  # type: ignore[arg-type]  # When tracing, it writes to memory as well.
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={
                "input_ids": texts_and_tokens,
                "attention_mask": texts_and_tokens,
                "vectors": {0: "texts"},
            },
            opset_version=_OPSET,
            dynamo=False,
        )
    graph = onnx.load_from_string(written.getvalue())
    # Some kinds of pooling leave the dimension open; the encoder reads it from here.
    graph.graph.output[0].type.tensor_type.shape.dim[1].dim_value = model.get_embedding_dimension()
    return graph


def _replace(folder: Path, source: str) -> None:
    with tempfile.TemporaryDirectory(prefix=".export-", dir=folder.parent) as scratch:
        built = Path(scratch) / folder.name
        built.mkdir()
        _build(source, built)
        if folder.exists():
            shutil.rmtree(folder)
        built.rename(folder)
        fsync(folder.parent)


def _build(source: str, folder: Path) -> None:
    """Writes the export and its manifest, every file flushed to disk."""
    model = load_model(source, attention="eager")
    model_id = f"{model_name(source)}@{weights_hash(source, model)}+{RECIPE}"
    _save_tokenizer(model, folder / TOKENIZER)
    try:
        graph = export_graph(model)
    except Exception as error:  # The exporter raises whatever the model's code raises when traced.
        raise ModelUnavailable(_cannot(source, str(error))) from error
    if not quantize_products(graph):
        raise ModelUnavailable(_cannot(source, "the graph has no product with constant weights"))
    onnx.save(graph, str(folder / GRAPH))
    reached = _least_cosine(model, OnnxEncoder(folder, model_id=model_id))
    if not reached >= LEAST_COSINE:
        raise ModelUnavailable(_cannot(source, f"cosine {reached:.4f} to the original"))
    manifest = {
        "model_id": model_id,
        "recipe": RECIPE,
        "cosine": round(reached, 5),
        "sha256": {name: file_sha256(folder / name) for name in (GRAPH, TOKENIZER)},
    }
    (folder / _MANIFEST).write_text(
        json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    fsync_tree(folder)


def _save_tokenizer(model: Any, path: Path) -> None:
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelUnavailable("该模型没有快速分词器 / the model has no fast tokenizer, which ONNX needs")
    tokenizer = Tokenizer.from_str(backend.to_str())
    tokenizer.enable_truncation(model.max_seq_length)
    tokenizer.enable_padding(pad_id=model.tokenizer.pad_token_id, pad_token=model.tokenizer.pad_token)
    tokenizer.save(str(path))


def _least_cosine(model: Any, exported: OnnxEncoder) -> float:
    """Of the probes' vectors to those of the original; the probes differ in length, so padding is tried, too."""
    probes = list(_PROBES)
    expected = model.encode(probes, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False)
    together = (exported.encode(probes) * expected).sum(axis=1)
    alone = [
        float(exported.encode([text])[0] @ vector) for text, vector in zip(probes, expected, strict=True)
    ]
    return float(np.min([*together, *alone]))


def _folder_name(source: str) -> str:
    """By name and weights for a folder. A hub id is exported once and stays as it is until its export is removed."""
    if not Path(source).is_dir():
        return f"{source.replace('/', '--')}+{RECIPE}"
    weights = safetensors_hash(source)
    if weights is None:
        raise ModelUnavailable(_cannot(source, "the folder has no safetensors file"))
    return f"{model_name(source)}@{weights}+{RECIPE}"


def _cannot(source: str, reason: str) -> str:
    return (
        f"无法导出模型 {source}，请设置 JIEBANG_ENCODER=torch / "
        f"cannot export the model, set JIEBANG_ENCODER=torch: {reason}"
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time: service and worker start together and would both export."""
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
