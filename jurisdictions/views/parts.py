"""What the staff pages about law share: their tabs, and who may act on them. None of them names a person."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts import permissions
from accounts.access import StaffPage

_TABS = (
    ("Notices", "jurisdictions:notice_list"),
    ("Agreements", "jurisdictions:agreement_list"),
    ("Law packs", "jurisdictions:pack_list"),
    ("Why on or off", "jurisdictions:why"),
)


class LawPage(StaffPage):
    permission = "jurisdictions.view"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]  # of the page beside it
            section_tabs=[{"label": label, "url": reverse(name)} for label, name in _TABS],
            may_publish=permissions.has(user, "jurisdictions.publish_notice"),
            may_record=permissions.has(user, "jurisdictions.record_agreement"),
            may_review=permissions.has(user, "jurisdictions.review_pack"),
            may_look=permissions.has(user, "jurisdictions.look_at_places"),
            today=timezone.now().date(),
            **kwargs,
        )
        return context
