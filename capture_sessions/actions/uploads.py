"""The verbs of an upload: begin, take a part in, accept or refuse the whole, forget what was never finished.

An upload is stored in parts that nobody can read until it is complete, examined and scanned. A refused upload
leaves no part behind, only an audit entry with the code of the refusal.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

import audits.actions as audit
from accounts.models import Subject
from accounts.permissions import require
from agents.models import Device
from audits.actor import Actor
from audits.queue import enqueue_on_commit
from audits.registry import audited, nothing_to_do
from capture_sessions import proof, store
from capture_sessions.contents import Totals
from capture_sessions.models import CaptureSession, SessionBlob, SessionState, SessionTotal
from jurisdictions.rulings import ruling_for
from mci_core.errors import Conflict, Invalid, NotFound
from mci_core.policy_model import Policy

#: An upload that makes no progress for this long is dropped; the agent still has it and starts anew.
STALE_UPLOAD = timedelta(hours=24)
DROP_AT_ONCE = 500


def _unnamed(actor: Actor) -> Actor:
    """How the log names whoever uploaded: not at all.

    With the device or the person in the entry, readers of the log could follow when somebody worked. The
    device is in the signed manifest, whose digest the entry carries.
    """
    return Actor.system("ingest", request_id=actor.request_id)


@audited("capture_sessions.begin_upload")
def begin_upload(*, device: Device, proved: proof.Proof, actor: Actor) -> CaptureSession:
    """Open an upload for a proved manifest; the same manifest again gives the same session."""
    require(actor, "capture_sessions.begin_upload")
    # Locks the person, too: an erasure either sees this upload or is seen by it.
    device = Device.objects.select_for_update().select_related("subject").get(pk=device.pk)
    existing = CaptureSession.objects.filter(pk=proved.document["session_id"]).first()
    if existing is not None:
        proof.same_or_conflict(existing, device, proved.sha256)
        with nothing_to_do():
            return existing
    # Asked again under the lock: an erasure may have begun since the manifest was proved.
    proof.require_not_erased(device.subject, proved.captured_from)
    document = proved.document
    session = CaptureSession.objects.create(
        id=UUID(document["session_id"]),
        device=device,
        subject=device.subject,
        manifest=proved.canonical,
        manifest_sha256=proved.sha256,
        signature=proved.signature,
        release_number=document["release_number"],
        policy_digest=document["policy_digest"],
        ruleset_digest=document["ruleset_digest"],
        lease=proved.lease,
        place=document["place"],
        os=device.os,
        captured_from=proved.captured_from,
        captured_to=proved.captured_to,
        event_count=document["event_count"],
        frame_count=sum(part["kind"] == "frame" for part in document["parts"]),
        byte_count=sum(part["bytes"] for part in document["parts"]),
        report=dict(document["report"]),
        delete_after=_delete_after(device, proved),
    )
    audit.append(
        action="capture_sessions.begin_upload",
        actor=_unnamed(actor),
        obj=session,
        facts={"manifest": proved.sha256, "release": session.release_number},
    )
    return session


def _delete_after(device: Device, proved: proof.Proof) -> datetime:
    """The shortest of the policy's retention and the ceilings of law and agreement wins: those of the place
    and time of capture, and those of today.
    """
    now = timezone.now()
    days = [proved.policy.retention_days]
    for moment in (proved.captured_from, proved.captured_to, now):
        ruling = ruling_for(device.subject, at=moment, personal_device=device.personal_device)
        days.append(ruling.retention_ceiling_days or proved.policy.retention_days)
    return now + timedelta(days=min(days))


@audited("capture_sessions.store_part")
def store_part(*, device: Device, session_id: UUID, index: int, data: bytes, actor: Actor) -> SessionBlob:
    """Keep one part whose digest is the manifest's; the same part again changes nothing."""
    require(actor, "capture_sessions.store_part")
    # The person before the session, as an erasure does: in the other order each would wait for the other.
    Subject.objects.select_for_update().get(pk=device.subject_id)
    session = _lock_upload(device, session_id)
    existing = session.blobs.filter(index=index).first()
    expected = next((part for part in session.announced_parts() if part["index"] == index), None)
    if expected is None:
        raise Invalid("The manifest names no such part.", code="part_unknown", field="index")
    if sha256(data).hexdigest() != expected["sha256"] or len(data) != expected["bytes"]:
        raise Invalid("The part is not the one in the manifest.", code="part_digest", field="index")
    if existing is not None:
        with nothing_to_do():
            return existing
    if session.state != SessionState.UPLOADING:
        raise Conflict("This session is complete.", code="session_complete")
    blob = store.write_blob(
        session=session, index=index, kind=expected["kind"], name=expected["name"], data=data
    )
    # Parts of an upload are no state change of their own: begin and accept carry the digests of all of them.
    with nothing_to_do():
        return blob


