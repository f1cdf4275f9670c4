"""What a stop or a drill is about, in words; and which apps and sites there are to stop."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import Department
from agents.models import CaptureStop, StopDrill
from capture_policies import queries
from capture_policies.models import PolicyVersion, Rollout

SCOPE_CHOICES = [
    ("programme", "The whole programme"),
    ("place", "A place"),
    ("department", "A department"),
    ("entry", "An app or site"),
    ("person", "One person"),
    ("device", "A device"),
]


def stoppable_entries() -> dict[str, str]:
    """Entry id -> label, of what is live and of what is on its way."""
    versions: list[PolicyVersion | None] = [queries.live_version()]
    versions += [
        rollout.release.version
        for rollout in Rollout.objects.open().select_related("release__version").order_by("started_at")
    ]
    policies = [queries.policy_of(version) for version in versions]
    return {entry.id: entry.label for policy in policies if policy is not None for entry in policy.entries}


def scope_words(found: CaptureStop | StopDrill) -> str:
    """What one stop is about."""
    return words_of([found])[0]


def words_of(rows: Iterable[CaptureStop | StopDrill]) -> list[str]:
    """What each is about; two questions at most, however many they are. A person is never named."""
    rows = list(rows)
    values = {
        scope: [row.scope_value for row in rows if row.scope == scope] for scope in ("department", "entry")
    }
    departments: dict[str, str] = {}
    if values["department"]:
        found = Department.objects.filter(pk__in=values["department"]).values_list("pk", "name")
        departments = {str(pk): name for pk, name in found}
    entries = stoppable_entries() if values["entry"] else {}
    return [_words(row.scope, row.scope_value, departments, entries) for row in rows]


def _words(scope: str, value: str, departments: dict[str, str], entries: dict[str, str]) -> str:
    return {
        "programme": "The whole programme",
        "place": f"Place {value}",
        "department": f"Department {departments.get(value, value)}",
        "device": f"Device {value[:8]}",
        "person": "One person",
        "entry": f"{entries.get(value, value)} (app or site)",
    }[scope]
