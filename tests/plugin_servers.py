"""Decides where the servers of a test session are, before Django reads its settings.

Loaded with ``-p tests.plugin_servers`` (pyproject.toml). Without DATABASE_OWNER_URL and REDIS_URL the
controlling process starts one embedded pair in a temporary folder; pytest-xdist's workers inherit it
through the environment. A run that names only pure tests never starts it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

if TYPE_CHECKING:
    from mci_admin.services.embedded import Embedded

os.environ["MCI_ENV"] = "test"


class Session:
    """The pair of this test session, if it was started here."""

    folder: Path | None = None
    pair: Embedded | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Before pytest-django loads the settings. Workers find everything set already."""
    if os.environ.get("MCI_TEST_SERVERS"):
        _own_places()
        return
    os.environ["MCI_TEST_SERVERS"] = "given"
    atexit.register(_end)  # a run that fails while Django starts never reaches pytest_unconfigure
    Session.folder = Path(tempfile.mkdtemp(prefix="mci-test-"))
    os.environ["MCI_VAR"] = str(Session.folder / "var")
    if os.environ.get("DATABASE_OWNER_URL") and os.environ.get("REDIS_URL"):
        os.environ["DATABASE_URL"] = _application_url(os.environ["DATABASE_OWNER_URL"])
        return
    if _only_pure(args):
        return
    from mci_admin.services import servers
    from mci_admin.services.embedded import Embedded

    pair = Embedded(Session.folder / "var", durable=False)
    pair.start()
    Session.pair = pair
    let_owner_empty_tables(
        servers.postgres_url(pair.places, servers.SUPERUSER, "postgres"), servers.OWNER_ROLE
    )


def let_owner_empty_tables(superuser_url: str, owner: str) -> None:
    """Between tests the owner switches triggers and foreign keys off; an administrator must allow that."""
    statement = sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}")
    with psycopg.connect(superuser_url) as connection:
        connection.execute(statement.format(sql.Identifier(owner)))


def _own_places() -> None:
    """Each worker of pytest-xdist has folders and databases of its own."""
    from mci_admin import env

    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return
    for name in ("KEYS_DIR", "BLOBS_DIR"):
        os.environ[name] = str(env.var_dir() / worker / name.lower())
    url = env.service_url("REDIS_URL")
    if url is None:
        return
    number = int(worker.removeprefix("gw")) + 1
    if url.startswith("unix://"):
        os.environ["REDIS_URL"] = f"{url.split('?')[0]}?db={number}"
    else:
        os.environ["REDIS_URL"] = urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


def _only_pure(args: list[str]) -> bool:
    """Only paths of tests that need no server were named."""
    paths = [arg for arg in args if arg.startswith("tests")]
    return bool(paths) and all(path.startswith(("tests/pure", "tests/vectors")) for path in paths)


def _application_url(owner_url: str) -> str:
    """The application role of the tests, on the same server as the owner."""
    given = os.environ.get("DATABASE_URL")
    if given:
        return given
    parts = urlsplit(owner_url)
    place = f"{parts.hostname or ''}" + (f":{parts.port}" if parts.port else "")
    return urlunsplit(parts._replace(netloc=f"mci_test_app:mci_test_app@{place}"))


def _end() -> None:
    if Session.pair is not None:
        Session.pair.stop()
        Session.pair = None
    if Session.folder is not None:
        shutil.rmtree(Session.folder, ignore_errors=True)
        Session.folder = None


def pytest_unconfigure(config: pytest.Config) -> None:
    _end()