def _lock_upload(device: Device, session_id: UUID) -> CaptureSession:
    session = (
        CaptureSession.objects.select_for_update(of=("self",))
        .select_related("subject")
        .filter(pk=session_id)
        .first()
    )
    if session is None or session.device_id != device.pk:
        raise NotFound("No such upload.", code="upload_unknown")
    if session.state == SessionState.ERASED:
        raise Conflict("This session has been erased.", code="session_erased")
    return session


@audited("capture_sessions.accept_upload")
def accept_upload(
    *, device: Device, session_id: UUID, totals: Totals, policy: Policy, actor: Actor
) -> CaptureSession:
    """Make a complete, examined upload a session and queue its second scan; again changes nothing."""
    require(actor, "capture_sessions.complete_upload")
    session = _lock_upload(device, session_id)
    if session.state != SessionState.UPLOADING:
        with nothing_to_do():
            return session
    if session.blobs.count() != len(session.announced_parts()):
        raise Conflict("Parts are missing.", code="parts_missing")
    labels = {entry.id: entry.label for entry in policy.entries}
    SessionTotal.objects.bulk_create(
        SessionTotal(
            session=session,
            entry_id=entry,
            entry_label=labels[entry],
            signal=signal,
            day=day,
            events=count,
            seconds=round(totals.millis[entry, signal, day] / 1000),
        )
        for (entry, signal, day), count in sorted(totals.events.items())
    )
    session.state = SessionState.RECEIVED
    session.received_at = timezone.now()
    session.save(update_fields=["state", "received_at"])
    audit.append(
        action="capture_sessions.accept_upload",
        actor=_unnamed(actor),
        obj=session,
        facts={"manifest": session.manifest_sha256, "release": session.release_number},
    )
    enqueue_on_commit("capture_sessions.tasks.scan_session", str(session.pk))
    return session


@audited("capture_sessions.refuse_upload")
def refuse_upload(*, device: Device, session_id: UUID, code: str, actor: Actor) -> None:
    """Drop everything of an upload that was examined and refused; keep the code of the refusal in the log."""
    require(actor, "capture_sessions.complete_upload")
    session = _lock_upload(device, session_id)
    if session.state != SessionState.UPLOADING:
        with nothing_to_do():
            return
    audit.append(
        action="capture_sessions.refuse_upload",
        actor=_unnamed(actor),
        obj=session,
        facts={"manifest": session.manifest_sha256, "code": code},
    )
    _forget_upload(session)


def _forget_upload(session: CaptureSession) -> None:
    """Rows go now, files after the commit: a transaction that fails must not leave rows without files."""
    store.destroy_keys(session.blobs.all())
    store.remove_after_commit(session.blobs.all())
    session.blobs.all().delete()
    session.delete()


@audited("capture_sessions.drop_uploads_of")
def drop_uploads_of(*, subject: Subject, actor: Actor) -> int:
    """Forget what one person's devices have begun to upload. Returns how many uploads."""
    require(actor, "capture_sessions.drop_uploads_of")
    begun = list(
        CaptureSession.objects.select_for_update().filter(subject=subject, state=SessionState.UPLOADING)
    )
    if not begun:
        with nothing_to_do():
            return 0
    for session in begun:
        _forget_upload(session)
    audit.append(
        action="capture_sessions.drop_uploads_of",
        actor=actor,
        obj=subject,
        subject=subject.pk,
    )
    return len(begun)


@audited("capture_sessions.drop_stale_uploads")
def drop_stale_uploads(*, actor: Actor, limit: int = DROP_AT_ONCE) -> int:
    """Forget uploads that were begun and made no progress since. Returns how many; fewer than ``limit``:
    no other is stale.
    """
    require(actor, "capture_sessions.drop_stale_uploads")
    before = timezone.now() - STALE_UPLOAD
    recent = SessionBlob.objects.filter(session=OuterRef("pk"), stored_at__gte=before)
    begun = CaptureSession.objects.filter(state=SessionState.UPLOADING, created_at__lt=before)
    stale = list(begun.filter(~Exists(recent)).select_for_update(skip_locked=True)[:limit])
    if not stale:
        with nothing_to_do():
            return 0
    for session in stale:
        _forget_upload(session)
    audit.append(
        action="capture_sessions.drop_stale_uploads", actor=actor, obj=None, facts={"dropped": len(stale)}
    )
    return len(stale)
