"""Decides when the start is refused: settings that are readable and would still break a promise.

Called at the end of the settings themselves, so that no process, whatever starts it, runs without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured


def refuse_unsafe(values: Mapping[str, Any]) -> None:
    if not values["PRODUCTION"]:
        return
    found = faults(values)
    if found:
        raise ImproperlyConfigured(" ".join(found))


def faults(values: Mapping[str, Any]) -> list[str]:
    """Every fault as one sentence."""
    found = [
        f"{name} must start with https:// in production."
        for name in ("PUBLIC_URL", "STREAM_URL")
        if not values[name].startswith("https://")
    ]
    if any("*" in host for host in values["ALLOWED_HOSTS"]):
        found.append("ALLOWED_HOSTS must name hosts, not '*'.")
    owner = values["DATABASES"].get("owner")
    if owner and owner["USER"] == values["DATABASES"]["default"]["USER"]:
        found.append("DATABASE_URL and DATABASE_OWNER_URL must use two different roles.")
    if values["MASTER_KEY"] == values["PSEUDONYM_KEY"]:
        found.append("MASTER_KEY and PSEUDONYM_KEY must be two different secrets.")
    return found
