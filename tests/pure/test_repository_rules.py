"""Rules about the files themselves: short, finished, and with nothing of the place they were written at."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES = 400
#: Longer than the limit, and why.
LONGER: dict[str, str] = {
    "mci_agent/verify.py": "one file, so that whoever has to trust it can read it and take it away",
    "docs/openapi.yaml": "generated from the REST API",
}
CODE = (".py", ".js", ".css", ".html", ".toml", ".yaml", ".sh", "run", "Makefile")
_UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
_PLACE = re.compile(r"/work/|pypi\.org|files\.pythonhosted|registry\.npm")


def files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a checkout")
    paths = [ROOT / name for name in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def text_of(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def test_no_source_file_is_longer_than_the_limit() -> None:
    sources = [path for path in files() if path.name.endswith(CODE)]
    long = {
        str(path.relative_to(ROOT)) for path in sources if len((text_of(path) or "").splitlines()) > LINES
    }
    assert long == set(LONGER)


def test_nothing_is_left_to_do() -> None:
    found = [str(path.relative_to(ROOT)) for path in files() if _UNFINISHED.search(text_of(path) or "")]
    assert found == []


def test_no_file_names_the_place_it_was_written_at() -> None:
    own = Path(__file__)
    found = [
        str(path.relative_to(ROOT)) for path in files() if path != own and _PLACE.search(text_of(path) or "")
    ]
    assert found == []


def test_core_and_agent_name_no_server_framework() -> None:
    pattern = re.compile(r"^\s*(?:from|import) (?:django|rest_framework|celery)\b", re.MULTILINE)
    sources = [path for name in ("mci_core", "mci_agent") for path in (ROOT / name).rglob("*.py")]
    assert sources
    assert [path.name for path in sources if pattern.search(path.read_text(encoding="utf-8"))] == []
