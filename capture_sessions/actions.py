"""The verbs that change sessions: take an upload in, record its second scan, erase, expire.

An upload is stored in parts that nobody can read until it is complete, examined and scanned. A refused upload
leaves
no part behind, only an audit entry with the code of the refusal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

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


@audited("capture_sessions.begin_upload")
def begin_upload(*, device: Device, proved: proof.Proof, actor: Actor) -> CaptureSession:
    """Open an upload for a proved manifest; the same manifest again gives the same session."""
    require(actor, "capture_sessions.begin_upload")
    device = Device.objects.select_for_update().select_related("subject").get(pk=device.pk)
    existing = CaptureSession.objects.filter(pk=proved.document["session_id"]).first()
    if existing is not None:
        proof.same_or_conflict(existing, device, proved.sha256)
        with nothing_to_do():
            return existing
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
        delete_after=_delete_after(device, proved.policy),
    )
    audit.append(
        action="capture_sessions.begin_upload",
        actor=actor,
        obj=session,
        subject=device.subject_id,
        facts={"manifest": proved.sha256, "release": session.release_number},
    )
    return session


def _delete_after(device: Device, policy: Policy) -> datetime:
    """The shortest of the policy's retention and the law's ceiling wins."""
    now = timezone.now()
    ruling = ruling_for(device.subject, at=now, personal_device=device.personal_device)
    days = min(policy.retention_days, ruling.retention_ceiling_days or policy.retention_days)
    return now + timedelta(days=days)


@audited("capture_sessions.store_part")
def store_part(*, device: Device, session_id: UUID, index: int, data: bytes, actor: Actor) -> SessionBlob:
    """Keep one part whose digest is the manifest's; the same part again changes nothing."""
    require(actor, "capture_sessions.store_part")
    session = _lock_upload(device, session_id)
    existing = session.blobs.filter(index=index).first()
    expected = next((part for part in manifest_parts(session) if part["index"] == index), None)
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


def manifest_parts(session: CaptureSession) -> list[dict[str, Any]]:
    """The parts that the device signed for."""
    parts: list[dict[str, Any]] = json.loads(bytes(session.manifest))["parts"]
    return parts


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
    if session.blobs.count() != len(manifest_parts(session)):
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
        actor=actor,
        obj=session,
        subject=session.subject_id,
        facts={
            "manifest": session.manifest_sha256,
            "release": session.release_number,
            "events": session.event_count,
            "frames": session.frame_count,
        },
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
        actor=actor,
        obj=session,
        subject=session.subject_id,
        facts={"manifest": session.manifest_sha256, "code": code},
    )
    _forget_upload(session)


def _forget_upload(session: CaptureSession) -> None:
    for blob in session.blobs.all():
        store.remove_file(blob)
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
        facts={"dropped": len(begun)},
    )
    return len(begun)


@audited("capture_sessions.drop_stale_uploads")
def drop_stale_uploads(*, actor: Actor) -> int:
    """Forget uploads that were begun and never finished."""
    require(actor, "capture_sessions.drop_stale_uploads")
    limit = timezone.now() - STALE_UPLOAD
    stale = list(
        CaptureSession.objects.select_for_update(skip_locked=True).filter(
            state=SessionState.UPLOADING, created_at__lt=limit
        )[:500]
    )
    if not stale:
        with nothing_to_do():
            return 0
    for session in stale:
        _forget_upload(session)
    audit.append(
        action="capture_sessions.drop_stale_uploads", actor=actor, obj=None, facts={"dropped": len(stale)}
    )
    return len(stale)


@audited("capture_sessions.record_scan")
def record_scan(
    *, session: CaptureSession, hits: Sequence[Mapping[str, Any]], actor: Actor
) -> CaptureSession:
    """Keep the result of the second scan: clean makes it available, anything else quarantines it."""
    require(actor, "capture_sessions.record_scan")
    session = CaptureSession.objects.select_for_update().get(pk=session.pk)
    if session.state != SessionState.RECEIVED:
        with nothing_to_do():
            return session
    session.scan_hits = [{"seq": h["seq"], "field": h["field"], "label": h["label"]} for h in hits]
    session.state = SessionState.QUARANTINED if hits else SessionState.AVAILABLE
    session.scanned_at = timezone.now()
    session.save(update_fields=["scan_hits", "state", "scanned_at"])
    audit.append(
        action="capture_sessions.record_scan",
        actor=actor,
        obj=session,
        subject=session.subject_id,
        facts={"state": session.state, "hits": len(hits), "labels": sorted({str(h["label"]) for h in hits})},
    )
    if hits:
        enqueue_on_commit("reviews.tasks.open_findings", str(session.pk))
    return session


