"""What a stop has reached: who is proven stopped, who stopped with the lease, who was told, who is pending.

- ``proven``: the agent said after the stop, in a request signed with the device's key, that it captures
  nothing, and that it holds a lease of after the stop which allows nothing (or excludes the app or site), or
  has dropped its lease. An agent never goes back to an older lease and accepts none that it asked for
  before it dropped one, so nothing can undo this.
- ``ended``: no lease that allows capture is alive any more; it stopped by itself at ``bound``.
- ``told``: such a lease was signed for it, and it has not confirmed yet.
- ``pending``: it has not asked since. Its last lease ends by itself at ``bound``.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from agents.models import CaptureStop, Device, DeviceQuerySet, Lease

PROOFS: tuple[tuple[str, str], ...] = (
    ("proven", "Proven stopped"),
    ("ended", "Stopped by its lease"),
    ("told", "Told, not confirmed"),
    ("pending", "Pending"),
)


#: What an agent says that dropped its lease because of a stop and has not asked for another one.
DROPPED = uuid.UUID(int=0)


@dataclass(frozen=True)
class StopProgress:
    """``last_bound`` is the time by which the last device of the scope is stopped, whatever happens."""

    total: int
    proven: int
    ended: int
    told: int
    pending: int
    last_bound: datetime | None

    @property
    def stopped(self) -> int:
        return self.proven + self.ended

    @property
    def complete(self) -> bool:
        return self.stopped == self.total


@dataclass(frozen=True)
class Effect:
    """What a stop of a scope would do at this moment; ``worst_case`` None: nothing can capture."""

    devices: int
    capturing: int
    worst_case: datetime | None


def effect(scope: str, value: str, now: datetime) -> Effect:
    """How many devices a stop is about, how many of them may capture, and when the last one stops at the
    latest.
    """
    rows = _about(scope, value, now)
    able = rows.filter(capture_until__gt=now)
    return Effect(rows.count(), able.count(), able.aggregate(end=Max("capture_until"))["end"])


def devices(stop: CaptureStop, now: datetime) -> QuerySet[Any]:
    """The devices of the scope, each a Device with ``proof`` and ``bound``; revoked ones count until their
    last lease is over.
    """
    rows = _about(stop.scope, stop.scope_value, now).annotate(bound=_bound(stop))
    return rows.annotate(proof=_proof(stop, now)).order_by("proof", "name", "pk")


def _about(scope: str, value: str, now: datetime) -> DeviceQuerySet:
    rows: DeviceQuerySet = Device.objects.in_scope_of(scope, value)
    if scope in ("programme", "entry"):
        rows = rows | Device.objects.revoked().filter(capture_until__gt=now)
    return rows


def _bound(stop: CaptureStop) -> Any:
    """When the last lease ends under which the device may capture what is stopped."""
    if stop.scope != "entry":
        return F("capture_until")
    without = Lease.objects.filter(device=OuterRef("pk"), state="on").exclude(
        excluded_entries__contains=[stop.scope_value]
    )
    return Subquery(without.order_by("-issued_at").values("expires_at")[:1])


def _proof(stop: CaptureStop, now: datetime) -> Case:
    held = Lease.objects.filter(
        pk=OuterRef("held_lease"), device=OuterRef("pk"), issued_at__gte=stop.stopped_at
    )
    given = Q(lease_issued_at__gte=stop.stopped_at)
    if stop.scope == "entry":
        closed = ~Q(state="on") | Q(excluded_entries__contains=[stop.scope_value])
        confirmed = _is(held, closed)
        latest = Lease.objects.filter(device=OuterRef("pk"), issued_at=OuterRef("lease_issued_at"))
        told = given & _is(latest, closed)
    else:
        said = Q(reported_at__gte=stop.stopped_at) & ~Q(capture_state="on")
        confirmed = (Q(held_lease=DROPPED) | _is(held, ~Q(state="on"))) & said
        told = given & ~Q(lease_state="on")
    over = Q(bound__isnull=True) | Q(bound__lte=now)
    return Case(
        When(confirmed, then=Value("proven")),
        When(over, then=Value("ended")),
        When(told, then=Value("told")),
        default=Value("pending"),
        output_field=CharField(),
    )


def _is(lease: QuerySet[Lease], closed: Q) -> Q:
    """Whether the one lease is there and closed; no filter, and no EXISTS: each lets the planner read many
    leases at once to find one by its key.
    """
    answer = lease.annotate(closed=ExpressionWrapper(closed, output_field=BooleanField()))
    return Q(Subquery(answer.values("closed")[:1]))


def progress(stop: CaptureStop, now: datetime) -> StopProgress:
    rows = list(devices(stop, now).values_list("proof", "bound"))
    counts = {kind: sum(proof == kind for proof, _ in rows) for kind, _ in PROOFS}
    ends = [until for proof, until in rows if proof in ("told", "pending") and until is not None]
    return StopProgress(total=len(rows), last_bound=max(ends, default=None), **counts)
