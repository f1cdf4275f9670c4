"""Decides where an instance of the embedded servers lives and as whom it runs.

Data stays under the instance's ``var`` folder. Sockets go into a short folder of their own, because a
socket path may not exceed about 100 bytes; its name is derived from the data folder, so two checkouts
never meet. Only the owner can enter it: whoever can open the socket is trusted.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path


class ServiceError(Exception):
    """An embedded server cannot be run here; the message says what to do."""


@dataclass(frozen=True)
class Places:
    var: Path

    @property
    def postgres_data(self) -> Path:
        return self.var / "postgres"

    @property
    def valkey_data(self) -> Path:
        return self.var / "valkey"

    @property
    def log_dir(self) -> Path:
        return self.var / "log"

    @property
    def record(self) -> Path:
        return self.var / "services.json"

    @property
    def lock(self) -> Path:
        return self.var / "services.lock"

    @property
    def sockets(self) -> Path:
        name = hashlib.sha256(os.fsencode(self.var)).hexdigest()[:12]
        return Path(_short_base()) / f"mci-{os.geteuid()}-{name}"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def make(self) -> None:
        for folder in (self.var, self.valkey_data, self.log_dir):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.postgres_data, self.sockets):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            status = folder.lstat()
            if folder.is_symlink() or status.st_uid not in (os.geteuid(), server_user().pw_uid):
                raise ServiceError(f"{folder} belongs to somebody else; remove it and start again.")
            os.chmod(folder, 0o700)
            if os.geteuid() == 0:
                os.chown(folder, server_user().pw_uid, server_user().pw_gid)


def _short_base() -> str:
    """A private run folder where the system offers one, the temporary folder otherwise."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and len(runtime) <= 40 and os.access(runtime, os.W_OK | os.X_OK):
        return runtime
    base = tempfile.gettempdir()
    return base if len(base) <= 60 else "/tmp"  # noqa: S108  # the folder below it is 0700 and checked


def server_user() -> pwd.struct_passwd:
    """PostgreSQL refuses to run as root; it then runs as ``nobody``, who owns nothing else."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def as_server_user() -> list[str]:
    """A prefix for a command that must not run as root; as anybody else it is empty.

    It gives up root for ``nobody`` and keeps one right: to pass folders of root's (a checkout below a
    private home).
    """
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        raise ServiceError(
            "As root, the embedded PostgreSQL needs setpriv (util-linux). Or use another user."
        )
    user = server_user()
    return [
        "setpriv",
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=-all,+dac_override",
    ]


def ends_with_us(prefix: list[str], how: signal.Signals) -> list[str]:
    """Let the kernel end a server whose keeper was killed, where the system can do that."""
    if not shutil.which("setpriv"):
        return prefix
    return [*(prefix or ["setpriv"]), f"--pdeathsig={how.name.removeprefix('SIG')}"]
