"""Generations on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matching.errors import SnapshotDamaged, SnapshotMissing
from matching.index.snapshot import FORMAT, Manifest, generations, read_newest, write_generation


def manifest(generation: int) -> Manifest:
    return Manifest(FORMAT, generation, "m", 3, {}, {"requirements": 1}, {"requirements": 9}, {})


def write(directory: Path, number: int) -> Path:
    def fill(folder: Path) -> None:
        (folder / "part").mkdir()
        (folder / "part" / "data.bin").write_bytes(bytes([number]) * 64)

    return write_generation(directory, manifest(number), fill)


def test_the_newest_generation_is_read_with_its_manifest(tmp_path: Path) -> None:
    write(tmp_path, 1)
    newest = write(tmp_path, 2)
    folder, found = read_newest(tmp_path)
    assert folder == newest
    assert found.generation == 2
    assert found.sequences == {"requirements": 9}


def test_two_generations_are_kept_and_nothing_else(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path, number)
    assert len(generations(tmp_path)) == 2
    assert len(list(tmp_path.iterdir())) == 2


def test_no_directory_and_an_empty_one_have_no_snapshot(tmp_path: Path) -> None:
    for directory in (tmp_path / "absent", tmp_path):
        with pytest.raises(SnapshotMissing):
            read_newest(directory)


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "manifest", "format"])
def test_a_damaged_generation_is_passed_over_for_the_one_before(tmp_path: Path, damage: str) -> None:
    write(tmp_path, 1)
    broken = write(tmp_path, 2)
    spoil(broken, damage)
    assert read_newest(tmp_path)[1].generation == 1


def test_when_every_generation_is_damaged_the_caller_is_told(tmp_path: Path) -> None:
    spoil(write(tmp_path, 1), "flip")
    with pytest.raises(SnapshotDamaged, match=r"data\.bin"):
        read_newest(tmp_path)


def test_a_failed_write_leaves_the_earlier_generation_alone(tmp_path: Path) -> None:
    write(tmp_path, 1)

    def fail(folder: Path) -> None:
        (folder / "half").write_bytes(b"x")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_generation(tmp_path, manifest(2), fail)
    assert read_newest(tmp_path)[1].generation == 1
    assert len(list(tmp_path.iterdir())) == 1


def spoil(folder: Path, damage: str) -> None:
    data, listing = folder / "part" / "data.bin", folder / "manifest.json"
    match damage:
        case "flip":
            content = bytearray(data.read_bytes())
            content[10] ^= 1
            data.write_bytes(content)
        case "cut":
            data.write_bytes(data.read_bytes()[:-1])
        case "remove":
            data.unlink()
        case "manifest":
            listing.write_text("{", encoding="utf-8")
        case "format":
            content_of = json.loads(listing.read_text(encoding="utf-8"))
            listing.write_text(json.dumps(content_of | {"format": 0}), encoding="utf-8")
