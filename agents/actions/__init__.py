"""Every verb on devices, by what it is about: enrolment, leases, deliveries, commands, stops, security
events.
"""

from __future__ import annotations

from agents.actions.commands import finish_command, order_purge
from agents.actions.deliveries import assign_release, create_deliveries, record_acks
from agents.actions.drills import end_drill, start_drill
from agents.actions.enrolment import (
    create_enrolment_token,
    enrol_device,
    revoke_device,
    revoke_enrolment_token,
)
from agents.actions.leases import forget_leases, record_heartbeat, renew_lease
from agents.actions.overlay import exclude_entry, forget_exclusions, include_entry
from agents.actions.security import record_security_event
from agents.actions.stops import confirm_restart, open_stop, request_restart
from agents.actions.tags import set_tags

__all__ = [
    "assign_release",
    "confirm_restart",
    "create_deliveries",
    "create_enrolment_token",
    "end_drill",
    "enrol_device",
    "exclude_entry",
    "finish_command",
    "forget_exclusions",
    "forget_leases",
    "include_entry",
    "open_stop",
    "order_purge",
    "record_acks",
    "record_heartbeat",
    "record_security_event",
    "renew_lease",
    "request_restart",
    "revoke_device",
    "revoke_enrolment_token",
    "set_tags",
    "start_drill",
]
