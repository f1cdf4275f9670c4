"""Who may do what with policies. Authors write, others approve; starting needs the approvals, stopping one
person.
"""

from __future__ import annotations

STAFF = frozenset({"admin", "privacy_officer", "ml_staff", "auditor"})
AUTHORS = frozenset({"admin", "ml_staff"})
DECIDING = frozenset({"admin", "privacy_officer"})
APPROVERS = frozenset({"admin", "privacy_officer", "ml_staff"})
SYSTEM = frozenset({"system"})

PERMISSIONS: dict[str, frozenset[str]] = {
    "capture_policies.view": STAFF,
    "capture_policies.view_drafts": APPROVERS,
    "capture_policies.create_draft": AUTHORS,
    "capture_policies.create_draft_from_document": AUTHORS,
    "capture_policies.update_draft_settings": AUTHORS,
    "capture_policies.put_entry": AUTHORS,
    "capture_policies.put_entries": AUTHORS,
    "capture_policies.remove_entry": AUTHORS,
    "capture_policies.put_rule": AUTHORS,
    "capture_policies.remove_rule": AUTHORS,
    "capture_policies.discard_draft": AUTHORS,
    "capture_policies.submit_draft": AUTHORS,
    "capture_policies.approve_version": APPROVERS,
    "capture_policies.reject_version": APPROVERS,
    "capture_policies.request_changes": APPROVERS,
    "capture_policies.withdraw_approval": APPROVERS,
    "capture_policies.comment_version": APPROVERS,
    "capture_policies.finish_cool_down": SYSTEM,
    "capture_policies.reopen_version": SYSTEM,
    "capture_policies.sign_release": SYSTEM,
    "capture_policies.init_repository": SYSTEM,
    "capture_policies.accept_root": SYSTEM,
    "capture_policies.publish_lease_keys": SYSTEM,
    "capture_policies.refresh_timestamp": SYSTEM,
    "capture_policies.rotate_lease_key": SYSTEM,
    "capture_policies.revoke_lease_key": SYSTEM,
    "capture_policies.drop_lease_keys": SYSTEM,
    "capture_policies.request_root": SYSTEM,
    "capture_policies.revoke_key": SYSTEM,
    "capture_policies.withdraw_signing_request": DECIDING | SYSTEM,
    "capture_policies.sign_targets": SYSTEM,
    "capture_policies.rotate_lease_role": SYSTEM,
    "capture_policies.ask_for_renewal": SYSTEM,
    "capture_policies.retire_releases": SYSTEM,
    "capture_policies.request_simulation": APPROVERS,
    "capture_policies.count_weeks": SYSTEM,
    "capture_policies.finish_simulation": SYSTEM,
    "capture_policies.forget_weeks": SYSTEM,
    "capture_policies.request_effect": APPROVERS,
    "capture_policies.measure_rules": SYSTEM,
    "capture_policies.finish_effect": SYSTEM,
    "capture_policies.start_rollout": DECIDING,
    "capture_policies.hold_rollout": DECIDING,
    "capture_policies.resume_rollout": DECIDING,
    "capture_policies.halt_rollout": DECIDING | SYSTEM,
    "capture_policies.rollback_to": DECIDING,
    "capture_policies.change_wave": DECIDING,
    "capture_policies.advance_rollout": SYSTEM,
    "capture_policies.claim_deliveries": SYSTEM,
    "capture_policies.assign_device": SYSTEM,
    # One person captures less, at once. The end of an entry's time needs nobody.
    "capture_policies.narrow_now": DECIDING | SYSTEM,
    "capture_policies.remove_entries_now": DECIDING,
    "capture_policies.drop_expired_entries": SYSTEM,
    # Requests for the allowlist. Whoever works here may ask; an employee is not named.
    "capture_policies.view_requests": STAFF,
    "capture_policies.file_request": STAFF,
    "capture_policies.ask_for_entry": frozenset({"employee"}),
    "capture_policies.take_request": AUTHORS,
    "capture_policies.decline_request": DECIDING,
    "capture_policies.withdraw_request": frozenset({"employee"}),
    "capture_policies.settle_requests": SYSTEM,
    "capture_policies.forget_voices": SYSTEM,
}

#: Need the second factor of the last minutes.
FRESH_MFA = frozenset(
    {
        "capture_policies.approve_version",
        "capture_policies.reject_version",
        "capture_policies.request_changes",
        "capture_policies.withdraw_approval",
        "capture_policies.narrow_now",
        "capture_policies.remove_entries_now",
    }
)
