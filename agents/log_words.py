"""What the audit log says in words about devices, leases, deliveries and stops."""

from __future__ import annotations

WORDS = {
    "agents.assign_release": "Assigned a release to devices",
    "agents.confirm_restart": "Confirmed that capture starts again",
    "agents.create_deliveries": "Made the deliveries of a wave",
    "agents.create_enrolment_token": "Made an enrolment token",
    "agents.end_drill": "Ended a drill",
    "agents.enrol_device": "Enrolled a device",
    "agents.exclude_entry": "Excluded an app or site from the own capture",
    "agents.finish_command": "Reported an order to a device as done or failed",
    "agents.forget_exclusions": "Deleted a person's exclusions in an erasure",
    "agents.forget_leases": "Deleted old leases that allowed nothing",
    "agents.include_entry": "Took an own exclusion back",
    "agents.open_stop": "Stopped capture",
    "agents.order_purge": "Ordered a device to erase sessions",
    "agents.record_acks": "Reported how far a delivery is",
    "agents.record_heartbeat": "Reported the state of a device",
    "agents.record_security_event": "Refused a request at the door of the agents",
    "agents.renew_lease": "Renewed a lease",
    "agents.request_restart": "Asked to let capture start again",
    "agents.revoke_device": "Revoked a device",
    "agents.revoke_enrolment_token": "Revoked an enrolment token",
    "agents.set_tags": "Changed the tags of a device",
    "agents.start_drill": "Started a drill",
}
