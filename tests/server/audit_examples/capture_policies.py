"""One example for every action on policies."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from capture_policies import key_files, roots, signing
from capture_policies.actions import (
    bulk,
    drafts,
    from_document,
    releases,
    repository,
    rollouts,
    versions,
    waves,
)
from capture_policies.models import Rollout, TufFile
from mci_core import policy
from tests.server.capture_policies import deciding
from tests.server.capture_policies.support import EXCEL, Desk, found_repository
from tests.server.cast import REASON, Cast


def _desk(cast: Cast) -> Desk:
    found_repository()
    return Desk(cast)


def create_draft(cast: Cast) -> None:
    drafts.create_draft(title="Support desk", justification=REASON, actor=cast.actor("admin"))


def create_draft_from_document(cast: Cast) -> None:
    doc = {**policy.new_document("Support desk"), "entries": [EXCEL]}
    from_document.create_draft_from_document(doc=doc, justification=REASON, actor=cast.actor("admin"))


def update_draft_settings(cast: Cast) -> None:
    draft = _desk(cast).draft()
    drafts.update_draft_settings(draft=draft, data={"retention_days": 7}, actor=cast.actor("ml"))


def put_entry(cast: Cast) -> None:
    drafts.put_entry(draft=_desk(cast).draft(), data=EXCEL, actor=cast.actor("admin"))


def put_entries(cast: Cast) -> None:
    bulk.put_entries(draft=_desk(cast).draft(), data=[EXCEL], source="catalogue", actor=cast.actor("admin"))


def remove_entry(cast: Cast) -> None:
    draft = _desk(cast).draft()
    drafts.remove_entry(draft=draft, entry=draft.entries.get(), actor=cast.actor("admin"))


def put_rule(cast: Cast) -> None:
    _desk(cast).draft()


def remove_rule(cast: Cast) -> None:
    draft = _desk(cast).draft()
    drafts.remove_rule(draft=draft, rule=draft.rules.get(), actor=cast.actor("admin"))


def discard_draft(cast: Cast) -> None:
    drafts.discard_draft(draft=_desk(cast).draft(), actor=cast.actor("admin"))


def submit_draft(cast: Cast) -> None:
    drafts.submit_draft(draft=_desk(cast).draft(), actor=cast.actor("admin"))


def approve_version(cast: Cast) -> None:
    version = _desk(cast).version()
    versions.approve_version(
        version=version, digest=version.digest, reason=REASON, actor=cast.actor("officer")
    )


def reject_version(cast: Cast) -> None:
    version = _desk(cast).version()
    versions.reject_version(
        version=version, digest=version.digest, reason=REASON, actor=cast.actor("officer")
    )


def request_changes(cast: Cast) -> None:
    version = _desk(cast).version()
    versions.request_changes(
        version=version, digest=version.digest, reason=REASON, actor=cast.actor("officer")
    )


def withdraw_approval(cast: Cast) -> None:
    desk = _desk(cast)
    version = desk.approve(desk.version(), desk.officer)
    versions.withdraw_approval(version=version, reason=REASON, actor=cast.actor("officer"))


def comment_version(cast: Cast) -> None:
    versions.comment_version(version=_desk(cast).version(), text=REASON, actor=cast.actor("ml"))


def finish_cool_down(cast: Cast) -> None:
    assert versions.finish_cool_down(version=deciding.waiting(_desk(cast), hours=25), actor=cast.system())


def reopen_version(cast: Cast) -> None:
    assert versions.reopen_version(version=deciding.lapsed(_desk(cast)), actor=cast.system())


def sign_release(cast: Cast) -> None:
    desk = _desk(cast)
    releases.sign_release(version=desk.approve(desk.version()), actor=cast.system())


def retire_releases(cast: Cast) -> None:
    desk = _desk(cast)
    _live(cast, desk)
    _live(cast, desk)
    releases.retire_releases(actor=cast.system())


def init_repository(cast: Cast) -> None:
    found_repository()


def accept_root(cast: Cast) -> None:
    found_repository()
    root = signing.current_root()
    root.signed.version += 1
    root.signatures.clear()
    folder = key_files.demo_offline_folder()
    signed = roots.sign(root, [key_files.load(folder, name) for name in key_files.ROOT_KEYS])
    repository.accept_root(root=signed, actor=cast.system())


def publish_lease_keys(cast: Cast) -> None:
    found_repository()
    signing.publish([], drop=["lease-keys.json"])
    repository.publish_lease_keys(actor=cast.system())


def refresh_timestamp(cast: Cast) -> None:
    found_repository()
    repository.refresh_timestamp(force=True, actor=cast.system())
    assert TufFile.objects.get(pk="timestamp.json").created_at > timezone.now() - timedelta(minutes=1)


def start_rollout(cast: Cast) -> None:
    _rollout(cast)


def hold_rollout(cast: Cast) -> None:
    rollouts.hold_rollout(rollout=_rollout(cast), reason=REASON, actor=cast.actor("admin"))


def resume_rollout(cast: Cast) -> None:
    rollout = rollouts.hold_rollout(rollout=_rollout(cast), reason=REASON, actor=cast.actor("admin"))
    rollouts.resume_rollout(rollout=rollout, reason=REASON, actor=cast.actor("officer"))


def halt_rollout(cast: Cast) -> None:
    rollouts.halt_rollout(rollout=_rollout(cast), reason=REASON, actor=cast.actor("admin"))


def rollback_to(cast: Cast) -> None:
    desk = _desk(cast)
    first = _live(cast, desk)
    _live(cast, desk, entries=[EXCEL])
    rollouts.rollback_to(release=first.release, reason=REASON, actor=cast.actor("officer"))


def change_wave(cast: Cast) -> None:
    wave = _rollout(cast).waves.get(number=2)
    rollouts.change_wave(wave=wave, plan=rollouts.WavePlan(50), reason=REASON, actor=cast.actor("officer"))


def advance_rollout(cast: Cast) -> None:
    waves.advance_rollout(rollout_id=_rollout(cast).pk, actor=cast.system())


def claim_deliveries(cast: Cast) -> None:
    desk = _desk(cast)
    desk.devices(3)
    rollout = _rollout(cast, desk)
    waves.advance_rollout(rollout_id=rollout.pk, actor=cast.system())
    assert waves.claim_deliveries(rollout_id=rollout.pk, actor=cast.system()) == 1


def assign_device(cast: Cast) -> None:
    desk = _desk(cast)
    _live(cast, desk)
    (device,) = desk.devices(1)
    assert waves.assign_device(device_id=device.pk, actor=cast.system()) is not None


def _rollout(cast: Cast, desk: Desk | None = None) -> Rollout:
    release = (desk or _desk(cast)).release()
    return rollouts.start_rollout(release=release, reason=REASON, actor=cast.actor("officer"))


def _live(cast: Cast, desk: Desk, **changes: object) -> Rollout:
    """Rolled out to an empty fleet, at once."""
    release = desk.release(**changes)
    rollout = rollouts.start_rollout(
        release=release, waves=[rollouts.WavePlan(100)], reason=REASON, actor=cast.actor("officer")
    )
    while waves.advance_rollout(rollout_id=rollout.pk, actor=cast.system()):
        pass
    return rollout


EXAMPLES = {
    f"capture_policies.{example.__name__}": example
    for example in (
        create_draft,
        create_draft_from_document,
        update_draft_settings,
        put_entry,
        put_entries,
        remove_entry,
        put_rule,
        remove_rule,
        discard_draft,
        submit_draft,
        approve_version,
        reject_version,
        request_changes,
        withdraw_approval,
        comment_version,
        finish_cool_down,
        reopen_version,
        sign_release,
        retire_releases,
        init_repository,
        accept_root,
        publish_lease_keys,
        refresh_timestamp,
        start_rollout,
        hold_rollout,
        resume_rollout,
        halt_rollout,
        rollback_to,
        change_wave,
        advance_rollout,
        claim_deliveries,
        assign_device,
    )
}
