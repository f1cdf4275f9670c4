"""Decides whether a request comes from a device, just now and for the first time. Every agent endpoint goes
through here.

Order: method, size, form of the token, known device, signature over method, path and body, first use, not
revoked, rate. A security event among the refusals is logged (once a minute and device), without content.
"""

from __future__ import annotations

import functools
import hashlib
import time
import uuid
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from agents import limits
from agents.actions.security import record_security_event
from agents.models import Device
from audits.actor import Actor
from mci_core import request_token
from mci_core.errors import ActionError, Forbidden, Invalid, TooLarge, Unauthenticated

SCHEME = "MCI-Device "
#: Bodies of the small endpoints; uploads name their own limit.
MAX_BODY = 64 * 1024
MAX_TOKEN_LENGTH = 4096
#: Refusals that somebody should look at. A clock that is off is not one of them.
SECURITY_CODES = frozenset(
    {
        "unknown_device",
        "bad_signature",
        "token_malformed",
        "token_audience",
        "token_mismatch",
        "replayed",
        "device_revoked",
    }
)

View = Callable[..., HttpResponse]


class MethodNotAllowedError(ActionError):
    status = 405
    code = "method_not_allowed"


def device_view(method: str, *, max_body: int = MAX_BODY) -> Callable[[View], View]:
    """Wraps ``view(request, device, body, **path)``."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def run(request: HttpRequest, /, **kwargs: Any) -> HttpResponse:
            require_method(request, method)
            body = read_body(request, max_body)
            device = authenticate(request, body)
            if max_body <= MAX_BODY:
                # Uploads come in many parts; their budget of bytes bounds them instead.
                limits.require_rate("agent", str(device.pk))
            return view(request, device, body, **kwargs)

        run.mci_gate = "device"  # type: ignore[attr-defined]  # read by the access matrix
        return csrf_exempt(run)

    return decorate


def public_view(method: str, *, max_body: int = MAX_BODY) -> Callable[[View], View]:
    """Wraps ``view(request, body, **path)`` that needs no device: enrolment, signed files."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def run(request: HttpRequest, /, **kwargs: Any) -> HttpResponse:
            require_method(request, method)
            return view(request, read_body(request, max_body), **kwargs)

        run.mci_gate = "public"  # type: ignore[attr-defined]  # read by the access matrix
        return csrf_exempt(run)

    return decorate


def device_actor(request: HttpRequest, device: Device) -> Actor:
    return Actor.device(device.pk, request_id=getattr(request, "request_id", None))


def authenticate(request: HttpRequest, body: bytes) -> Device:
    """The device that signed exactly this request. Raises Unauthenticated or Forbidden with a code."""
    claimed: Device | None = None
    try:
        token = _token_of(request)
        claimed = _claimed(token)
        jti = request_token.verify(
            token,
            Ed25519PublicKey.from_public_bytes(bytes(claimed.public_key)),
            method=str(request.method),
            path=request.path,
            body_sha256=hashlib.sha256(body).hexdigest(),
            now=int(time.time()),
        )
        limits.remember_once(str(claimed.pk), jti)
        if claimed.revoked_at is not None:
            raise Forbidden("This device was revoked.", code="device_revoked")
    except (Unauthenticated, Forbidden) as refused:
        _report(request, refused.code, claimed)
        raise
    return claimed


def _token_of(request: HttpRequest) -> str:
    header = request.headers.get("Authorization", "")
    if not header.startswith(SCHEME) or len(header) > MAX_TOKEN_LENGTH:
        raise Unauthenticated("A request token of a device is needed.", code="token_missing")
    return header[len(SCHEME) :].strip()


def _claimed(token: str) -> Device:
    try:
        pk = uuid.UUID(request_token.device_of(token))
    except ValueError:
        raise Unauthenticated("No such device.", code="unknown_device") from None
    device: Device | None = Device.objects.select_related("subject").filter(pk=pk).first()
    if device is None:
        raise Unauthenticated("No such device.", code="unknown_device")
    return device


def _report(request: HttpRequest, code: str, device: Device | None) -> None:
    """A forged token names somebody else's device, so the entry is the system's, about that device."""
    who = str(device.pk) if device is not None else limits.origin(request)
    if code in SECURITY_CODES and limits.first_within(60, "refused", code, who):
        request_id = getattr(request, "request_id", None)
        record_security_event(
            code=code, device=device, actor=Actor.system("agent-api", request_id=request_id)
        )


def require_method(request: HttpRequest, method: str) -> None:
    if request.method != method:
        raise MethodNotAllowedError(f"Only {method} is possible here.")


def read_body(request: HttpRequest, limit: int) -> bytes:
    """At most ``limit`` bytes; more is refused before it is read where the length is said."""
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise Invalid("Content-Length is not a number.", code="malformed") from None
    if announced > limit:
        raise _too_large(limit)
    try:
        body = request.read(limit + 1)
    except UnreadablePostError:
        raise Invalid("The body ended early.", code="malformed") from None
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit} bytes.", code="body_too_large", extra={"limit": limit})
