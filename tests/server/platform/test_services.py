"""The embedded pair starts anywhere, twice side by side, goes on with its data, and leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from mci_admin import env
from mci_admin.services.embedded import AlreadyRunningError, Embedded, keeper_of, stop_keeper
from mci_admin.services.places import Places, ServiceError, as_server_user, server_user
from tests.server.support.processes import clean_environment


def record(var: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((var / "services.json").read_text(encoding="utf-8"))
    return found


def one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_pair_starts_in_a_path_with_spaces_and_keeps_data(tmp_path: Path) -> None:
    var = tmp_path / "a folder with spaces" / "var"
    with Embedded(var):
        urls = record(var)
        with psycopg.connect(urls["DATABASE_OWNER_URL"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
        assert redis.Redis.from_url(urls["REDIS_URL"]).ping()
        assert one(urls["DATABASE_URL"], "SELECT current_user") == "mci_app"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(urls["DATABASE_URL"], connect_timeout=1)
    with Embedded(var):
        assert one(record(var)["DATABASE_OWNER_URL"], "SELECT value FROM kept") == 42


def test_two_instances_live_side_by_side(tmp_path: Path) -> None:
    with Embedded(tmp_path / "one"), Embedded(tmp_path / "two"):
        first, second = record(tmp_path / "one"), record(tmp_path / "two")
        assert first["DATABASE_URL"] != second["DATABASE_URL"]
        redis.Redis.from_url(first["REDIS_URL"]).set("who", "one")
        assert redis.Redis.from_url(second["REDIS_URL"]).get("who") is None


def test_second_keeper_of_a_folder_is_refused(tmp_path: Path) -> None:
    with Embedded(tmp_path), pytest.raises(AlreadyRunningError):
        Embedded(tmp_path).start()


def test_addresses_and_sockets_are_for_the_owner_alone(tmp_path: Path) -> None:
    with Embedded(tmp_path) as pair:
        assert (tmp_path / "services.json").stat().st_mode & 0o777 == 0o600
        assert pair.places.sockets.stat().st_mode & 0o777 == 0o700
        assert len(str(pair.places.valkey_socket)) < 100


def test_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    places = Places(tmp_path.resolve())
    places.sockets.symlink_to(tmp_path)
    try:
        with pytest.raises(ServiceError, match="belongs to somebody else"):
            Embedded(tmp_path).start()
    finally:
        places.sockets.unlink()


def test_either_server_can_be_restarted_while_the_pair_lives(tmp_path: Path) -> None:
    with Embedded(tmp_path) as pair:
        urls = record(tmp_path)
        pair.restart_postgres(signal.SIGQUIT)
        pair.restart_valkey(signal.SIGKILL)
        assert one(urls["DATABASE_URL"], "SELECT 1") == 1
        assert redis.Redis.from_url(urls["REDIS_URL"]).ping()
        assert pair.failed() is None


def test_fallen_server_is_named(tmp_path: Path) -> None:
    with Embedded(tmp_path) as pair:
        assert pair.valkey is not None
        pair.valkey.kill()
        pair.valkey.wait(60)
        assert pair.failed() == "Valkey"


def _manage(var: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, str(env.BASE_DIR / "manage.py"), *words],
        env={**clean_environment(), "MCI_ENV": "demo", "MCI_VAR": str(var)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_command_starts_asks_and_stops(tmp_path: Path) -> None:
    assert keeper_of(tmp_path) is None
    assert _manage(tmp_path, "services", "--detach") == "started"
    try:
        assert _manage(tmp_path, "services", "--status") == f"running, keeper {keeper_of(tmp_path)}"
    finally:
        assert _manage(tmp_path, "services", "--stop") == "stopped"
    assert keeper_of(tmp_path) is None


def test_servers_end_with_a_killed_keeper_and_start_again(tmp_path: Path) -> None:
    _manage(tmp_path, "services", "--detach")
    found = json.loads((tmp_path / "services.json").read_text())
    os.kill(found["keeper"], signal.SIGKILL)
    _until(lambda: keeper_of(tmp_path) is None)
    with Embedded(tmp_path):
        assert one(record(tmp_path)["DATABASE_URL"], "SELECT 1") == 1
        _until(lambda: not Path(f"/proc/{found['postgres']}").exists())
    assert not stop_keeper(tmp_path)


def _until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_ordinary_user_can_run_the_pair(tmp_path: Path) -> None:
    """Whoever runs the tests as an ordinary user shows it with every other test of this file."""
    home = tmp_path / "home of a user"
    home.mkdir()
    os.chown(home, server_user().pw_uid, server_user().pw_gid)
    code = (
        "import os, sys, pathlib, psycopg\n"
        "from mci_admin.services import embedded, servers\n"
        "assert os.geteuid() != 0\n"
        "with embedded.Embedded(pathlib.Path(sys.argv[1])) as pair:\n"
        "    url = servers.postgres_url(pair.places, 'mci_app')\n"
        "    print(psycopg.connect(url).execute('SELECT current_user').fetchone()[0])\n"
    )
    done = subprocess.run(
        [*as_server_user(), sys.executable, "-c", code, str(home / "var")],
        cwd=env.BASE_DIR,
        env={**clean_environment(), "TMPDIR": "/tmp"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout.strip() == "mci_app", done.stderr
