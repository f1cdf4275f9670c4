"""Redaction: which parts of a text are personal or secret, and the text without them.

Fails closed: where a detector breaks, the whole text is masked and the failure is counted (`failures`).
Positions are code points. The default detector pack always applies; rules of a policy only add to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from mci_core.policy_model import Rule
from mci_core.redaction.rules import keyed_hash, rule_set
from mci_core.redaction.spans import BLANKED, Span, blank, settle

__all__ = ["Span", "explain_spans", "failures", "find_spans", "mask", "redact_text"]


class _Failures:
    """How many texts were masked as a whole because searching them failed, since the process started."""

    def __init__(self) -> None:
        self.count = 0


failures = _Failures()


def mask(
    text: str, rules: Sequence[Rule] | None = None, *, hash_key: bytes | None = None
) -> tuple[str, list[Span]]:
    """The masked text and what was masked, with rule, method and confidence."""
    try:
        chosen = rule_set(tuple(rules or ()))

        def name(span: Span, value: str) -> str:
            key = hash_key if span.method == "hash" else None
            return keyed_hash(key, span.label, value)

        return settle(text, chosen.find, chosen.rank, name, chosen.placeholders)
    except Exception:  # noqa: BLE001 - whatever breaks in a detector must not let the text through
        failures.count += 1
        return (f"[{BLANKED}]" if text else ""), blank(text)


def explain_spans(text: str, rules: Sequence[Rule] | None = None) -> list[Span]:
    """What would be masked and by which rule: sorted, without overlap."""
    return mask(text, rules)[1]


def find_spans(text: str, rules: Sequence[Rule] | None = None) -> list[tuple[int, int, str]]:
    """(start, end, label) of everything that would be masked: sorted, without overlap."""
    return [(span.start, span.end, span.label) for span in mask(text, rules)[1]]


def redact_text(
    text: str, rules: Sequence[Rule] | None = None, *, hash_key: bytes | None = None
) -> tuple[str, list[tuple[int, int, str]]]:
    """The text with typed placeholders such as [EMAIL], and the spans of the original."""
    masked, spans = mask(text, rules, hash_key=hash_key)
    return masked, [(span.start, span.end, span.label) for span in spans]
