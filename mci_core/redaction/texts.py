"""Masks one text. Fails closed: where a detector or rule breaks, the whole text is masked and that is
counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from mci_core.policy_model import Rule
from mci_core.redaction.rules import Pack, placeholder, rule_set
from mci_core.redaction.spans import BLANKED, Span, blank, settle


class _Failures:
    """How many texts were masked as a whole because searching them failed, since the process started."""

    def __init__(self) -> None:
        self.count = 0


failures = _Failures()


def mask(
    text: str,
    rules: Sequence[Rule] | None = None,
    *,
    known: Sequence[Rule] = (),
    hash_key: bytes | None = None,
    pack: Pack = "full",
) -> tuple[str, list[Span]]:
    """The masked text and what was masked, with rule, method and confidence."""
    try:
        chosen = rule_set(tuple(rules or ()), tuple(known), pack)
        return settle(
            text,
            chosen.find,
            chosen.rank,
            lambda span, value: placeholder(span, value, hash_key),
            chosen.placeholders,
        )
    except Exception:
        # Whatever breaks in a detector must not let the text through.
        failures.count += 1
        return (f"[{BLANKED}]" if text else ""), blank(text)


def explain_spans(text: str, rules: Sequence[Rule] | None = None) -> list[Span]:
    """What would be masked and by which rule: sorted, without overlap."""
    return mask(text, rules)[1]


def find_spans(
    text: str, rules: Sequence[Rule] | None = None, *, pack: Pack = "full"
) -> list[tuple[int, int, str]]:
    """(start, end, label) of everything that would be masked: sorted, without overlap.

    `pack`: "structured" leaves out names and addresses, which takes a fraction of the time.
    """
    return [(span.start, span.end, span.label) for span in mask(text, rules, pack=pack)[1]]


def redact_text(
    text: str, rules: Sequence[Rule] | None = None, *, hash_key: bytes | None = None
) -> tuple[str, list[tuple[int, int, str]]]:
    """The text with typed placeholders such as [EMAIL], and the spans of the original."""
    masked, spans = mask(text, rules, hash_key=hash_key)
    return masked, [(span.start, span.end, span.label) for span in spans]


@lru_cache(maxsize=4096)
def cached_mask(
    text: str, rules: tuple[Rule, ...], known: tuple[Rule, ...], hash_key: bytes | None
) -> tuple[str, tuple[Span, ...]]:
    """The same for texts that come back often, such as titles and names of fields."""
    masked, spans = mask(text, rules, known=known, hash_key=hash_key)
    return masked, tuple(spans)
