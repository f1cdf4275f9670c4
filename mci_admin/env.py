"""Decides how a setting is read from the environment: typed, loud, and never with an unsafe default.

Every name read here is remembered in ``READ``, so that a test can compare it with ``docs/settings.md``.
``MCI_ENV`` decides what may be generated: in ``production`` a missing secret stops the start; in ``demo``
and ``test`` it is made once and kept, readable by the owner alone, under the folder of the instance.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from mci_admin.cursor import Cursor

BASE_DIR = Path(__file__).resolve().parent.parent
MODES = ("production", "demo", "test")
READ: set[str] = set()

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def _raw(name: str) -> str | None:
    READ.add(name)
    value = os.environ.get(name)
    return value if value not in (None, "") else None


def mode() -> str:
    """``production`` unless said otherwise: forgetting a variable must never open anything."""
    value = _raw("MCI_ENV") or "production"
    if value not in MODES:
        raise ImproperlyConfigured(f"MCI_ENV is {value!r}; it must be one of {', '.join(MODES)}.")
    return value


def is_production() -> bool:
    return mode() == "production"


def var_dir() -> Path:
    """The folder of this instance: embedded data, generated secrets, run files."""
    value = _raw("MCI_VAR")
    return Path(value).resolve() if value else BASE_DIR / "var"


def text(name: str, default: str | None = None) -> str:
    """The value of ``name``; without a default it is needed, and its absence stops the start."""
    value = _raw(name)
    if value is None and default is None:
        raise ImproperlyConfigured(f"{name} is not set. See docs/settings.md.")
    return value if value is not None else str(default)


def required_in_production(name: str, otherwise: str) -> str:
    """Needed in production; a fixed, harmless value serves demo and test."""
    return text(name) if is_production() else text(name, otherwise)


def optional(name: str) -> str | None:
    return _raw(name)


def flag(name: str, default: bool) -> bool:
    value = _raw(name)
    if value is None:
        return default
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; write 1 or 0.")


def number(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    value = _raw(name)
    try:
        result = default if value is None else int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number.") from None
    if result < least or (most is not None and result > most):
        limit = f"at least {least}" + (f" and at most {most}" if most is not None else "")
        raise ImproperlyConfigured(f"{name} is {result}; it must be {limit}.")
    return result


def words(name: str, default: str | None = None) -> list[str]:
    """A comma-separated list; without a default at least one word is needed."""
    found = [word.strip() for word in text(name, default).split(",") if word.strip()]
    if not found and default is None:
        raise ImproperlyConfigured(f"{name} is empty. See docs/settings.md.")
    return found


def choice(name: str, default: str, words: tuple[str, ...]) -> str:
    """One of the words."""
    value = text(name, default)
    if value not in words:
        known = ", ".join(word for word in words if word)
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {known}, or not set.")
    return value


def folder(name: str, default: Path) -> Path:
    return Path(text(name, str(default))).resolve()


def secret(name: str, *, least: int = 32) -> str:
    """At least ``least`` characters: from NAME, from the file NAME_FILE, or generated (demo, test)."""
    value = _raw(name)
    path = _raw(f"{name}_FILE")
    if value is None and path is not None:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as fault:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {fault.strerror}.") from None
    if value is None:
        if is_production():
            raise ImproperlyConfigured(f"{name} (or {name}_FILE) is not set. See docs/settings.md.")
        return _kept(name)
    if len(value) < least or len(set(value)) < 8:
        raise ImproperlyConfigured(f"{name} is too weak: at least {least} random characters are needed.")
    return value


def _kept(name: str) -> str:
    """Generate once and keep. Several processes may start together: the first to link the file wins."""
    keep = var_dir() / "secrets"
    keep.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = keep / name
    if not path.exists():
        fresh = keep / f".{name}.{secrets.token_hex(8)}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="utf-8")


def services_file() -> Path:
    return var_dir() / "services.json"


def service_url(name: str) -> str | None:
    """NAME from the environment, otherwise the address of the embedded server, if it was started once."""
    value = _raw(name)
    if value is not None or is_production():
        return value
    try:
        recorded: dict[str, str] = json.loads(services_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return recorded.get(name)


_SESSION_OPTIONS = (
    "-c idle_in_transaction_session_timeout=60000 -c lock_timeout=15000 -c statement_timeout={statement}"
)


def database(name: str, url: str, *, statement: int, pool: int = 0, prepare: bool = False) -> dict[str, Any]:
    """A Django database from ``postgresql://user:password@host:port/name?host=/socket/folder&sslmode=...``.

    ``statement`` is the longest a query may take, in ms (0: no limit); ``pool`` the connections kept per
    process (0: no pool); with ``prepare`` the server reads a query that a connection asks often only once.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(f"{name} must start with postgresql:// (no other database is supported).")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or parts.hostname or ""
    if not parts.path.strip("/") or not parts.username:
        raise ImproperlyConfigured(f"{name} must name a user and a database.")
    port = str(parts.port or options.pop("port", ""))
    options["options"] = _SESSION_OPTIONS.format(statement=statement)
    if pool:
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10}
    if prepare:
        # Only a query whose values travel apart from its text is the same text twice. What is kept is the
        # query as it was read; the plan depends on the values, because some are a million times as frequent.
        options.update(server_side_binding=True, cursor_factory=Cursor, prepare_threshold=5)
        options["options"] += " -c plan_cache_mode=force_custom_plan"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port,
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if pool else 60,
        "CONN_HEALTH_CHECKS": True,
    }
