"""What the command line says when it cannot start."""

from __future__ import annotations

import pytest

from app import cli
from app.config import get_settings


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
