"""Decides what an agent may say: the exact shape and size of every body of the agent API.

A body that does not fit is refused with the place of the fault, never with the value found there. Fields
that are not known are ignored, so that a newer agent can talk to an older server.
"""

from __future__ import annotations

import re
import uuid
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from mci_core.errors import Invalid

T = TypeVar("T")

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=_PRINTABLE)]
Short = Annotated[str, Meta(max_length=40, pattern=_PRINTABLE)]
Code = Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,40}$")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
EntryId = Annotated[str, Meta(min_length=1, max_length=40, pattern=_PRINTABLE)]
Release = Annotated[int, Meta(ge=0, le=2_147_483_647)]
Count = Annotated[int, Meta(ge=0, le=9_007_199_254_740_991)]
Seconds = Annotated[int, Meta(ge=0, le=4_102_444_800)]
Counts = Annotated[dict[Code, Count], Meta(max_length=40)]
CaptureState = Literal["on", "paused", "stopped"]


class Platform(msgspec.Struct):
    os: Literal["windows", "macos", "linux"]
    version: Short = ""


class Enrolment(msgspec.Struct):
    token: Annotated[str, Meta(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]
    public_key: Annotated[str, Meta(min_length=43, max_length=44, pattern=r"^[A-Za-z0-9_-]{43}=?$")]
    proof: Annotated[str, Meta(min_length=86, max_length=88, pattern=r"^[A-Za-z0-9_-]{86}={0,2}$")]
    platform: Platform
    name: Name = "computer"
    agent_version: Short = ""


class LeaseReport(msgspec.Struct):
    """What the agent says of itself when it asks for a lease; ``lease`` is the id of the one it holds."""

    capture_state: CaptureState
    clock: Seconds
    highest_release: Release = 0
    applied_release: Release | None = None
    exclusions: Annotated[list[EntryId], Meta(max_length=500)] = []
    agent_version: Short = ""
    lease: uuid.UUID | None = None


class Ack(msgspec.Struct):
    release: Release
    digest: Digest
    state: Literal["fetched", "applied", "failed"]
    at: Seconds
    error: Code | None = None


class Acks(msgspec.Struct):
    items: Annotated[list[Ack], Meta(min_length=1, max_length=100)]


class Heartbeat(msgspec.Struct):
    """``dropped`` is read and not kept: what somebody's work consists of is no business of staff. With
    ``lease``, the id of the lease that it holds, the device confirms a stop.
    """

    capture_state: CaptureState
    applied_release: Release | None = None
    spool_bytes: Count = 0
    dropped: Counts = {}
    errors: Counts = {}
    lease: uuid.UUID | None = None


class CommandResult(msgspec.Struct):
    result: Literal["done", "failed"]
    detail_code: Code | None = None
    counts: Counts = {}


def decode(body: bytes, kind: type[T]) -> T:
    """``body`` as ``kind``; raises Invalid (``malformed`` for no JSON, ``invalid`` with the field
    otherwise).
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as fault:
        raise Invalid(
            "The body does not have the documented form.", field=_field_of(str(fault)), code="invalid"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Invalid("The body is not JSON in UTF-8.", code="malformed") from None


def _field_of(message: str) -> str | None:
    """msgspec says where (`` - at `$.items[0].at```) and sometimes what it found; only the former is told."""
    found = re.search(r"`\$\.?([^`]*)`$", message)
    missing = re.search(r"missing required field `(\w+)`", message)
    parts = [found.group(1) if found else "", missing.group(1) if missing else ""]
    return ".".join(part for part in parts if part) or None
