"""Decides when the start is refused: settings that would weaken a promise are errors, not warnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def safe_settings(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    faults: list[CheckMessage] = []
    if settings.MIN_GROUP_SIZE < 5:
        faults.append(Error("MIN_GROUP_SIZE may only be raised above 5.", id="mci.E001"))
    if settings.PRODUCTION:
        faults += _production_faults()
    return faults


def _production_faults() -> list[CheckMessage]:
    faults: list[CheckMessage] = []
    if "*" in settings.ALLOWED_HOSTS:
        faults.append(Error("ALLOWED_HOSTS must name hosts, not '*'.", id="mci.E002"))
    faults += [
        Error(f"{name} must start with https:// in production.", id="mci.E003")
        for name in ("PUBLIC_URL", "STREAM_URL")
        if not getattr(settings, name).startswith("https://")
    ]
    default, owner = settings.DATABASES["default"], settings.DATABASES.get("owner")
    if owner and owner["USER"] == default["USER"]:
        faults.append(
            Error("DATABASE_URL and DATABASE_OWNER_URL must use two different roles.", id="mci.E004")
        )
    return faults
