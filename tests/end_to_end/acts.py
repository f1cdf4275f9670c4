"""What people do in the end-to-end tests, run inside the instance's own settings: one verb, JSON out.

``python -m tests.end_to_end.acts VERB [WORDS]``; each verb calls the same actions as the console. Without a
verb it carries out the lines it is given, ``["VERB", "WORD", ...]``, and answers each with a line: starting a
process takes longer than most verbs.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any

import django
from django.db import connections


def _actor(role: str, number: int = 0) -> Any:
    from accounts.models import RoleGrant
    from mci_admin.demo.people import act_as

    grants = RoleGrant.objects.filter(role=role, approved_at__isnull=False).select_related("user")
    return act_as(grants.order_by("user__email")[number].user)


def new_release(label: str) -> dict[str, Any]:
    """Draft from the live version with one more app, approve by two roles, sign. Returns its number."""
    from audits.actor import Actor
    from capture_policies.actions import drafts, releases
    from capture_policies.models import PolicyVersion
    from capture_policies.queries import live_version
    from mci_admin.demo.policy import approve

    author = _actor("admin")
    draft = drafts.create_draft(title="Office work", from_version=live_version(), actor=author)
    entry = {
        "id": label,
        "kind": "app",
        "label": label.title(),
        "match": {"windows": [f"{label}.exe"], "macos": [], "linux": [], "names": []},
        "signals": ["click"],
        "keystrokes": "none",
        "frame_interval_s": 0,
    }
    drafts.put_entry(draft=draft, data=entry, actor=author)
    version = drafts.submit_draft(draft=draft, actor=author)
    for role in ("privacy_officer", "ml_staff"):
        approve(version, _actor(role))
    release = releases.sign_release(
        version=PolicyVersion.objects.get(pk=version.pk), actor=Actor.system("test")
    )
    return {"number": release.number, "digest": release.digest}


def roll_out(number: str) -> dict[str, Any]:
    """Start the rollout to everybody; the workers do the rest."""
    from capture_policies.actions.rollouts import WavePlan, start_rollout
    from capture_policies.models import Release

    rollout = start_rollout(
        release=Release.objects.get(number=int(number)),
        waves=(WavePlan(50, 0, min_applied_share=0.0), WavePlan(100, 0, min_applied_share=0.0)),
        reason="Rolled out by the end-to-end test",
        actor=_actor("admin", 1),
    )
    return {"rollout": str(rollout.pk)}


def tell_everybody() -> dict[str, Any]:
    """Publish the notices of the newest release, each place's own, and let everybody acknowledge theirs."""
    from accounts.models import Subject
    from jurisdictions import coverage
    from jurisdictions.actions import publish_generated
    from mci_admin.demo.people import act_as
    from mci_admin.demo.policy import acknowledge

    officer = _actor("privacy_officer")
    for written in coverage.write():
        publish_generated(place=written.place, shown_sha256=written.sha256, actor=officer)
    people = Subject.objects.filter(user__is_active=True, erased_at__isnull=True).select_related("user")
    for subject in people:
        assert subject.user is not None
        acknowledge(act_as(subject.user))
    return {"people": len(people)}


def many_devices(count: str) -> dict[str, Any]:
    """Rows of devices that never answer, so that a rollout has something to do."""
    import secrets

    from django.utils import timezone

    from agents.models import Device

    first = Device.objects.select_related("token", "subject").first()
    assert first is not None
    Device.objects.bulk_create(
        Device(
            subject=first.subject,
            token=first.token,
            name=f"silent {number}",
            public_key=secrets.token_bytes(32),
            os="linux",
            last_seen_at=timezone.now(),
        )
        for number in range(int(count))
    )
    return {"devices": Device.objects.count()}


def devices() -> list[dict[str, Any]]:
    """What is desired and what was confirmed, of every device."""
    from agents.models import Device

    names = ("name", "desired_release", "applied_release", "capture_state")
    return [dict(zip(names, row, strict=True)) for row in Device.objects.values_list(*names)]


def rollout_state() -> dict[str, Any]:
    """State of the newest rollout and its deliveries."""
    from django.db.models import Count

    from agents.models import Delivery
    from capture_policies.models import Rollout

    rollout = Rollout.objects.order_by("-started_at").first()
    assert rollout is not None
    rows = Delivery.objects.filter(rollout=rollout.pk).values("state").annotate(n=Count("id"))
    return {"state": rollout.state, "deliveries": {row["state"]: row["n"] for row in rows}}


def sessions() -> list[dict[str, Any]]:
    """Every session with its state and the digest of its manifest."""
    from capture_sessions.models import CaptureSession

    rows = CaptureSession.objects.order_by("created_at")
    return [
        {
            "id": str(row.pk),
            "state": row.state,
            "manifest": row.manifest_sha256,
            "events": row.event_count,
            "blobs": row.blobs.count(),
        }
        for row in rows
    ]


