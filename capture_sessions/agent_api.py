"""The upload endpoints for agents: announce by manifest, send the missing parts, complete. See
docs/agent-protocol.md.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse

from agents.device_auth import device_actor, device_view
from agents.models import Device
from capture_sessions import actions, ingest
from capture_sessions.proof import MAX_PART_BYTES
from mci_core.errors import Invalid

#: A manifest of the largest allowed session stays well below this.
MAX_MANIFEST_BYTES = 1024 * 1024


def _manifest_body(body: bytes) -> tuple[dict[str, Any], str]:
    try:
        document = json.loads(body)
        manifest, signature = document["manifest"], document["signature"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Invalid("The body must hold a manifest and its signature.", code="malformed") from None
    if not isinstance(manifest, dict) or not isinstance(signature, str):
        raise Invalid("The body must hold a manifest and its signature.", code="malformed")
    return manifest, signature


@device_view("PUT", max_body=MAX_MANIFEST_BYTES)
def put_manifest(request: HttpRequest, device: Device, body: bytes, pk: UUID) -> HttpResponse:
    """Open or continue an upload; answers the indexes of the parts that are missing."""
    manifest, signature = _manifest_body(body)
    actor = device_actor(request, device)
    missing = ingest.begin(device=device, session_id=pk, document=manifest, signature=signature, actor=actor)
    return JsonResponse({"missing": missing})


@device_view("PUT", max_body=MAX_PART_BYTES)
def put_part(request: HttpRequest, device: Device, body: bytes, pk: UUID, index: int) -> HttpResponse:
    """Store one part; the same bytes again are fine."""
    actions.store_part(
        device=device, session_id=pk, index=index, data=body, actor=device_actor(request, device)
    )
    return HttpResponse(status=204)


@device_view("POST")
def complete(request: HttpRequest, device: Device, body: bytes, pk: UUID) -> HttpResponse:
    """Examine and accept a finished upload; asked again it gives the same answer with 200."""
    session, accepted_now = ingest.complete(device=device, session_id=pk, actor=device_actor(request, device))
    answer = {"session": str(session.pk), "state": session.state}
    return JsonResponse(answer, status=201 if accepted_now else 200)
