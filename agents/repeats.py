"""Decides who is told a second time: devices that got a hint and did not ask for their lease. Writes
nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from agents import hints
from agents.models import Delivery

REPEAT_AFTER = timedelta(seconds=15)
#: After this the device will ask by itself: every lease has run out many times.
REPEAT_FOR = timedelta(hours=1)
REPEAT_LIMIT = 5_000


def repeat_hints(now: datetime) -> int:
    """Publish again what may have been lost; returns how many devices that concerns."""
    waiting = Delivery.objects.unheard(now - REPEAT_AFTER).filter(notified_at__gt=now - REPEAT_FOR)
    online = Q(device__lease_expires_at__gt=now) | Q(device__last_seen_at__isnull=True)
    rows = list(waiting.filter(online).values_list("release_number", "device_id")[:REPEAT_LIMIT])
    for number in sorted({number for number, _ in rows}):
        late = [device for found, device in rows if found == number]
        hints.publish("release", release=number, devices=late)
    return len(rows)
