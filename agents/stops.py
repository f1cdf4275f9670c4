"""What a stop has reached: which devices are proven stopped, which were told, which are bounded by their
lease.

- ``proven``: the agent said after the stop that it captures nothing and holds a lease that allows nothing;
  or no lease that allows capture is alive any more.
- ``told``: it got a lease that allows nothing and has not confirmed yet.
- ``bounded``: it has not asked since. Its last lease ends by itself at ``capture_until``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Q, QuerySet, Value, When

from agents.models import CaptureStop, Device, DeviceQuerySet


@dataclass(frozen=True)
class StopProgress:
    """``last_bound`` is the time by which the last device of the scope is stopped, whatever happens."""

    total: int
    proven: int
    told: int
    bounded: int
    last_bound: datetime | None

    @property
    def complete(self) -> bool:
        return self.proven == self.total


def devices(stop: CaptureStop, now: datetime) -> QuerySet[Any]:
    """The devices of the scope, each a Device with ``proof``; revoked ones count until their last lease is
    over.
    """
    revoked = Device.objects.revoked().filter(capture_until__gt=now)
    scope: DeviceQuerySet = Device.objects.in_scope(stop)
    if stop.scope == "programme":
        scope = scope | revoked
    return scope.annotate(proof=_proof(stop, now)).order_by("proof", "name", "pk")


def _proof(stop: CaptureStop, now: datetime) -> Case:
    over = Q(capture_until__isnull=True) | Q(capture_until__lte=now)
    told = Q(lease_issued_at__gte=stop.stopped_at) & ~Q(lease_state="on")
    confirmed = Q(reported_at__gte=stop.stopped_at) & ~Q(capture_state="on")
    return Case(
        When(over | (told & confirmed), then=Value("proven")),
        When(told, then=Value("told")),
        default=Value("bounded"),
        output_field=CharField(),
    )


def progress(stop: CaptureStop, now: datetime) -> StopProgress:
    rows = list(devices(stop, now).values_list("proof", "capture_until"))
    counts = {kind: sum(proof == kind for proof, _ in rows) for kind in ("proven", "told", "bounded")}
    ends = [until for proof, until in rows if proof != "proven" and until is not None]
    return StopProgress(total=len(rows), last_bound=max(ends, default=None), **counts)
