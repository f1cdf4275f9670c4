"""What waits for somebody in privacy requests, for the home page."""

from __future__ import annotations

from django.urls import reverse

from accounts import permissions
from accounts.models import User
from accounts.waiting import WaitingItem
from audits.formats import plural
from privacy_requests.models import PrivacyRequest


def waiting(user: User) -> list[WaitingItem]:
    """Requests that nobody has decided."""
    if not permissions.has(user, "privacy_requests.approve_request"):
        return []
    count = PrivacyRequest.objects.visible_to(user).waiting().count()
    if not count:
        return []
    url = reverse("privacy_requests:request_list") + "?state=received"
    return [WaitingItem(count, f"{plural(count, 'privacy request')} to decide", url)]
