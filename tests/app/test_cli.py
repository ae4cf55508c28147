"""What the command line says when it cannot start."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import cli
from app.adaptation import commands as adaptation
from app.config import get_settings
from matching.errors import ModelUnavailable
from matching.onnx import export


def test_a_wrong_setting_is_told_in_our_words_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JIEBANG_SECRET_KEY", "short")
    get_settings.cache_clear()
    try:
        with pytest.raises(SystemExit) as ending:
            cli.main()
    finally:
        get_settings.cache_clear()
    assert ending.value.code == 2
    told = capsys.readouterr().err
    assert told == "设置有误 JIEBANG_SECRET_KEY 至少需要 32 个字节 (at least 32 bytes)\n"


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder whose model is there, but cannot be exported."""

    def refuse(source: str, **options: object) -> Path:
        raise ModelUnavailable(f"no export of {Path(source).name}")

    monkeypatch.setenv("JIEBANG_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["jiebang", "model", "fetch"])
    monkeypatch.setattr(adaptation, "fetch_default", lambda directory, progress: directory / "m3e-small")
    monkeypatch.setattr(export, "ensure_export", refuse)
    return tmp_path


@pytest.mark.parametrize(("encoder", "code"), [("torch", 0), ("onnx", 1)])
def test_an_export_that_fails_matters_only_to_who_runs_on_it(
    fetched: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    encoder: str,
    code: int,
) -> None:
    monkeypatch.setenv("JIEBANG_ENCODER", encoder)
    get_settings.cache_clear()
    try:
        with pytest.raises(SystemExit) as ending:
            cli.main()
    finally:
        get_settings.cache_clear()
    assert ending.value.code == code
    told = capsys.readouterr()
    assert "no export of m3e-small" in (told.out if encoder == "torch" else told.err)


def test_fetching_the_model_exports_it(
    fetched: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exported: list[tuple[str, Path]] = []

    def remember(source: str, *, models_dir: Path, progress: object) -> None:
        exported.append((source, models_dir))

    monkeypatch.setattr(export, "ensure_export", remember)
    get_settings.cache_clear()
    try:
        with pytest.raises(SystemExit) as ending:
            cli.main()
    finally:
        get_settings.cache_clear()
    assert ending.value.code == 0
    assert exported == [(str(fetched / "models" / "m3e-small"), fetched / "models")]
