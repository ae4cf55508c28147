"""Snapshots on disk: numbered generations, each written beside and renamed into place, each with hashes of
its files.

What the files hold is decided by `collection`; when to write and what to do without one by the caller.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from matching.durable import file_sha256, fsync, fsync_tree
from matching.errors import SnapshotDamaged, SnapshotMissing

FORMAT = 1
KEPT_GENERATIONS = 2
_MANIFEST = "manifest.json"
_PREFIX = "generation-"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds: `counts`, `sequences` and `vectors` (how they are searched, with the measured
    recall) by collection, `files` by relative path with their sha256.
    """

    format: int
    generation: int
    model_id: str
    dimension: int
    settings: dict[str, Any]
    counts: dict[str, int]
    sequences: dict[str, int]
    files: dict[str, str]
    vectors: dict[str, dict[str, Any]] = field(default_factory=dict)


def write_generation(directory: Path, manifest: Manifest, fill: Callable[[Path], None]) -> Path:
    """Lets `fill` write into an empty folder and makes it the newest generation, durably; the two
    newest are kept.

    `manifest.files` is filled in here. A crash at any moment leaves the earlier generations as they were.
    """
    directory.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=directory))
    try:
        fill(staging)
        files = sorted(path for path in staging.rglob("*") if path.is_file())
        hashes = {path.relative_to(staging).as_posix(): file_sha256(path) for path in files}
        content = asdict(manifest) | {"files": hashes}
        (staging / _MANIFEST).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
        fsync_tree(staging)
        target = directory / f"{_PREFIX}{_next_number(directory):09d}"
        staging.rename(target)
        fsync(directory)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    for old in generations(directory)[KEPT_GENERATIONS:]:
        shutil.rmtree(old, ignore_errors=True)
    for left in directory.glob(".staging-*"):
        shutil.rmtree(left, ignore_errors=True)
    return target


def generations(directory: Path) -> list[Path]:
    """The generations of a directory, newest first."""
    if not directory.is_dir():
        return []
    return sorted((path for path in directory.glob(f"{_PREFIX}*") if path.is_dir()), reverse=True)


def read_newest(directory: Path) -> tuple[Path, Manifest]:
    """The newest generation whose files all have the hashes of its manifest.

    Raises SnapshotMissing when there is no generation, SnapshotDamaged when none is whole.
    """
    found = generations(directory)
    if not found:
        raise SnapshotMissing(str(directory))
    problems = []
    for folder in found:
        try:
            return folder, checked_manifest(folder)
        except SnapshotDamaged as error:
            problems.append(error.detail)
    raise SnapshotDamaged("; ".join(problems))


def checked_manifest(folder: Path) -> Manifest:
    """The manifest of a generation, every file of it checked. Raises SnapshotDamaged naming the first
    difference.
    """
    try:
        content = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**content)
    except (OSError, ValueError, TypeError) as error:
        raise SnapshotDamaged(f"{folder.name}: manifest unreadable ({type(error).__name__})") from error
    if manifest.format != FORMAT:
        raise SnapshotDamaged(f"{folder.name}: format {manifest.format} instead of {FORMAT}")
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file() or file_sha256(path) != expected:
            raise SnapshotDamaged(f"{folder.name}: {name} is missing or changed")
    return manifest


def _next_number(directory: Path) -> int:
    newest = generations(directory)
    return int(newest[0].name.removeprefix(_PREFIX)) + 1 if newest else 1
