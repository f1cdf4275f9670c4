"""What waits on the home page about devices: stops that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse

from accounts import permissions
from accounts.waiting import WaitingItem
from agents.models import CaptureStop

if TYPE_CHECKING:
    from accounts.models import User


def waiting(user: User) -> list[WaitingItem]:
    """Restarts that somebody else asked for and that this person may confirm."""
    if not permissions.has(user, "agents.confirm_restart"):
        return []
    asked = CaptureStop.objects.open().filter(restart_requested_by__isnull=False)
    count = asked.exclude(restart_requested_by=user).count()
    if not count:
        return []
    try:
        url = reverse("capture_policies:stop")
    except NoReverseMatch:
        url = reverse("agents:device_list")
    noun = "1 restart waits" if count == 1 else f"{count} restarts wait"
    return [WaitingItem(count, f"{noun} for a second person", url)]
