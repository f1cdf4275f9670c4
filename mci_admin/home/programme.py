"""How the programme stands, in a few numbers for every staff role: what captures, what is live, what is
stopped, and whether the log was found intact.

Each number is one bounded query and about the whole programme; nothing here is about a person, a device or a
group. A number is shown to those for whom the page behind it opens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import has
from agents.models import CaptureStop, Device
from audits import formats, reading
from capture_policies.models import Rollout
from capture_policies.queries import live_release

LOG = "Last full check of the log"


@dataclass(frozen=True)
class Standing:
    """One tile: a name, a value, what it means or since when, and the page behind it."""

    label: str
    value: str
    hint: str
    url: str
    tone: str = ""
    icon: str = ""
    at: datetime | None = None


def standing(user: User) -> list[Standing]:
    """The tiles for this person; empty for somebody without a staff role."""
    parts = (
        ("agents.view_stops", _capturing),
        ("capture_policies.view", _live),
        ("agents.view_stops", _stops),
        ("audits.view", _log),
    )
    now = timezone.now()
    return [make(now) for permission, make in parts if has(user, permission)]


def _capturing(now: datetime) -> Standing:
    active, capturing = Device.objects.active().count(), Device.objects.in_situation("capturing", now).count()
    hint = f"of {formats.plural(active, 'device')} enrolled"
    url = reverse("capture_policies:stop")
    return Standing("Capturing now", formats.count(capturing), hint, url, icon="device-desktop")


def _live(now: datetime) -> Standing:
    release, url = live_release(), reverse("capture_policies:rollout_list")
    running = Rollout.objects.running().order_by("-started_at").first()
    if running is not None:
        url = reverse("capture_policies:rollout_detail", args=[running.pk])
    if release is None:
        hint = "the first one is on its way" if running else "nothing is captured anywhere"
        return Standing("Live release", "none", hint, url, icon="certificate")
    hint = "another one is on its way" if running else release.version.title
    return Standing("Live release", str(release.number), hint, url, icon="certificate")


def _stops(now: datetime) -> Standing:
    number, url = CaptureStop.objects.open().count(), reverse("capture_policies:stop")
    hint, tone = ("capture is off there until two people restart it", "warn") if number else ("", "")
    return Standing("Open stops", str(number) if number else "none", hint, url, tone, icon="hand-stop")


def _log(now: datetime) -> Standing:
    verdict, url = reading.last_verdict(), reverse("audits:entry_list")
    if verdict is None:
        return Standing(LOG, "not yet", "runs every hour", url, icon="shield-check")
    facts = reading.leaf_of(verdict)["facts"]
    where = {"files": " in the exported files", "database": " in the database"}.get(facts.get("read", ""), "")
    if verdict.action == "audits.log_broken":
        hint = str(facts.get("fault", ""))
        return Standing(LOG, "broken", hint, url, "danger", "alert-triangle", verdict.at)
    hint = f"{formats.plural(facts['size'], 'entry', 'entries')}{where}" if "size" in facts else ""
    return Standing(LOG, "intact", hint, url, "ok", "shield-check", verdict.at)
