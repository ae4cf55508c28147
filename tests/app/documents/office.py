"""Opens generated files with LibreOffice, where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def converted(file: Path, folder: Path) -> Path:
    """The file as PDF by LibreOffice; skips the test without it, fails it with JIEBANG_TEST_OFFICE=required."""
    program = shutil.which("soffice")
    if program is None:
        if os.environ.get("JIEBANG_TEST_OFFICE") == "required":
            pytest.fail("soffice is not installed, but JIEBANG_TEST_OFFICE asks for it")
        pytest.skip(
            "soffice is not installed; apt-get install libreoffice-writer-nogui libreoffice-calc-nogui"
        )
    command = [
        program,
        f"-env:UserInstallation=file://{folder / 'profile'}",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(folder),
        str(file),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    complaints = [line for line in done.stderr.splitlines() if line.strip() and "javaldx" not in line]
    assert done.returncode == 0, done.stderr
    assert complaints == []
    made = folder / f"{file.stem}.pdf"
    assert made.read_bytes().startswith(b"%PDF"), done.stdout
    return made
