"""The reasons of the evaluator: a closed list, each with the sentence that people read."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why an event is kept or dropped."""

    NO_LEASE = "no_lease"
    LEASE_EXPIRED = "lease_expired"
    PAUSED = "paused"
    STOPPED = "stopped"
    UNKNOWN_PLACE = "unknown_place"
    LAW_FORBIDS = "law_forbids"
    NOTICE_MISSING = "notice_missing"
    WRONG_RELEASE = "wrong_release"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    NO_FOREGROUND = "no_foreground"
    PRIVATE_WINDOW = "private_window"
    NO_ENTRY = "no_entry"
    OUT_OF_SCOPE = "out_of_scope"
    EXCLUDED_BY_PERSON = "excluded_by_person"
    ENTRY_EXPIRED = "entry_expired"
    WINDOW_EXCLUDED = "window_excluded"
    SIGNAL_NOT_ALLOWED = "signal_not_allowed"
    SIGNAL_DENIED_BY_LAW = "signal_denied_by_law"
    KEYSTROKE_GRANULARITY = "keystroke_granularity"
    SECURE_FIELD = "secure_field"
    FRAME_INTERVAL = "frame_interval"
    UNKNOWN_EVENT = "unknown_event"
    ALLOWED = "allowed"


EXPLAIN: dict[Reason, str] = {
    Reason.NO_LEASE: "This device holds no lease, so nothing is captured.",
    Reason.LEASE_EXPIRED: "The lease of this device was not valid at that time.",
    Reason.PAUSED: "Capture is paused.",
    Reason.STOPPED: "Capture is stopped.",
    Reason.UNKNOWN_PLACE: "The place of work is not known.",
    Reason.LAW_FORBIDS: "The law at the place of work does not allow capture now.",
    Reason.NOTICE_MISSING: "The notice has not been acknowledged.",
    Reason.WRONG_RELEASE: "The lease is for another release of the policy.",
    Reason.CONSENT_WITHDRAWN: "The person withdrew consent.",
    Reason.NO_FOREGROUND: "It is not known which program had the focus.",
    Reason.PRIVATE_WINDOW: "A private window had the focus.",
    Reason.NO_ENTRY: "No entry of the allowlist covers this app or site.",
    Reason.OUT_OF_SCOPE: "The entry does not count for this group, platform, tag or place of work.",
    Reason.EXCLUDED_BY_PERSON: "The person excluded this app or site.",
    Reason.ENTRY_EXPIRED: "The last day of the entry is over.",
    Reason.WINDOW_EXCLUDED: "The entry leaves out windows with such a title, or the title is not known.",
    Reason.SIGNAL_NOT_ALLOWED: "The entry does not allow this signal.",
    Reason.SIGNAL_DENIED_BY_LAW: "The law at the place of work does not allow this signal.",
    Reason.KEYSTROKE_GRANULARITY: "The entry shows less of keys than this one would tell.",
    Reason.SECURE_FIELD: "The key or text went into a password field.",
    Reason.FRAME_INTERVAL: "A screenshot was already taken in this interval.",
    Reason.UNKNOWN_EVENT: "This kind of event is not known.",
    Reason.ALLOWED: "An entry allows this signal, and lease, law and notice are in order.",
}
