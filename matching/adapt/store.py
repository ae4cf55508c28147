"""The adapted models of an installation: folders beside the original, and which of them is in use.

`DATA_DIR/models/adapted/` holds a sentence-transformers folder per model with a record of how it came about,
and `current.json`. The original is never changed; without a choice the model that ships adapted is used.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from matching.adapt.delta import WEIGHTS, apply_delta, base_of
from matching.durable import file_sha256, fsync, fsync_tree
from matching.errors import MatchingError
from matching.model import DEFAULT_MODEL, MARK, default_folder

GENERAL = f"{DEFAULT_MODEL}{MARK}general"
"""The default model with the adaptation that ships with the program."""
ORIGINAL = "original"
"""What to call the model without any adaptation."""
_RECORD = "adaptation.json"
_CURRENT = "current.json"


class UnknownModel(MatchingError):
    code = "unknown_model"
    zh = "没有这个模型，可用的见 jiebang model list"
    en = "There is no such model; see jiebang model list"


@dataclass(frozen=True, slots=True)
class AdaptedModel:
    """A model below `adapted/`. `base` is what it was made from; `compared` says how it did against that."""

    name: str
    base: str
    created_at: str = ""
    requirements: int = 0
    steps: int = 0
    compared: dict[str, Any] = field(default_factory=dict)
    delta: str = ""
    """Of the model that ships adapted: the sha256 of the difference that it was made with."""


def folder_of(models_dir: Path, name: str) -> Path:
    return models_dir / "adapted" / name


def list_models(models_dir: Path) -> list[AdaptedModel]:
    """Every whole adapted model, the oldest first."""
    found = []
    for record in sorted((models_dir / "adapted").glob(f"*/{_RECORD}")):
        try:
            found.append(AdaptedModel(**json.loads(record.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError):
            continue
    return sorted(found, key=lambda one: (one.created_at, one.name))


def keep(models_dir: Path, built: Path, record: AdaptedModel) -> Path:
    """Moves the finished folder `built` (below `models_dir`) in among the adapted models, with its record."""
    target = folder_of(models_dir, record.name)
    (built / _RECORD).write_text(
        json.dumps(asdict(record), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    fsync_tree(built)
    target.parent.mkdir(parents=True, exist_ok=True)
    built.rename(target)
    fsync(target.parent)
    return target


def chosen(models_dir: Path, base: str) -> str | None:
    """The name of the model that stands in for `base` (a setting's value); None when nobody has chosen."""
    try:
        choices = json.loads((models_dir / "adapted" / _CURRENT).read_text(encoding="utf-8"))
        name = choices.get(base)
    except (OSError, ValueError, AttributeError):
        return None
    return name if isinstance(name, str) else None


def choose(models_dir: Path, base: str, name: str) -> None:
    """Has `name` (or `ORIGINAL`) stand in for `base` from now on, in every process, also after a restart.

    Raises UnknownModel when there is none of that name for this base.
    """
    known = {ORIGINAL} | {one.name for one in list_models(models_dir) if one.base == base}
    if name not in known:
        raise UnknownModel(name)
    target = models_dir / "adapted" / _CURRENT
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        choices = dict(json.loads(target.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        choices = {}
    with tempfile.NamedTemporaryFile(
        "w", dir=target.parent, prefix=".current-", delete=False, encoding="utf-8"
    ) as handle:
        json.dump(choices | {base: name}, handle, ensure_ascii=False)
    fsync(Path(handle.name))
    Path(handle.name).replace(target)
    fsync(target.parent)


def source_of(models_dir: Path, base: str) -> str:
    """The folder or hub id to open for the setting `base`: the chosen model, else the one that ships adapted,
    else the original. Opens and builds nothing."""
    name = chosen(models_dir, base)
    original = str(default_folder(models_dir)) if base == DEFAULT_MODEL else base
    if name is None and base == DEFAULT_MODEL and _fits(models_dir):
        return str(folder_of(models_dir, GENERAL))
    if name in (None, ORIGINAL) or not (folder_of(models_dir, name) / _RECORD).is_file():
        return original
    return str(folder_of(models_dir, name))


def shipped_source(models_dir: Path, base: str) -> str:
    """As `source_of` when nobody had chosen: what an adaptation starts from and is compared with."""
    if base == DEFAULT_MODEL and _fits(models_dir):
        return str(folder_of(models_dir, GENERAL))
    return str(default_folder(models_dir)) if base == DEFAULT_MODEL else base


def ensure_general(models_dir: Path) -> Path | None:
    """Builds the model that ships adapted from the fetched original, a second's work; None when the original
    is not the one that the shipped difference belongs to."""
    if not _fits(models_dir):
        return None
    folder, delta = folder_of(models_dir, GENERAL), file_sha256(shipped_delta())
    if _made_from(folder) == delta:
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".general-", dir=folder.parent) as scratch:
        built = Path(scratch) / GENERAL
        apply_delta(default_folder(models_dir), shipped_delta(), built)
        if folder.exists():
            # It came with another version of the program.
            folder.rename(Path(scratch) / "before")
        try:
            keep(models_dir, built, AdaptedModel(GENERAL, DEFAULT_MODEL, delta=delta))
        except OSError:
            # Another process was faster.
            if _made_from(folder) != delta:
                raise
    return folder


def remove(models_dir: Path, name: str) -> None:
    """Deletes an adapted model's folder."""
    shutil.rmtree(folder_of(models_dir, name), ignore_errors=True)


def shipped_delta() -> Path:
    return Path(str(resources.files("matching").joinpath("data", "general.safetensors")))


def _made_from(folder: Path) -> str:
    try:
        return str(json.loads((folder / _RECORD).read_text(encoding="utf-8")).get("delta", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _fits(models_dir: Path) -> bool:
    delta, weights = shipped_delta(), default_folder(models_dir) / WEIGHTS
    return delta.is_file() and weights.is_file() and base_of(delta) == file_sha256(weights)
