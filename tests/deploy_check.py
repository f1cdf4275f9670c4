"""Runs ``manage.py check --deploy`` with the settings a production has, and fails on any warning."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def environment() -> dict[str, str]:
    """An invented production: nothing of it is reached, only judged."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return keep | {
        "MCI_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "MASTER_KEY": secrets.token_urlsafe(48),
        "PSEUDONYM_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "mci.example.com",
        "PUBLIC_URL": "https://mci.example.com",
        "STREAM_URL": "https://stream.mci.example.com",
        "DATABASE_URL": "postgresql://mci_app:secret@db.example.com/mci?sslmode=verify-full",
        "DATABASE_OWNER_URL": "postgresql://mci_owner:secret@db.example.com/mci?sslmode=verify-full",
        "REDIS_URL": "rediss://:secret@redis.example.com:6379/0",
        "EMAIL_HOST": "mail.example.com",
    }


def main() -> int:
    command = [sys.executable, str(ROOT / "manage.py"), "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, env=environment(), cwd=ROOT, check=False).returncode  # ourselves


if __name__ == "__main__":
    sys.exit(main())
