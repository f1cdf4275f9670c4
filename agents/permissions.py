"""Who may look after devices, and who may stop capture."""

from __future__ import annotations

ADMIN, OFFICER, ML, AUDITOR = "admin", "privacy_officer", "ml_staff", "auditor"
DEVICE, SYSTEM = "device", "system"

PERMISSIONS: dict[str, frozenset[str]] = {
    "agents.view": frozenset({ADMIN, OFFICER, AUDITOR}),
    "agents.view_tokens": frozenset({ADMIN}),
    "agents.view_stops": frozenset({ADMIN, OFFICER, ML, AUDITOR}),
    "agents.create_enrolment_token": frozenset({ADMIN}),
    "agents.revoke_enrolment_token": frozenset({ADMIN, SYSTEM}),
    "agents.revoke_device": frozenset({ADMIN, OFFICER, SYSTEM}),
    "agents.set_tags": frozenset({ADMIN}),
    "agents.enrol_device": frozenset({DEVICE}),
    "agents.renew_lease": frozenset({DEVICE}),
    "agents.record_acks": frozenset({DEVICE}),
    "agents.record_heartbeat": frozenset({DEVICE}),
    "agents.finish_command": frozenset({DEVICE}),
    "agents.assign_release": frozenset({ADMIN, OFFICER, SYSTEM}),
    "agents.create_deliveries": frozenset({ADMIN, OFFICER, SYSTEM}),
    "agents.order_purge": frozenset({ADMIN, OFFICER, SYSTEM}),
    "agents.record_security_event": frozenset({DEVICE, SYSTEM}),
    # One person stops; a restart is asked for by one and confirmed by another.
    "agents.open_stop": frozenset({ADMIN, OFFICER}),
    "agents.request_restart": frozenset({ADMIN, OFFICER}),
    "agents.confirm_restart": frozenset({ADMIN, OFFICER}),
    # A drill stops nothing; it only makes agents answer.
    "agents.start_drill": frozenset({ADMIN, OFFICER}),
    "agents.end_drill": frozenset({ADMIN, OFFICER, SYSTEM}),
    "agents.forget_leases": frozenset({SYSTEM}),
    # Everybody about their own devices only; it tightens and is nobody else's business.
    "agents.exclude_entry": frozenset({"employee"}),
    "agents.include_entry": frozenset({"employee"}),
    "agents.forget_exclusions": frozenset({SYSTEM}),
}

#: Stopping asks for the factor as well: it is one person's act on the whole programme.
FRESH_MFA: frozenset[str] = frozenset(
    {
        "agents.create_enrolment_token",
        "agents.revoke_device",
        "agents.open_stop",
        "agents.request_restart",
        "agents.confirm_restart",
    }
)
