"""What people do in the benchmarks of a fleet, inside the instance's own settings: one verb, JSON out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import django


def tokens(count: str) -> list[str]:
    """Enrolment tokens, each repeated as often as it may be used, of people whose law allows capture."""
    from django.utils import timezone

    from accounts.models import Subject
    from agents.actions import create_enrolment_token
    from agents.actions.enrolment import MAX_QUOTA
    from jurisdictions.rulings import ruling_for
    from tests.end_to_end.acts import _actor

    found: list[str] = []
    now = timezone.now()
    for subject in Subject.objects.filter(user__is_active=True).order_by("pseudonym"):
        if not ruling_for(subject, at=now, personal_device=False).capture:
            continue
        quota = min(MAX_QUOTA, int(count) - len(found))
        if quota < 1:
            break
        _token, secret = create_enrolment_token(
            subject=subject, label="bench", quota=quota, actor=_actor("admin")
        )
        found += [secret] * quota
    return found


def start(number: str, percent: str) -> dict[str, Any]:
    """A first wave of so many percent, then everybody."""
    from capture_policies.actions.rollouts import WavePlan, start_rollout
    from capture_policies.models import Release
    from tests.end_to_end.acts import _actor

    rollout = start_rollout(
        release=Release.objects.get(number=int(number)),
        waves=(WavePlan(int(percent), 10), WavePlan(100)),
        reason="Benchmark",
        actor=_actor("admin", 1),
    )
    return {"rollout": str(rollout.pk), "at": rollout.started_at.timestamp()}


def live() -> dict[str, Any]:
    from capture_policies.queries import live_release

    release = live_release()
    assert release is not None
    return {"number": release.number, "digest": release.digest}


def rollouts() -> list[dict[str, Any]]:
    """Every rollout with its waves and deliveries, the newest first."""
    from agents.models import Delivery
    from capture_policies.models import Rollout

    return [
        {
            "id": str(rollout.pk),
            "release": rollout.release.number,
            "digest": rollout.release.digest,
            "state": rollout.state,
            "why": rollout.halt_reason,
            "only": rollout.only_release,
            "ended": rollout.finished_at.timestamp() if rollout.finished_at else None,
            "opened": [wave.number for wave in rollout.waves.all() if wave.started_at],
            "deliveries": Delivery.objects.of_rollout(rollout.pk).funnel(),
            "members": [
                str(pk) for pk in Delivery.objects.of_rollout(rollout.pk).values_list("device", flat=True)
            ],
        }
        for rollout in Rollout.objects.select_related("release").order_by("-started_at")[:5]
    ]


def named(number: str) -> list[str]:
    """Devices for which a lease on this release was ever signed."""
    from agents.models import Lease

    rows = Lease.objects.filter(release_number=int(number)).values_list("device", flat=True)
    return sorted({str(pk) for pk in rows})


def stop() -> dict[str, Any]:
    from agents.actions import open_stop
    from tests.end_to_end.acts import _actor

    made = open_stop(scope="programme", reason="Benchmark", actor=_actor("privacy_officer"))
    return {
        "stop": str(made.pk),
        "at": made.stopped_at.timestamp(),
        "worst_case": made.worst_case.timestamp() if made.worst_case else None,
    }


def progress(pk: str) -> dict[str, Any]:
    from dataclasses import asdict

    from django.utils import timezone

    from agents import stops
    from agents.models import CaptureStop

    found = asdict(stops.progress(CaptureStop.objects.get(pk=pk), timezone.now()))
    end = found.pop("last_bound")
    return {**found, "last_bound": end.timestamp() if end else None}


def proven(pk: str) -> list[str]:
    from django.utils import timezone

    from agents import stops
    from agents.models import CaptureStop

    rows = stops.devices(CaptureStop.objects.get(pk=pk), timezone.now())
    return [str(device.pk) for device in rows if device.proof == "proven"]


def confirmed(since: str) -> list[float]:
    """Seconds from a moment until the server had each device's signed confirmation, by the log."""
    from audits.models import AuditEntry

    first: dict[str, float] = {}
    rows = AuditEntry.objects.filter(action="agents.record_heartbeat").order_by("pk")
    for entry in rows:
        at = entry.at.timestamp() - float(since)
        if at > 0:
            first.setdefault(str(entry.object_id), at)
    return sorted(first.values())


def restart(pk: str) -> dict[str, Any]:
    """One asks and is refused as the second; another one confirms."""
    from agents.actions import confirm_restart, request_restart
    from agents.models import CaptureStop
    from mci_core.errors import ActionError
    from tests.end_to_end.acts import _actor

    made = CaptureStop.objects.get(pk=pk)
    request_restart(stop=made, reason="Benchmark", actor=_actor("privacy_officer"))
    refused = ""
    try:
        confirm_restart(stop=made, actor=_actor("privacy_officer"))
    except ActionError as fault:
        refused = fault.code
    made = confirm_restart(stop=made, actor=_actor("admin"))
    assert made.restarted_at is not None
    return {"refused": refused, "at": made.restarted_at.timestamp()}


VERBS: dict[str, Callable[..., Any]] = {
    verb.__name__: verb
    for verb in (tokens, start, live, rollouts, named, stop, progress, proven, confirmed, restart)
}


def main() -> None:
    django.setup()
    verb, *words = sys.argv[1:]
    print(json.dumps(VERBS[verb](*words)))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mci_admin.settings")
    main()
