"""What waits about the allowlist: removals and additions that people ask for, entries that end soon."""

from __future__ import annotations

from datetime import UTC
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import has
from accounts.waiting import WaitingItem
from capture_policies import allowlist
from capture_policies.models import AllowlistRequest


def waiting(user: User) -> list[WaitingItem]:
    """Only what this person can do something about; a count of requests, never of people."""
    found = []
    if has(user, "capture_policies.remove_entries_now"):
        found += [_asked("remove", "removal of an app or site", "removals of apps and sites"), _ending()]
    if has(user, "capture_policies.take_request"):
        found.append(_asked("add", "addition to the allowlist", "additions to the allowlist"))
    return found


def _asked(kind: str, one: str, many: str) -> WaitingItem:
    count = AllowlistRequest.objects.filter(state="open", kind=kind).count()
    words = f"1 {one} is asked for" if count == 1 else f"{count} {many} are asked for"
    query = urlencode({"state": "open", "kind": kind})
    return WaitingItem(count, words, f"{reverse('capture_policies:request_list')}?{query}")


def _ending() -> WaitingItem:
    """Entries that leave by themselves within two weeks, unless somebody gives them a later day."""
    last = timezone.now().astimezone(UTC).date() + allowlist.SOON
    live = allowlist.live()
    lines = live.lines if live else ()
    count = sum(line.entry.expires is not None and line.entry.expires <= last for line in lines)
    words = "1 entry of the allowlist ends" if count == 1 else f"{count} entries of the allowlist end"
    url = f"{reverse('capture_policies:allowlist')}?attention=expiring"
    return WaitingItem(count, f"{words} within {allowlist.SOON.days} days", url)
