"""Redaction: which parts of a text or a session are personal or secret, and what is left without them.

The default detector pack always applies; rules of a policy only add to it. Positions are code points.
"""

from __future__ import annotations

from mci_core.redaction.spans import Span
from mci_core.redaction.texts import explain_spans, failures, find_spans, mask, redact_text

__all__ = ["Span", "explain_spans", "failures", "find_spans", "mask", "redact_text"]
