"""How a work computer becomes a device, and how it stops being one.

A token is made for one subject, told once, and kept as a digest. Enrolling proves possession of the
device's private key. The quota is counted under a lock on the token's row, so that two computers cannot
share one use.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import uuid
from datetime import timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction
from django.utils import timezone

from accounts import permissions
from accounts.models import Subject
from agents import hints
from agents.models import Device, EnrolmentToken
from agents.wire import Enrolment
from audits import actions as log
from audits import reasons
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from mci_core.errors import ActionError, Conflict, Invalid, Unauthenticated

MAX_QUOTA = 20
MAX_DAYS = 30
SHARDS = 16
_PROOF_CONTEXT = b"mci-enrol\n"


class ExpiredError(ActionError):
    status = 410
    code = "enrolment_token_expired"


@audited("agents.create_enrolment_token")
def create_enrolment_token(
    *,
    subject: Subject,
    label: str,
    actor: Actor,
    quota: int = 1,
    days: int = 7,
    personal_device: bool = False,
) -> tuple[EnrolmentToken, str]:
    """(row, secret). The secret is told here and never again."""
    permissions.require(actor, "agents.create_enrolment_token")
    if not label.strip():
        raise Invalid("Say what the token is for.", field="label")
    if not 1 <= quota <= MAX_QUOTA:
        raise Invalid(f"A token enrols 1 to {MAX_QUOTA} devices.", field="quota")
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(f"A token lives 1 to {MAX_DAYS} days.", field="days")
    if subject.erased_at is not None:
        raise Conflict("This person's data was erased.", field="subject")
    # A fixed beginning: the secret is recognisable in a leak scan and never looks like an option.
    secret = "mci_enrol_" + secrets.token_urlsafe(32)
    token = EnrolmentToken.objects.create(
        subject=subject,
        label=label.strip()[:80],
        secret_sha256=_digest(secret),
        quota=quota,
        personal_device=personal_device,
        created_by=actor.user,
        expires_at=timezone.now() + timedelta(days=days),
    )
    # No subject: the one who makes a token knows the person's name, and the log must not tell the pseudonym.
    log.append(
        action="agents.create_enrolment_token",
        actor=actor,
        obj=token,
        facts={"quota": quota, "days": days, "personal_device": personal_device},
        details={"label": token.label},
    )
    return token, secret


@audited("agents.revoke_enrolment_token")
def revoke_enrolment_token(*, token: EnrolmentToken, reason: str, actor: Actor) -> EnrolmentToken:
    """No further device can use it; those that did stay."""
    permissions.require(actor, "agents.revoke_enrolment_token")
    token = EnrolmentToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at is not None:
        with nothing_to_do():
            return token
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    log.append(
        action="agents.revoke_enrolment_token",
        actor=actor,
        obj=token,
        reason=reason,
        facts={"used": token.used},
    )
    return token


@audited("agents.enrol_device")
def enrol_device(*, request: Enrolment, actor: Actor) -> Device:
    """The device of this key. The same token with the same key again answers the same device."""
    permissions.require(actor, "agents.enrol_device")
    key = _proven_key(request)
    token = (
        EnrolmentToken.objects.select_for_update(of=("self",))
        .select_related("subject", "subject__user")
        .filter(secret_sha256=_digest(request.token))
        .first()
    )
    if token is None or token.revoked_at is not None:
        raise Unauthenticated("This enrolment token is not known.", code="enrolment_token_unknown")
    existing = Device.objects.filter(public_key=key).first()
    if existing is not None:
        return _same(existing, token)
    _check_usable(token)
    device = Device.objects.create(
        subject=token.subject,
        token=token,
        name=_neutral_name(request.name, token.subject),
        public_key=key,
        os=request.platform.os,
        os_version=request.platform.version,
        agent_version=request.agent_version,
        personal_device=token.personal_device,
        shard=int.from_bytes(hashlib.sha256(key).digest()[:2], "big") % SHARDS,
    )
    token.used += 1
    token.save(update_fields=["used"])
    log.append(
        action="agents.enrol_device",
        actor=actor,
        obj=device,
        subject=device.subject_id,
        facts={
            "os": device.os,
            "personal_device": device.personal_device,
            "key": hashlib.sha256(key).hexdigest(),
        },
        details={"token": str(token.pk)},
    )
    # Quickly to the live release; the sweep of that app would find the device as well.
    enqueue_on_commit("capture_policies.tasks.assign_device", str(device.pk))
    return device


def _same(existing: Device, token: EnrolmentToken) -> Device:
    if existing.token_id != token.pk:
        raise Conflict("This key belongs to a device of another token.", code="key_already_enrolled")
    if existing.revoked_at is not None:
        raise Conflict("This device was revoked; make a new key.", code="device_revoked")
    with nothing_to_do():
        return existing


def _check_usable(token: EnrolmentToken) -> None:
    if token.expires_at <= timezone.now():
        raise ExpiredError("This enrolment token has expired.")
    if token.used >= token.quota:
        raise Conflict("This enrolment token is used up.", code="enrolment_token_used_up")
    if token.subject.erased_at is not None:
        raise Conflict("This person's data was erased.", code="subject_erased")


def _proven_key(request: Enrolment) -> bytes:
    """The raw public key, if its private half signed this very request."""
    key = _unb64(request.public_key, 32, "public_key")
    signed = _PROOF_CONTEXT + request.token.encode() + b"\n" + request.public_key.encode()
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(_unb64(request.proof, 64, "proof"), signed)
    except (InvalidSignature, ValueError):
        raise Invalid("The proof does not fit the public key.", code="proof_refused", field="proof") from None
    return key


def _unb64(text: str, size: int, field: str) -> bytes:
    data = base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    if len(data) != size:
        raise Invalid(f"{size} bytes are needed.", field=field)
    return data


def _neutral_name(name: str, subject: Subject) -> str:
    """Computers are often called after their owner, and staff see pseudonyms only."""
    words = set(re.findall(r"[^\W\d_]{3,}", name.lower()))
    user = subject.user
    person = "" if user is None else f"{user.display_name} {user.email.partition('@')[0]}".lower()
    parts = set(re.findall(r"[^\W\d_]{3,}", person))
    joined = re.sub(r"[\W\d_]", "", name.lower())
    if words & parts or any(part in joined for part in parts):
        return f"computer {uuid.uuid4().hex[:6]}"
    return name.strip() or "computer"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@audited("agents.revoke_device")
def revoke_device(*, device: Device, reason: str, actor: Actor) -> Device:
    """The device gets no further lease and no answer. What it may still capture ends with its last lease."""
    permissions.require(actor, "agents.revoke_device")
    reason = reasons.given(reason)
    device = Device.objects.select_for_update().get(pk=device.pk)
    if device.revoked_at is not None:
        raise Conflict("This device is revoked already.", code="device_revoked")
    device.revoked_at = timezone.now()
    device.save(update_fields=["revoked_at"])
    device.deliveries.open().update(state="superseded")
    log.append(
        action="agents.revoke_device",
        actor=actor,
        obj=device,
        subject=device.subject_id,
        reason=reason,
        facts={"capture_until": device.capture_until},
    )
    pk = device.pk
    transaction.on_commit(lambda: hints.publish("stop", devices=[pk]))
    return device
