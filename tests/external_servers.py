"""Runs the server tests on the distribution's PostgreSQL (15 or newer) and Redis (7 or newer).

Both are started here, on free loopback ports with data in a temporary folder, and ended here. It shows
that nothing depends on the embedded pair, and that connections by TCP with passwords work.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

from mci_admin.services.places import as_server_user, ends_with_us, server_user
from mci_admin.services.servers import stop
from tests.plugin_servers import let_owner_empty_tables

TESTS = ["tests/server"]


def binaries() -> tuple[Path, Path] | None:
    """The folder of the newest PostgreSQL programs, and redis-server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    redis_server = shutil.which("redis-server")
    return (found[-1], Path(redis_server)) if found and redis_server else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, str]]:
    """The environment that names both."""
    found = binaries()
    if found is None:
        raise SystemExit("postgresql and redis-server are not installed.")
    password = secrets.token_urlsafe(16)
    database, port = _start_postgres(found[0], folder, password)
    cache_port = free_port()
    cache = subprocess.Popen(
        [
            *ends_with_us([], signal.SIGTERM),
            *(str(found[1]), "--port", str(cache_port), "--bind", "127.0.0.1", "--save", ""),
            *("--requirepass", password, "--dir", str(folder)),
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        owner_url = f"postgresql://mci_owner:{password}@127.0.0.1:{port}/mci"
        cache_url = f"redis://:{password}@127.0.0.1:{cache_port}/0"
        _wait(owner_url.replace("mci_owner:", "postgres:").replace("/mci", "/postgres"), cache_url)
        _make_owner(port, password)
        yield {"DATABASE_OWNER_URL": owner_url, "REDIS_URL": cache_url}
    finally:
        stop(cache, signal.SIGTERM)
        stop(database, signal.SIGINT)


def _start_postgres(programs: Path, folder: Path, password: str) -> tuple[subprocess.Popen[bytes], int]:
    data, secret = folder / "data", folder / "password"
    data.mkdir(mode=0o700)
    secret.write_text(password, encoding="utf-8")
    if os.geteuid() == 0:
        for path in (folder, data, secret):
            os.chown(path, server_user().pw_uid, server_user().pw_gid)
    command = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-E", "UTF8", "--locale=C"]
    command += ["--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync"]
    subprocess.run([*as_server_user(), *command], check=True, stdout=subprocess.DEVNULL, cwd="/")
    port = free_port()
    command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-h", "127.0.0.1"]
    command += ["-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=200"]
    command += ["-c", "log_min_messages=panic"]
    prefix = ends_with_us(as_server_user(), signal.SIGINT)
    process = subprocess.Popen([*prefix, *command], cwd="/", stderr=subprocess.DEVNULL)
    return process, port


def _wait(database_url: str, cache_url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(database_url, connect_timeout=2).close()
            redis.Redis.from_url(cache_url).ping()
            return
        except (psycopg.OperationalError, redis.RedisError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _make_owner(port: int, password: str) -> None:
    """What an administrator does once: the role that owns, and an empty database."""
    url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE mci_owner LOGIN CREATEDB CREATEROLE PASSWORD '{password}'")
        connection.execute("CREATE DATABASE mci OWNER mci_owner")
    let_owner_empty_tables(url, "mci_owner")


def main(arguments: list[str]) -> int:
    folder = Path(tempfile.mkdtemp(prefix="mci-external-"))
    try:
        with servers(folder) as environment:
            named = any(not argument.startswith("-") for argument in arguments)
            command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *([] if named else TESTS), *arguments]
            done = subprocess.run(command, env={**os.environ, **environment}, check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
