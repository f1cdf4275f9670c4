"""What agents ask of the server: enrol, renew a lease, confirm releases, say how they are, report on
commands.

Each view reads one body, calls one action and answers; refusals are translated by the middleware (RFC 9457).
Described in docs/agent-protocol.md.
"""

from __future__ import annotations

import base64
import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from agents import actions, lease_keys, limits, trust, wire
from agents.actions.leases import STREAM_PATH
from agents.device_auth import device_actor, device_view, public_view
from agents.models import Device
from audits.actor import Actor

ENROL_BODY = 8 * 1024


@public_view("POST", max_body=ENROL_BODY)
def enroll(request: HttpRequest, body: bytes) -> HttpResponse:
    limits.require_rate("enrol", limits.origin(request))
    wanted = wire.decode(body, wire.Enrolment)
    # Before the action: a device without a trust root could never check a policy.
    root = trust.root()
    device = actions.enrol_device(
        request=wanted,
        actor=Actor.device("enrolling", request_id=getattr(request, "request_id", None)),
    )
    answer = {
        "device": str(device.pk),
        "server_id": lease_keys.server_id(),
        "tuf_root": base64.b64encode(root).decode("ascii"),
        "stream_url": settings.STREAM_URL + STREAM_PATH,
        "lease_seconds": settings.LEASE_SECONDS,
    }
    return _private(JsonResponse(answer, status=201))


@device_view("POST")
def lease(request: HttpRequest, device: Device, body: bytes) -> HttpResponse:
    report = wire.decode(body, wire.LeaseReport)
    answer = actions.renew_lease(device=device, report=report, actor=device_actor(request, device))
    return _private(JsonResponse(answer.as_json()))


@device_view("POST")
def acks(request: HttpRequest, device: Device, body: bytes) -> HttpResponse:
    items = wire.decode(body, wire.Acks).items
    accepted = actions.record_acks(device=device, items=items, actor=device_actor(request, device))
    return JsonResponse({"accepted": accepted})


@device_view("POST")
def heartbeat(request: HttpRequest, device: Device, body: bytes) -> HttpResponse:
    actions.record_heartbeat(
        device=device, heartbeat=wire.decode(body, wire.Heartbeat), actor=device_actor(request, device)
    )
    return HttpResponse(status=204)


@device_view("POST")
def command_done(request: HttpRequest, device: Device, body: bytes, command: uuid.UUID) -> HttpResponse:
    actions.finish_command(
        device=device,
        command_id=command,
        result=wire.decode(body, wire.CommandResult),
        actor=device_actor(request, device),
    )
    return HttpResponse(status=204)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
