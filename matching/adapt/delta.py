"""The difference between a model and its adapted copy in a few hundred kilobytes, and putting it back together.

Each matrix of the difference is kept as a product of two thin ones (the first terms of its singular value
decomposition) in 16-bit integers, so that the sums are exact and the same weights come out on every machine.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from matching.durable import file_sha256, fsync_tree

WEIGHTS = "model.safetensors"
RANK = 16
_LEVELS = 32767


def write_delta(base: Path, adapted: Path, target: Path, *, rank: int = RANK) -> None:
    """Writes what turns the weights of folder `base` into (nearly) those of folder `adapted`."""
    before, after = load_file(base / WEIGHTS), load_file(adapted / WEIGHTS)
    kept: dict[str, NDArray[np.generic]] = {}
    for name, values in before.items():
        difference = after[name].astype(np.float64) - values.astype(np.float64)
        if not difference.any():
            continue
        if difference.ndim == 2:
            left, sizes, right = np.linalg.svd(difference, full_matrices=False)
            _keep(kept, f"{name}:left", left[:, :rank] * np.sqrt(sizes[:rank]))
            _keep(kept, f"{name}:right", right[:rank] * np.sqrt(sizes[:rank])[:, None])
        else:
            _keep(kept, f"{name}:shift", difference)
    save_file(kept, target, metadata={"base": file_sha256(base / WEIGHTS)})


def base_of(delta: Path) -> str:
    """The sha256 of the weights that the difference belongs to."""
    with safe_open(delta, framework="numpy") as opened:
        return str((opened.metadata() or {}).get("base", ""))


def apply_delta(base: Path, delta: Path, target: Path) -> None:
    """Writes the folder `target`, which must not exist: `base` with changed weights, flushed to disk."""
    weights, kept = load_file(base / WEIGHTS), load_file(delta)
    for name in {key.split(":")[0] for key in kept if not key.endswith(":scale")}:
        if f"{name}:shift" in kept:
            difference = _kept(kept, f"{name}:shift")
        else:
            # Whole numbers below 2^53: exact in double precision, in whatever order they are added.
            product = kept[f"{name}:left"].astype(np.float64) @ kept[f"{name}:right"].astype(np.float64)
            scale = kept[f"{name}:left:scale"][0] * kept[f"{name}:right:scale"][0]
            difference = product * scale
        weights[name] = (weights[name].astype(np.float64) + difference).astype(np.float32)
    shutil.copytree(base, target, ignore=shutil.ignore_patterns(WEIGHTS, "README.md", "jiebang-model.json"))
    save_file(weights, target / WEIGHTS, metadata={"format": "pt"})
    fsync_tree(target)


def _keep(kept: dict[str, NDArray[np.generic]], name: str, values: NDArray[np.float64]) -> None:
    scale = max(float(np.abs(values).max()), 1e-30) / _LEVELS
    kept[name] = np.ascontiguousarray(np.rint(values / scale).astype(np.int16))
    kept[f"{name}:scale"] = np.array([scale], dtype=np.float64)


def _kept(kept: dict[str, NDArray[np.generic]], name: str) -> NDArray[np.float64]:
    return np.asarray(kept[name].astype(np.float64) * kept[f"{name}:scale"][0], dtype=np.float64)
