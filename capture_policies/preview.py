"""What a rule does to a text that somebody types into the editor: the very code that the agent runs.

The text is neither stored nor logged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mci_core import redaction
from mci_core.errors import ActionError
from mci_core.policy import Rule, parse_rule
from mci_core.redaction import user_rules
from mci_core.redaction.rules import PACK_PREFIX, check_examples, compile_rule

MAX_TEXT = 5_000


@dataclass(frozen=True)
class Piece:
    """A part of the text: plain, or found (``label`` is set) by this rule or by the default pack."""

    text: str
    label: str = ""
    by_rule: bool = False


@dataclass(frozen=True)
class Preview:
    """``problem`` says why the rule cannot be tried; else what it finds, what is left, and what is odd."""

    problem: str = ""
    pieces: tuple[Piece, ...] = ()
    masked: str = ""
    failures: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    found: int = 0


def try_rule(doc: Mapping[str, Any], text: str) -> Preview:
    """Apply one rule and the default pack to a text, and the rule to its own examples."""
    text = text[:MAX_TEXT]
    try:
        user_rules.try_apart([doc])
        rule = parse_rule(doc)
        compile_rule(rule)
        failures = tuple(check_examples(rule))
        pieces = tuple(_pieces(text, [rule]))
        masked, _spans = redaction.redact_text(text, [rule])
    except ActionError as fault:
        return Preview(problem=fault.message)
    return Preview(
        pieces=pieces,
        masked=masked,
        failures=failures,
        remarks=tuple(str(one) for one in user_rules.warnings(rule.match.pattern or "")),
        found=sum(bool(piece.label) for piece in pieces),
    )


def _pieces(text: str, rules: Sequence[Rule]) -> list[Piece]:
    pieces: list[Piece] = []
    done = 0
    for span in redaction.explain_spans(text, rules):
        if span.start > done:
            pieces.append(Piece(text[done : span.start]))
        own = not span.rule_id.startswith(PACK_PREFIX)
        pieces.append(Piece(text[span.start : span.end], span.label, own))
        done = span.end
    if done < len(text):
        pieces.append(Piece(text[done:]))
    return pieces
