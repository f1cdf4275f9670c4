"""Redaction: which parts of a text or a session are personal or secret, and what is left without them.

The default detector pack always applies; rules of a policy only add to it. Positions are code points.
"""

from __future__ import annotations

from mci_core.redaction.frames import FrameOutcome, FrameRedactor, FrameRefused, redact_frame
from mci_core.redaction.report import Hit, Report
from mci_core.redaction.session_redactor import redact_session, scan_session
from mci_core.redaction.spans import Span
from mci_core.redaction.texts import (
    explain_spans,
    failures,
    find_spans,
    find_spans_many,
    mask,
    mask_many,
    redact_text,
)

__all__ = [
    "FrameOutcome",
    "FrameRedactor",
    "FrameRefused",
    "Hit",
    "Report",
    "Span",
    "explain_spans",
    "failures",
    "find_spans",
    "find_spans_many",
    "mask",
    "mask_many",
    "redact_frame",
    "redact_session",
    "redact_text",
    "scan_session",
]