def opened() -> list[dict[str, Any]]:
    """Every stored session, decrypted: what a thief with all keys would read."""
    import base64

    from capture_sessions import contents, store
    from capture_sessions.models import CaptureSession

    found = []
    for session in CaptureSession.objects.filter(state="available"):
        header, events = contents.read_events(session)
        frames = [base64.b64encode(store.read_blob(b)).decode() for b in session.blobs.filter(kind="frame")]
        found.append({"header": header, "events": events, "frames": frames})
    return found


def audit_actions() -> dict[str, int]:
    """How many entries of each action the log holds."""
    from django.db.models import Count

    from audits.models import AuditEntry

    rows = AuditEntry.objects.values("action").annotate(n=Count("id"))
    return {row["action"]: row["n"] for row in rows}


def review() -> dict[str, Any]:
    """Draw a sample, look at its first session under a grant, give a verdict."""
    from datetime import timedelta

    from django.utils import timezone

    from audits.actor import Actor
    from reviews import actions

    officer = _actor("privacy_officer")
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    sample = actions.commit_sample(
        purpose="redaction_quality",
        size=2,
        window_from=today - timedelta(days=1),
        window_to=today + timedelta(days=1),
        actor=officer,
    )
    sample = actions.draw_sample(sample=sample, actor=Actor.system("test"))
    grant = actions.open_grant(
        item=sample.items.order_by("position")[0],
        reason="Weekly check of redaction quality",
        minutes=15,
        actor=officer,
    )
    actions.record_view(grant=grant, what="events", part="part 0", actor=officer)
    actions.record_review(grant=grant, verdict="clean", actor=officer)
    return {"session": str(grant.session_id), "subject": str(grant.session.subject_id)}


def erase(subject_id: str) -> dict[str, Any]:
    """The person asks for deletion of everything; the officer grants it. Workers carry it out."""
    from accounts.models import Subject
    from mci_admin.demo.people import act_as
    from privacy_requests import actions

    subject = Subject.objects.select_related("user").get(pk=subject_id)
    assert subject.user is not None
    request = actions.submit_request(
        subject=subject, kind="delete", scope="all", sessions=[], message="", actor=act_as(subject.user)
    )
    actions.approve_request(
        request=request, reason="Granted: the person's right", actor=_actor("privacy_officer")
    )
    return {"request": str(request.pk)}


def erasure(request_id: str) -> dict[str, Any]:
    """How far an erasure is, what is left of the person, and what the devices answered."""
    from accounts.models import PersonKey
    from agents.models import DeviceCommand
    from capture_sessions.models import CaptureSession
    from capture_sessions.store import storage
    from privacy_requests.models import PrivacyRequest
    from privacy_requests.receipts import verify_receipt

    request = PrivacyRequest.objects.select_related("erasure").get(pk=request_id)
    sessions = CaptureSession.objects.filter(subject=request.subject, captured_from__lte=request.decided_at)
    names = [b.storage_name for session in sessions for b in session.blobs.all()]
    receipt = request.erasure.receipt
    return {
        "state": request.state,
        "step": request.erasure.step,
        "states": sorted({session.state for session in sessions}),
        "files_left": sum(storage().exists(name) for name in names),
        "objects": len(names),
        "living_keys": PersonKey.objects.filter(
            subject=request.subject, destroyed_at__isnull=True, created_at__lte=request.decided_at
        ).count(),
        "purges": list(DeviceCommand.objects.filter(kind="purge").values_list("result", flat=True)),
        "receipt_ok": receipt is not None and verify_receipt(receipt),
        "proof": request.erasure.proof,
    }


VERBS = (
    tell_everybody,
    new_release,
    roll_out,
    many_devices,
    devices,
    rollout_state,
    sessions,
    opened,
    audit_actions,
    review,
    erase,
    erasure,
)


def _carry_out(words: list[str]) -> dict[str, Any]:
    """Run one verb: what it gives, or how it failed."""
    verb = {function.__name__: function for function in VERBS}[words[0]]
    try:
        return {"given": verb(*words[1:])}
    except Exception:
        return {"fault": traceback.format_exc()}
    finally:
        # Between two verbs the database may be restarted.
        connections.close_all()


def main(words: list[str]) -> int:
    """One verb, or all that come as lines."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mci_admin.settings")
    django.setup()
    if words:
        done = _carry_out(words)
        sys.stdout.write(json.dumps(done["given"]) if "given" in done else done["fault"])
        return int("fault" in done)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_carry_out(json.loads(line))) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
