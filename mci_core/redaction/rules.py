"""What the rules of a policy find in a text, beside the default detector pack.

A rule never takes a hit away. Expressions are RE2, so that no rule can stall a device; words of a dictionary are
found whole and whatever their case. A hit of a policy's rule wins the name over one of the pack.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from mci_core.detectors import DETECTORS, LABELS
from mci_core.detectors.matching import Gates, fold
from mci_core.policy_model import Rule
from mci_core.redaction.spans import BLANKED, Span, placeholder_pattern

PACK_PREFIX = "detector."
METHOD_ORDER = ("block_session", "drop_event", "drop_frame", "mask", "hash")
MAX_WORDS_IN_ONE = 500


def label_of(rule: Rule) -> str:
    """The name that stands in the placeholder: the rule's label in capitals, its id where that leaves nothing."""
    for words in (rule.label, rule.id):
        plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode("ascii")
        slug = re.sub(r"[^A-Z0-9]+", "_", plain.upper()).strip("_")
        if slug:
            return slug[:40]
    return "RULE"


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule_id: str
    label: str
    method: str
    patterns: tuple[Any, ...]
    detector: str | None


_insensitive = re2.Options()
_insensitive.case_sensitive = False
_insensitive.log_errors = False
_quiet = re2.Options()
_quiet.log_errors = False


def _dictionary(words: Sequence[str]) -> tuple[Any, ...]:
    wanted = sorted({" ".join(word.split()) for word in words} - {""}, key=lambda word: (-len(word), word))
    expressions = [r"\s+".join(re2.escape(part) for part in word.split(" ")) for word in wanted]
    chunks = [expressions[at : at + MAX_WORDS_IN_ONE] for at in range(0, len(expressions), MAX_WORDS_IN_ONE)]
    return tuple(re2.compile("(?:" + "|".join(chunk) + ")", _insensitive) for chunk in chunks)


def _compile(rule: Rule) -> _Compiled:
    match = rule.match
    patterns: tuple[Any, ...] = ()
    if match.type == "dictionary":
        patterns = _dictionary(match.words)
    elif match.type == "regex":
        patterns = (re2.compile(match.pattern or "", _quiet),)
    return _Compiled(rule.id, label_of(rule), rule.method, patterns, match.detector)


def _whole_word(text: str, start: int, end: int) -> bool:
    before = text[start - 1 : start] if start else ""
    after = text[end : end + 1]
    begins = not (before.isalnum() and text[start].isalnum())
    return begins and not (after.isalnum() and text[end - 1].isalnum())


class RuleSet:
    """The default pack and a policy's rules, ready to search."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = [_compile(rule) for rule in rules]
        self._order = {rule.rule_id: index for index, rule in enumerate(self._rules)}
        self._pack_order = {PACK_PREFIX + label: 1000 + index for index, label in enumerate(LABELS)}
        self.labels = {*LABELS, BLANKED, *(rule.label for rule in self._rules)}
        self.rule_ids = {*self._pack_order, *self._order, "engine"}
        self.placeholders = placeholder_pattern(self.labels)

    def rank(self, span: Span) -> int:
        """Which of two overlapping spans gives the name: stricter methods, then rules, then the pack."""
        method = METHOD_ORDER.index(span.method) if span.method in METHOD_ORDER[:3] else 3
        place = self._order.get(span.rule_id, self._pack_order.get(span.rule_id, -1))
        return method * 1_000_000 + place

    def find(self, text: str) -> Iterator[Span]:
        """Everything that the pack and the rules find, perhaps overlapping."""
        data = fold(text)
        for index in _GATES.open_for(data):
            for hit in _PACK[index].find(data):
                yield Span(hit.start, hit.end, hit.label, PACK_PREFIX + hit.label, "mask", hit.confidence)
        for rule in self._rules:
            yield from self._find_rule(rule, text, data)

    def _find_rule(self, rule: _Compiled, text: str, data: bytes) -> Iterator[Span]:
        if rule.detector is not None:
            for hit in DETECTORS[rule.detector].find(data):
                if hit.label == rule.detector:
                    yield Span(hit.start, hit.end, rule.label, rule.rule_id, rule.method, hit.confidence)
            return
        whole = rule.patterns and rule.patterns[0].options.case_sensitive is False
        for pattern in rule.patterns:
            for match in pattern.finditer(text):
                start, end = match.span()
                if end > start and (not whole or _whole_word(text, start, end)):
                    yield Span(start, end, rule.label, rule.rule_id, rule.method)


_PACK = tuple(DETECTORS.values())
_GATES = Gates([detector.gate for detector in _PACK])


def keyed_hash(key: bytes | None, label: str, value: str) -> str:
    """The placeholder of method "hash": the same value gets the same sign; without a key it stays a plain mask."""
    if key is None:
        return f"[{label}]"
    digest = hmac.new(key, value.casefold().encode("utf-8"), hashlib.sha256).hexdigest()
    return f"[{label}:{digest[:8]}]"


@lru_cache(maxsize=64)
def rule_set(rules: tuple[Rule, ...]) -> RuleSet:
    """The compiled form; compiling is slow, a policy lives for days."""
    return RuleSet(rules)
