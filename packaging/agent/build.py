"""Builds the wheel of the agent into ``dist/``: mci_core and mci_agent with their own metadata."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PACKAGES = ("mci_core", "mci_agent")


def build(target: Path) -> Path:
    """Returns the path of the wheel."""
    with tempfile.TemporaryDirectory(prefix="mci-wheel-") as folder:
        source = Path(folder)
        for package in PACKAGES:
            shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(HERE / "pyproject.toml", source / "pyproject.toml")
        subprocess.run(  # noqa: S603  # the build front-end with fixed arguments
            [
                sys.executable,
                "-m",
                "build",
                "--wheel",
                "--no-isolation",
                "--outdir",
                str(target),
                str(source),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return max(target.glob("mci_agent-*.whl"), key=lambda path: path.stat().st_mtime)


if __name__ == "__main__":
    print(build(ROOT / "dist"))  # noqa: T201  # a command for people
