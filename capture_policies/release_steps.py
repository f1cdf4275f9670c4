"""Steps that several actions share: giving the next number, and taking releases out of what agents can fetch.

They are part of the caller's transaction. The caller has asked for permission and answers for the log.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from audits import actions as log
from audits.actor import Actor
from audits.locks import lock
from capture_policies import key_steps, signing
from capture_policies.models import PolicyVersion, Release

RELEASE_LIFE = timedelta(days=365)


def sign_next(
    version: PolicyVersion,
    *,
    actor: Actor,
    audit_name: str,
    restores: Release | None = None,
    drop: tuple[str, ...] = (),
) -> Release:
    """Give these bytes the next number and sign them; part of the caller's transaction and its entry in the
    log. In ceremony mode the release waits for the signatures of approvers (``signed_at`` is empty).
    """
    by_people = key_steps.approvers_sign()
    lock("capture_policies.release_number")
    number = (Release.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    now = timezone.now()
    release = Release.objects.create(
        number=number,
        version=version,
        digest=version.digest,
        restores=restores,
        signed_at=None if by_people else now,
        expires_at=now + RELEASE_LIFE,
    )
    if by_people:
        key_steps.ask_approvers("release", f"Release {number}: {version.title}", release=release)
    else:
        signing.publish([key_steps.release_target(release)], drop=drop)
    log.append(
        action=audit_name,
        actor=actor,
        obj=release,
        facts={
            "release": number,
            "version": version.number,
            "digest": version.digest,
            "restores": None if restores is None else restores.number,
        },
    )
    return release


def withdraw(numbers: list[int]) -> None:
    """Take releases out of what agents can fetch. Part of the caller's transaction."""
    rows = Release.objects.filter(number__in=numbers, withdrawn_at__isnull=True)
    names = [release.target_name for release in rows]
    rows.update(withdrawn_at=timezone.now())
    # Approvers sign them away with the next release; no lease names them meanwhile.
    if names and not signing.by_approvers():
        signing.publish([], drop=names)
