"""The kill switch: one person stops a scope at once; a restart is asked for by one and confirmed by another.

Stopping needs no signature and no release: leases that allow capture are simply not renewed. The hint only
makes it faster; the end of the last lease is the proof.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import permissions
from agents import hints, stops
from agents.models import CaptureStop, Device
from agents.stop_scopes import check_scope, one_at_a_time
from audits import actions as log
from audits import reasons
from audits.actor import Actor
from audits.registry import audited
from mci_core.errors import Conflict


@audited("agents.open_stop")
def open_stop(*, scope: str, value: str = "", reason: str, actor: Actor) -> CaptureStop:
    """From now on no device in the scope gets a lease that allows capture."""
    permissions.require(actor, "agents.open_stop")
    value = check_scope(scope, value)
    reason = reasons.given(reason)
    one_at_a_time()
    if CaptureStop.objects.open().filter(scope=scope, scope_value=value).exists():
        raise Conflict("This is stopped already.", code="stopped_already")
    effect = stops.effect(scope, value, timezone.now())
    stop = CaptureStop.objects.create(
        scope=scope,
        scope_value=value,
        reason=reason,
        stopped_by=actor.user,
        worst_case=effect.worst_case,
    )
    # A stop of one person names nobody: not the pseudonym, not how many computers there are.
    single = scope == "person"
    log.append(
        action="agents.open_stop",
        actor=actor,
        obj=stop,
        reason=reason,
        facts={"scope": scope} if single else {"scope": scope, "devices": effect.devices},
        details={} if single else {"value": value},
    )
    # Whoever hears "stop" drops the lease at once; one app or site needs only another lease.
    _hint(stop, "lease" if scope == "entry" else "stop")
    return stop


@audited("agents.request_restart")
def request_restart(*, stop: CaptureStop, reason: str, actor: Actor) -> CaptureStop:
    """The first of two people who let a scope capture again."""
    permissions.require(actor, "agents.request_restart")
    reason = reasons.given(reason)
    stop = _open(stop)
    if stop.restart_requested_by_id is not None:
        raise Conflict(
            "A restart was asked for already; somebody else confirms it.", code="restart_requested"
        )
    stop.restart_requested_by = actor.user
    stop.restart_requested_at = timezone.now()
    stop.save(update_fields=["restart_requested_by", "restart_requested_at"])
    log.append(
        action="agents.request_restart",
        actor=actor,
        obj=stop,
        reason=reason,
        facts={"scope": stop.scope},
    )
    return stop


@audited("agents.confirm_restart")
def confirm_restart(*, stop: CaptureStop, actor: Actor) -> CaptureStop:
    """The second person; the same person twice is refused, here and by the database."""
    permissions.require(actor, "agents.confirm_restart")
    stop = _open(stop)
    if stop.restart_requested_by_id is None:
        raise Conflict("Nobody has asked for a restart yet.", code="restart_not_requested")
    if stop.restart_requested_by_id == getattr(actor.user, "pk", None):
        raise Conflict("A restart needs a second person.", code="second_person_needed")
    stop.restarted_by = actor.user
    stop.restarted_at = timezone.now()
    stop.save(update_fields=["restarted_by", "restarted_at"])
    log.append(
        action="agents.confirm_restart",
        actor=actor,
        obj=stop,
        facts={"scope": stop.scope, "requested_by": f"user:{stop.restart_requested_by_id}"},
    )
    _hint(stop, "lease")
    return stop


def _open(stop: CaptureStop) -> CaptureStop:
    stop = CaptureStop.objects.select_for_update().get(pk=stop.pk)
    if stop.restarted_at is not None:
        raise Conflict("This scope captures again already.", code="restarted_already")
    return stop


def _hint(stop: CaptureStop, kind: hints.Kind) -> None:
    named = (
        None
        if stop.scope in ("programme", "entry")
        else list(Device.objects.in_scope(stop).values_list("pk", flat=True))
    )
    transaction.on_commit(lambda: hints.publish(kind, devices=named))
