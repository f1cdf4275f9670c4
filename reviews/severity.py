"""How bad a leak of a class is."""

from __future__ import annotations

#: Classes whose leak does not harm at once; everything that is not listed counts as high.
_LOWER = {"IP": "low", "URL": "low", "EMAIL": "medium", "PHONE": "medium", "PERSON": "medium"}


def severity_of(label: str) -> str:
    """`low`, `medium` or `high`."""
    return _LOWER.get(label, "high")
