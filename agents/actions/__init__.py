"""Every verb on devices, by what it is about: enrolment, leases, deliveries, commands, stops, security
events.
"""

from __future__ import annotations

from agents.actions.commands import finish_command, order_purge
from agents.actions.deliveries import assign_release, create_deliveries, record_acks
from agents.actions.enrolment import (
    create_enrolment_token,
    enrol_device,
    revoke_device,
    revoke_enrolment_token,
)
from agents.actions.leases import forget_leases, record_heartbeat, renew_lease
from agents.actions.security import record_security_event
from agents.actions.stops import confirm_restart, open_stop, request_restart

__all__ = [
    "assign_release",
    "confirm_restart",
    "create_deliveries",
    "create_enrolment_token",
    "enrol_device",
    "finish_command",
    "forget_leases",
    "open_stop",
    "order_purge",
    "record_acks",
    "record_heartbeat",
    "record_security_event",
    "renew_lease",
    "request_restart",
    "revoke_device",
    "revoke_enrolment_token",
]
