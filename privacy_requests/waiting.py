"""What waits for somebody in privacy requests, for the home page."""

from __future__ import annotations

from django.urls import reverse

from accounts import permissions
from accounts.models import User
from accounts.waiting import WaitingItem
from audits.formats import plural
from privacy_requests.models import PrivacyRequest


def waiting(user: User) -> list[WaitingItem]:
    """Requests that nobody has decided, and granted ones that nobody has carried out."""
    if not permissions.has(user, "privacy_requests.approve_request"):
        return []
    rows = PrivacyRequest.objects.visible_to(user)
    found = ((rows.waiting(), "to decide", "received"), (rows.to_carry_out(), "to carry out", "approved"))
    url = reverse("privacy_requests:request_list")
    return [
        WaitingItem(count, f"{plural(count, 'privacy request')} {rest}", f"{url}?state={state}")
        for asked, rest, state in found
        if (count := asked.count())
    ]
