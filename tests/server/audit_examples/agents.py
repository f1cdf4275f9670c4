"""Examples of the actions on devices, leases, deliveries, commands and stops."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from agents import actions, wire
from agents.models import CaptureStop, DeviceCommand, EnrolmentToken, Lease, StopDrill
from tests.server.agents.test_enrolment import said
from tests.server.cast import REASON, Cast

DIGEST = "c" * 64


def _token(cast: Cast) -> tuple[EnrolmentToken, str]:
    return actions.create_enrolment_token(
        subject=cast.subject(), label="New laptop", actor=cast.actor("admin")
    )


def _create_enrolment_token(cast: Cast) -> None:
    _token(cast)


def _revoke_enrolment_token(cast: Cast) -> None:
    actions.revoke_enrolment_token(token=_token(cast)[0], reason=REASON, actor=cast.actor("admin"))


def _enrol_device(cast: Cast) -> None:
    body = said(_token(cast)[1], Ed25519PrivateKey.generate())
    request = wire.decode(json.dumps(body).encode(), wire.Enrolment)
    actions.enrol_device(request=request, actor=cast.device_actor())


def _revoke_device(cast: Cast) -> None:
    actions.revoke_device(device=cast.device, reason=REASON, actor=cast.actor("admin"))


def _renew_lease(cast: Cast) -> None:
    report = wire.LeaseReport(capture_state="stopped", clock=int(time.time()))
    actions.renew_lease(device=cast.device, report=report, actor=cast.device_actor())


def _record_heartbeat(cast: Cast) -> None:
    cast.device.lease_state, cast.device.capture_state = "stopped", "on"
    heartbeat = wire.Heartbeat(capture_state="stopped")
    actions.record_heartbeat(device=cast.device, heartbeat=heartbeat, actor=cast.device_actor())


def _forget_leases(cast: Cast) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    Lease.objects.create(device=cast.device, state="stopped", issued_at=long_ago, expires_at=long_ago)
    actions.forget_leases(actor=cast.system())


def _create_deliveries(cast: Cast) -> None:
    actions.create_deliveries(
        rollout_id=uuid.uuid4(),
        wave=1,
        release_number=1,
        digest=DIGEST,
        device_ids=[cast.device.pk],
        actor=cast.system(),
    )


def _assign_release(cast: Cast) -> None:
    actions.assign_release(device_ids=[cast.device.pk], number=1, digest=DIGEST, actor=cast.system())


def _record_acks(cast: Cast) -> None:
    _create_deliveries(cast)
    _assign_release(cast)
    ack = wire.Ack(release=1, digest=DIGEST, state="applied", at=int(time.time()))
    actions.record_acks(device=cast.device, items=[ack], actor=cast.device_actor())


def _purge(cast: Cast) -> DeviceCommand:
    return actions.order_purge(device=cast.device, sessions="all", actor=cast.system())


def _order_purge(cast: Cast) -> None:
    _purge(cast)


def _finish_command(cast: Cast) -> None:
    command = _purge(cast)
    result = wire.CommandResult(result="done", counts={"sessions": 1})
    actions.finish_command(
        device=cast.device, command_id=command.pk, result=result, actor=cast.device_actor()
    )


def _stop(cast: Cast) -> CaptureStop:
    return actions.open_stop(scope="programme", reason=REASON, actor=cast.actor("officer"))


def _open_stop(cast: Cast) -> None:
    _stop(cast)


def _asked(cast: Cast) -> CaptureStop:
    return actions.request_restart(stop=_stop(cast), reason=REASON, actor=cast.actor("officer"))


def _request_restart(cast: Cast) -> None:
    _asked(cast)


def _confirm_restart(cast: Cast) -> None:
    actions.confirm_restart(stop=_asked(cast), actor=cast.actor("admin"))


def _set_tags(cast: Cast) -> None:
    actions.set_tags(device=cast.device, tags=["pilot"], actor=cast.actor("admin"))


def _drill(cast: Cast) -> StopDrill:
    return actions.start_drill(scope="programme", reason=REASON, actor=cast.actor("officer"))


def _start_drill(cast: Cast) -> None:
    _drill(cast)


def _end_drill(cast: Cast) -> None:
    actions.end_drill(drill=_drill(cast), actor=cast.actor("officer"))


def _record_security_event(cast: Cast) -> None:
    actions.record_security_event(code="replayed", device=cast.device, actor=cast.system())


EXAMPLES: dict[str, Callable[[Cast], Any]] = {
    "agents.create_enrolment_token": _create_enrolment_token,
    "agents.revoke_enrolment_token": _revoke_enrolment_token,
    "agents.enrol_device": _enrol_device,
    "agents.revoke_device": _revoke_device,
    "agents.renew_lease": _renew_lease,
    "agents.record_heartbeat": _record_heartbeat,
    "agents.forget_leases": _forget_leases,
    "agents.create_deliveries": _create_deliveries,
    "agents.assign_release": _assign_release,
    "agents.record_acks": _record_acks,
    "agents.order_purge": _order_purge,
    "agents.finish_command": _finish_command,
    "agents.open_stop": _open_stop,
    "agents.request_restart": _request_restart,
    "agents.confirm_restart": _confirm_restart,
    "agents.set_tags": _set_tags,
    "agents.start_drill": _start_drill,
    "agents.end_drill": _end_drill,
    "agents.record_security_event": _record_security_event,
}