@audited("capture_sessions.quarantine_session")
def quarantine_session(*, session: CaptureSession, actor: Actor) -> CaptureSession:
    """Close a session to every reader because something leaked in it; it can still be erased."""
    require(actor, "capture_sessions.quarantine_session")
    session = CaptureSession.objects.select_for_update().get(pk=session.pk)
    if session.state != SessionState.AVAILABLE:
        with nothing_to_do():
            return session
    session.state = SessionState.QUARANTINED
    session.save(update_fields=["state"])
    audit.append(
        action="capture_sessions.quarantine_session", actor=actor, obj=session, subject=session.subject_id
    )
    return session


@audited("capture_sessions.hold_sessions")
def hold_sessions(*, subject: Subject, until: datetime | None, actor: Actor) -> int:
    """Keep a person's sessions from erasure until then (None: lift). Returns how many."""
    require(actor, "capture_sessions.hold_sessions")
    count = (
        CaptureSession.objects.filter(subject=subject)
        .exclude(state=SessionState.ERASED)
        .update(held_until=until)
    )
    audit.append(
        action="capture_sessions.hold_sessions",
        actor=actor,
        obj=subject,
        subject=subject.pk,
        facts={"sessions": count, "until": until},
    )
    return count


@audited("capture_sessions.erase_sessions")
def erase_sessions(*, session_ids: Iterable[UUID], because: str, actor: Actor) -> int:
    """Destroy the keys of these sessions and order their files removed. Conflict when one is held."""
    require(actor, "capture_sessions.erase_sessions")
    now = timezone.now()
    sessions = list(
        CaptureSession.objects.select_for_update()
        .filter(pk__in=list(session_ids))
        .exclude(state=SessionState.ERASED)
        .order_by("pk")
    )
    if any(session.held_until and session.held_until > now for session in sessions):
        raise Conflict("A legal hold covers one of these sessions.", code="legal_hold")
    if not sessions:
        with nothing_to_do():
            return 0
    _erase(sessions, because=because, now=now)
    for session in sessions:
        audit.append(
            action="capture_sessions.erase_sessions",
            actor=actor,
            obj=session,
            subject=session.subject_id,
            facts={"because": because, "manifest": session.manifest_sha256},
        )
    return len(sessions)


def _erase(sessions: Sequence[CaptureSession], *, because: str, now: datetime) -> None:
    ids = [session.pk for session in sessions]
    SessionBlob.objects.filter(session__in=ids, erased_at__isnull=True).update(
        wrapped_key=None, erased_at=now
    )
    SessionTotal.objects.filter(session__in=ids).delete()
    CaptureSession.objects.filter(pk__in=ids).update(
        state=SessionState.ERASED,
        erased_at=now,
        erased_because=because,
        manifest=b"",
        report={},
        scan_hits=[],
    )
    enqueue_on_commit("capture_sessions.tasks.remove_files")


@audited("capture_sessions.expire_sessions")
def expire_sessions(*, actor: Actor) -> int:
    """Erase what is past its retention; held sessions wait for the end of their hold."""
    require(actor, "capture_sessions.expire_sessions")
    now = timezone.now()
    due = list(CaptureSession.objects.select_for_update(skip_locked=True).expired(now).order_by("pk")[:500])
    if not due:
        with nothing_to_do():
            return 0
    _erase(due, because="retention", now=now)
    for session in due:
        audit.append(
            action="capture_sessions.expire_sessions",
            actor=actor,
            obj=session,
            subject=session.subject_id,
            facts={"because": "retention", "manifest": session.manifest_sha256},
        )
    return len(due)


def remove_erased_files(limit: int = 1000) -> int:
    """Delete the stored objects of erased parts. The keys are gone already, so this is housekeeping, not a
    verb.
    """
    blobs = SessionBlob.objects.filter(erased_at__isnull=False, file_removed_at__isnull=True)[:limit]
    for blob in blobs:
        store.remove_file(blob)
        SessionBlob.objects.filter(pk=blob.pk).update(file_removed_at=timezone.now())
    return len(blobs)
