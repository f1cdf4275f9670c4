"""What waits for a person on the home page. Each app may have ``waiting.py`` with ``waiting(user)``.

The type lives here, below every app that fills it in the import order; the home page collects them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from accounts.permissions import has

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class WaitingItem:
    """``sentence`` says what to do in plain words and contains the count; ``url`` is where it is done."""

    count: int
    sentence: str
    url: str


def waiting(user: User) -> list[WaitingItem]:
    """Role requests that this person may decide: never their own, never those they asked for."""
    from accounts.models import RoleGrant

    if not has(user, "accounts.approve_role"):
        return []
    count = RoleGrant.objects.pending().exclude(requested_by=user).exclude(user=user).count()
    if not count:
        return []
    noun = "1 role request waits" if count == 1 else f"{count} role requests wait"
    return [WaitingItem(count, f"{noun} for a second person", reverse("accounts:role_list"))]
