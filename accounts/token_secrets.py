"""What the secret of an API token looks like, how it is kept, and which scopes exist."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings

PREFIX = "mci_"


def new_secret() -> str:
    """256 random bits; the prefix lets secret scanners find it."""
    return PREFIX + secrets.token_urlsafe(32)


def all_scopes() -> tuple[str, ...]:
    """``<app>:read`` and ``<app>:write`` of every app."""
    return tuple(f"{app}:{verb}" for app in settings.OUR_APPS for verb in ("read", "write"))


def secret_digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
