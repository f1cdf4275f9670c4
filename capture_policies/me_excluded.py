"""Apps I exclude: what is captured on the own devices, with a switch for each entry. It only tightens, and
nobody but the person sees it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.urls import reverse

from accounts.access import EmployeePage
from accounts.models import User
from accounts.pages import ActionPost
from agents import overlay
from agents.actions import exclude_entry, include_entry
from agents.models import Device
from audits.listing import Column, Empty, ListPage
from capture_policies import queries, words


@dataclass(frozen=True)
class Switch:
    """One app or site. ``off``: switched off here, for all devices; ``on_devices``: on these computers."""

    id: str
    label: str
    where: str
    captured: str
    off: bool
    on_devices: tuple[str, ...] = ()


class Excluded(EmployeePage, ListPage):
    template_name = "capture_policies/my_excluded.html"
    columns = (Column("App or site"), Column("Captured"), Column("For you"), Column("", quiet=True))
    search_fields: ClassVar[tuple[str, ...]] = ("label", "where")
    search_label = "Search apps and sites"
    noun = "app or site,apps and sites"
    page_size = 50
    empty = Empty(
        "Nothing is captured on your computers",
        "There is nothing to switch off.",
        icon="shield-check",
    )

    def get_queryset(self) -> Any:
        return switches(self.request.user)

    def _searched(self, rows: Any) -> Any:
        wanted = [word.casefold() for word in self._search.split()]
        return [row for row in rows if all(word in f"{row.label} {row.where}".casefold() for word in wanted)]

    def _sorted(self, rows: Any) -> Any:
        return rows


class Exclude(EmployeePage, ActionPost):
    success_message = (
        "Switched off. Your computers leave it alone within seconds, or with their next contact."
    )

    def act(self, **kwargs: Any) -> str:
        exclude_entry(entry=self.request.POST.get("entry", ""), actor=self.actor)
        return _back(self.request)


class Include(EmployeePage, ActionPost):
    success_message = "The policy decides there again."

    def act(self, **kwargs: Any) -> str:
        include_entry(entry=self.request.POST.get("entry", ""), actor=self.actor)
        return _back(self.request)


def switches(user: Any) -> list[Switch]:
    """What may be captured on at least one own device, by name; then what is off and no longer listed."""
    subject = user.own_subject_id if isinstance(user, User) else None
    devices = list(Device.objects.active().filter(subject=subject).order_by("name", "pk"))
    off = overlay.of_subject(subject)
    found: dict[str, Switch] = {}
    for device in devices:
        policy = queries.live_policy_for(device)
        for entry in policy.entries if policy else ():
            if entry.signals and entry.id not in found:
                row = words.describe_entry(entry)
                found[entry.id] = Switch(entry.id, row.label, row.where, row.captured, entry.id in off)
        for entry_id in set(device.exclusions) & found.keys():
            known = found[entry_id]
            found[entry_id] = replace(known, on_devices=(*known.on_devices, device.name))
    gone = [Switch(entry, entry, "", "no longer captured", True) for entry in sorted(off - found.keys())]
    return [*sorted(found.values(), key=lambda row: (row.label.casefold(), row.id)), *gone]


def _back(request: Any) -> str:
    """To the list as it was searched."""
    search = request.POST.get("q", "")[:100]
    address = reverse("capture_policies_me:excluded")
    return f"{address}?{urlencode({'q': search})}" if search else address
