"""Decides who may open a stream: a ticket names one device, its shard and an end, under an HMAC-SHA-256.

The gateway has no database; a ticket is all that it checks. It is handed out with a lease, so a device that
no longer gets leases runs out of tickets. What a stream carries is no secret: hints that say "renew your
lease now".

Form: ``base64url(payload) "." base64url(mac)`` with payload ``{"d": device, "s": shard, "e": unix seconds}``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass

#: An hour: long enough to survive several renewals, short enough that a revoked device is off the stream
#: soon.
TICKET_SECONDS = 3600
MAX_TICKET_LENGTH = 512
_CONTEXT = b"mci-stream-ticket/1"


class TicketRefusedError(Exception):
    """``code`` is one of ``ticket_malformed``, ``ticket_forged``, ``ticket_expired``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Ticket:
    device: str
    shard: int
    expires_at: int


def issue(ticket: Ticket, secret: str) -> str:
    """Ticket text, signed with the newest secret."""
    body = {"d": ticket.device, "s": ticket.shard, "e": ticket.expires_at}
    payload = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
    return f"{_b64(payload)}.{_b64(_mac(payload, secret))}"


def check(text: str, secrets: Sequence[str], *, now: int) -> Ticket:
    """The ticket, if one of ``secrets`` signed it and it lives. Raises :class:`TicketRefusedError`."""
    payload, mac = _split(text)
    matches = [hmac.compare_digest(mac, _mac(payload, secret)) for secret in secrets]
    if not any(matches):
        raise TicketRefusedError("ticket_forged")
    ticket = _ticket(payload)
    if ticket.expires_at <= now:
        raise TicketRefusedError("ticket_expired")
    return ticket


def _split(text: str) -> tuple[bytes, bytes]:
    head, dot, tail = text.partition(".")
    if len(text) > MAX_TICKET_LENGTH or not dot:
        raise TicketRefusedError("ticket_malformed")
    try:
        return _unb64(head), _unb64(tail)
    except (binascii.Error, ValueError):
        raise TicketRefusedError("ticket_malformed") from None


def _ticket(payload: bytes) -> Ticket:
    try:
        body = json.loads(payload)
        return Ticket(device=str(body["d"]), shard=int(body["s"]), expires_at=int(body["e"]))
    except (ValueError, KeyError, TypeError):
        raise TicketRefusedError("ticket_malformed") from None


def _mac(payload: bytes, secret: str) -> bytes:
    key = hashlib.sha256(_CONTEXT + secret.encode()).digest()
    return hmac.new(key, payload, hashlib.sha256).digest()


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _unb64(text: str) -> bytes:
    padded = text.encode("ascii") + b"=" * (-len(text) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)
