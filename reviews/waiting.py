"""What waits for somebody in reviews, for the home page."""

from __future__ import annotations

from django.urls import reverse

from accounts import permissions
from accounts.models import User
from accounts.waiting import WaitingItem
from audits.formats import plural
from reviews import querysets


def waiting(user: User) -> list[WaitingItem]:
    """Sampled sessions without a verdict, and open findings."""
    found = []
    if permissions.has(user, "reviews.record_review"):
        items = querysets.items_visible_to(user).filter(reviews__isnull=True, session__state="available")
        found.append(_item(items.count(), "sampled session", "to review", reverse("reviews:sample_list")))
    if permissions.has(user, "reviews.close_finding"):
        findings = querysets.findings_visible_to(user).filter(state="open")
        url = reverse("reviews:finding_list") + "?state=open"
        found.append(_item(findings.count(), "finding", "to close", url))
    return [item for item in found if item.count]


def _item(count: int, noun: str, rest: str, url: str) -> WaitingItem:
    return WaitingItem(count, f"{plural(count, noun)} {rest}", url)
