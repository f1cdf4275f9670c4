"""What ``mci-sign`` asks: the bytes that wait for signatures, and a place for a signature.

An approver is known by the key that root names, never by an account: each request carries a token signed with
that key for exactly this request. A stolen session, token or server therefore signs nothing.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import time
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from agents import limits, wire
from agents.device_auth import MAX_TOKEN_LENGTH, read_body, require_method
from audits.actor import Actor
from capture_policies import key_status, key_steps, signing
from capture_policies.actions import ceremony
from capture_policies.models_keys import SigningRequest
from mci_core import request_token
from mci_core.errors import NotFound, Unauthenticated

SCHEME = "MCI-Approver "
MAX_BODY = 4096

View = Callable[..., HttpResponse]


class SignatureBody(msgspec.Struct):
    """Ed25519, hexadecimal."""

    signature: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}$")]


def approver_view(method: str) -> Callable[[View], View]:
    """Wraps ``view(request, key_id, body, **path)``."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def run(request: HttpRequest, /, **kwargs: Any) -> HttpResponse:
            require_method(request, method)
            body = read_body(request, MAX_BODY)
            limits.require_rate("agent", f"approver:{limits.origin(request)}")
            return view(request, _approver(request, body), body, **kwargs)

        run.mci_gate = "device"  # type: ignore[attr-defined]  # a key opens it, no person's account does
        return csrf_exempt(run)

    return decorate


@approver_view("GET")
def open_request(request: HttpRequest, key_id: str, body: bytes) -> HttpResponse:
    """``GET signing-request``: the open request, with the new root where there is one."""
    row = SigningRequest.objects.open_one()
    if row is None or row.targets is None:
        raise NotFound("Nothing waits for a signature of approvers.", code="nothing_waits")
    return JsonResponse(
        {
            "id": str(row.pk),
            "kind": row.kind,
            "reason": row.reason,
            "targets": base64.b64encode(bytes(row.targets)).decode("ascii"),
            "root": None if row.root is None else base64.b64encode(bytes(row.root)).decode("ascii"),
            "signed_by": sorted(row.signatures.values_list("key_id", flat=True)),
            "waits": key_status.waiting_words(row),
        }
    )


@approver_view("POST")
def sign(request: HttpRequest, key_id: str, body: bytes, request_id: UUID) -> HttpResponse:
    """``POST signing-request/<id>/signature``: one signature of this approver."""
    given = wire.decode(body, SignatureBody)
    row = SigningRequest.objects.filter(pk=request_id).first()
    if row is None:
        raise NotFound("There is no such request.", code="request_unknown")
    actor = Actor.system("mci-sign", request_id=getattr(request, "request_id", None))
    published = ceremony.sign_targets(request=row, key_id=key_id, signature=given.signature, actor=actor)
    row.refresh_from_db()
    return JsonResponse({"published": published, "waits": "" if published else key_status.waiting_words(row)})


def _approver(request: HttpRequest, body: bytes) -> str:
    """The id of the approver's key that signed exactly this request."""
    header = request.headers.get("Authorization", "")
    if not header.startswith(SCHEME) or len(header) > MAX_TOKEN_LENGTH:
        raise Unauthenticated("A request token of an approver is needed.", code="token_missing")
    token = header[len(SCHEME) :].strip()
    key_id = request_token.device_of(token)
    jti = request_token.verify(
        token,
        _public_key(key_id),
        method=str(request.method),
        path=request.path,
        body_sha256=hashlib.sha256(body).hexdigest(),
        now=int(time.time()),
    )
    limits.remember_once(key_id, jti)
    return key_id


def _public_key(key_id: str) -> Ed25519PublicKey:
    """An approver that the present root names, or the one that waits."""
    row = SigningRequest.objects.open_one()
    root = key_steps.root_over(row) if row is not None and row.targets else _present_root()
    if root is None or root.roles["targets"].threshold < 2 or key_id not in root.roles["targets"].keyids:
        raise Unauthenticated("This key is not that of an approver.", code="approver_unknown")
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(root.keys[key_id].keyval["public"]))


def _present_root() -> Any:
    return signing.current_root().signed if signing.is_founded() else None
