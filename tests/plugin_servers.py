"""Decides where the servers of a test session are, before Django reads its settings.

Loaded with ``-p tests.plugin_servers`` (pyproject.toml). Without DATABASE_OWNER_URL and REDIS_URL the
controlling process starts one embedded pair in a temporary folder; pytest-xdist's workers inherit it
through the environment. Runs that collect only pure tests never start it: see ``needs_servers``.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

os.environ["MCI_ENV"] = "test"
_PURE = ("tests/pure", "tests/vectors")


class Session:
    """The pair of this test session, if it was started here."""

    folder: Path | None = None
    pair: object | None = None


def needs_servers(config: pytest.Config) -> bool:
    asked = [str(arg).split("::")[0].rstrip("/") for arg in config.args]
    return not asked or not all(any(pure in arg for pure in _PURE) for arg in asked)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Before pytest-django loads the settings. Workers find everything set already."""
    if os.environ.get("MCI_TEST_SERVERS"):
        return
    os.environ["MCI_TEST_SERVERS"] = "given"
    Session.folder = Path(tempfile.mkdtemp(prefix="mci-test-"))
    os.environ["MCI_VAR"] = str(Session.folder / "var")
    if os.environ.get("DATABASE_OWNER_URL") and os.environ.get("REDIS_URL"):
        os.environ["DATABASE_URL"] = _application_url(os.environ["DATABASE_OWNER_URL"])
        return
    if any("tests/pure" in arg for arg in args) and not any("tests/server" in arg for arg in args):
        return
    from mci_admin.services.embedded import Embedded

    pair = Embedded(Session.folder / "var")
    pair.start()
    Session.pair = pair


def _application_url(owner_url: str) -> str:
    """The application role of the tests, on the same server as the owner."""
    given = os.environ.get("DATABASE_URL")
    if given:
        return given
    parts = urlsplit(owner_url)
    place = f"{parts.hostname or ''}" + (f":{parts.port}" if parts.port else "")
    return urlunsplit(parts._replace(netloc=f"mci_test_app:mci_test_app@{place}"))


def pytest_unconfigure(config: pytest.Config) -> None:
    if Session.pair is not None:
        Session.pair.stop()  # type: ignore[attr-defined]  # an Embedded; imported late, after the environment is set
        Session.pair = None
    if Session.folder is not None:
        shutil.rmtree(Session.folder, ignore_errors=True)
        Session.folder = None
