"""What is captured on my devices, in words made from the policy that holds there."""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView

from accounts.access import EmployeePage
from agents import overlay
from agents.models import Device
from capture_policies import queries, words


class Captured(EmployeePage, TemplateView):
    """One part for each of the person's own devices."""

    template_name = "capture_policies/my_captured.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = (
            Device.objects.active().filter(subject__user_id=str(self.request.user.pk)).order_by("name", "pk")
        )
        return super().get_context_data(
            devices=[(device, _described(device)) for device in own],
            **kwargs,
        )


def _described(device: Device) -> dict[str, Any] | None:
    policy = queries.live_policy_for(device)
    if policy is None:
        return None
    off = set(overlay.excluded_entries(device))
    rows = [(row, row.id in off) for row in words.describe(policy)]
    return {"policy": policy, "rows": rows, "rules": words.describe_rules(policy)}
