"""What the rules of a policy find in a text, beside the default detector pack.

A rule never takes a hit away. Expressions are RE2, so that no rule can stall a device; words of a
dictionary are found whole and whatever their case. A hit of a policy's rule wins the name over one of the
pack.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import inf
from time import perf_counter
from typing import Any, Literal

import re2

from mci_core.detectors import DETECTORS, LABELS, PACK, Detector, Hit
from mci_core.detectors.matching import fold
from mci_core.detectors.prefilter import NEVER, prefilter, scan
from mci_core.errors import Invalid
from mci_core.policy_model import METHODS, Rule
from mci_core.redaction import stand_ins, user_rules
from mci_core.redaction.hashed_words import HashedWords
from mci_core.redaction.spans import BLANKED, Span, placeholder_pattern

PACK_PREFIX = "detector."
ENGINE_RULE = "engine"
# The name of an account where it stands in an address or in the path of a file.
USER = "USER"
# Longer lists are searched in every text; preparing them for Hyperscan would take too long.
MAX_GATE_WORDS = 2_000
# The whole default pack, or only what has a form of its own: no names and addresses.
Pack = Literal["full", "structured"]
PACKS: dict[Pack, tuple[Detector, ...]] = {
    "full": PACK,
    "structured": tuple(detector for detector in PACK if detector.structured),
}
MAX_WORDS_IN_ONE = 500
# Methods that take away more than the span itself; they win where spans overlap.
STRICT_METHODS = ("block_session", "drop_event", "drop_frame")

_insensitive = re2.Options()
_insensitive.case_sensitive = False
_insensitive.log_errors = False


def label_of(rule: Rule) -> str:
    """What stands in the placeholder: the rule's label in capitals, its id where that leaves nothing."""
    for words in (rule.label, rule.id):
        plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode("ascii")
        slug = re.sub(r"[^A-Z0-9]+", "_", plain.upper()).strip("_")
        if slug:
            return slug[:40]
    return "RULE"


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to search."""

    rule_id: str
    label: str
    method: str
    detector: str | None
    patterns: tuple[Any, ...]
    whole_words: bool
    # As those of a detector, but for texts of ASCII only.
    gates: tuple[str, ...]
    hashed: HashedWords | None = None

    def find(self, text: str, data: bytes) -> Iterator[Span]:
        """Where the rule applies; `data` is the folded text."""
        if self.detector is not None:
            yield from self._asked(data, text)
        if self.hashed is not None:
            for start, end in self.hashed.find(text):
                yield Span(start, end, self.label, self.rule_id, self.method)
        for pattern in self.patterns:
            for match in pattern.finditer(text):
                start, end = match.span()
                if end > start and (not self.whole_words or _whole_word(text, start, end)):
                    yield Span(start, end, self.label, self.rule_id, self.method)

    def _asked(self, data: bytes, text: str) -> Iterator[Span]:
        """What any detector calls by the label asked for; all of a detector whose name is no label."""
        asked = self.detector or ""
        by_name = not any(detector.may_say(asked) for detector in DETECTORS.values())
        for detector in DETECTORS.values():
            if detector.name == asked if by_name else detector.may_say(asked):
                for hit in detector.find(data, text):
                    if by_name or hit.label == asked:
                        yield _span(hit, self.label, self.rule_id, self.method)


def _span(hit: Hit, label: str, rule_id: str, method: str) -> Span:
    start, end, _, confidence, validator = hit
    return Span(start, end, label, rule_id, method, confidence, validator)


def _gates_of_words(words: Sequence[str]) -> tuple[str, ...]:
    """The first part of each entry; words with other letters than ASCII do not stand in a text of ASCII."""
    parts = {word.split()[0] for word in words if word.split()}
    if len(parts) > MAX_GATE_WORDS or any(_folds_to_ascii(part) for part in parts):
        return ()
    plain = sorted(part.lower() for part in parts if part.isascii())
    return tuple(f"(?i){re.escape(part)}" for part in plain) or (NEVER,)


def _folds_to_ascii(word: str) -> bool:
    return any(not char.isascii() and char.casefold().isascii() for char in word)


def _whole_word(text: str, start: int, end: int) -> bool:
    before = text[start - 1 : start] if start else ""
    begins = not (before.isalnum() and text[start].isalnum())
    return begins and not (text[end : end + 1].isalnum() and text[end - 1].isalnum())


def _dictionary(words: Sequence[str]) -> tuple[Any, ...]:
    wanted = sorted({" ".join(word.split()) for word in words} - {""}, key=lambda word: (-len(word), word))
    if not wanted:
        raise Invalid("A dictionary needs at least one word.", code="empty_dictionary", field="match.words")
    expressions = [r"\s+".join(re2.escape(part) for part in word.split(" ")) for word in wanted]
    chunks = [expressions[at : at + MAX_WORDS_IN_ONE] for at in range(0, len(expressions), MAX_WORDS_IN_ONE)]
    return tuple(re2.compile("(?:" + "|".join(chunk) + ")", _insensitive) for chunk in chunks)


@lru_cache(maxsize=1024)
def compile_rule(rule: Rule) -> CompiledRule:
    """The rule ready to search; raises `Invalid` with the field at fault where it cannot be used."""
    match, detector, hashed = rule.match, None, None
    patterns: tuple[Any, ...] = ()
    gates: tuple[str, ...] = ()
    if rule.method not in METHODS:
        raise Invalid("Unknown method.", code="unknown_method", field="method")
    if match.type == "detector":
        detector = match.detector
        if detector not in LABELS:
            raise Invalid(
                "Unknown detector; there are " + ", ".join(LABELS) + ".",
                code="unknown_detector",
                field="match.detector",
            )
    elif match.type == "regex":
        compiled = user_rules.compile_pattern(match.pattern or "")
        patterns, gates = (compiled,), user_rules.gate(match.pattern or "", compiled)
    elif match.type == "dictionary":
        patterns, gates = _dictionary(match.words), _gates_of_words(match.words)
    elif match.type == "hashed":
        hashed = HashedWords(match)
    else:
        raise Invalid("Unknown type of rule.", code="unknown_match", field="match.type")
    whole_words = match.type == "dictionary"
    return CompiledRule(rule.id, label_of(rule), rule.method, detector, patterns, whole_words, gates, hashed)


def check_examples(rule: Rule) -> list[str]:
    """In words: which examples of a rule it does not fulfil. Only the rule itself is asked, not the pack."""
    compiled = compile_rule(rule)

    def finds(text: str) -> bool:
        return any(True for _ in compiled.find(text, fold(text)))

    missed = [
        f"The rule {rule.label} finds nothing in its must-redact example {number}."
        for number, text in enumerate(rule.examples.redact, 1)
        if not finds(text)
    ]
    wrong = [
        f"The rule {rule.label} finds something in its must-keep example {number}."
        for number, text in enumerate(rule.examples.keep, 1)
        if finds(text)
    ]
    return missed + wrong


class RuleSet:
    """A pack and some rules, ready to search. `labels`: all that masking may have written."""

    def __init__(
        self,
        rules: Sequence[CompiledRule],
        labels: frozenset[str],
        pack: Pack = "full",
        *,
        invents: bool = False,
    ) -> None:
        self._rules = rules
        _prepare(pack)
        # One database serves both packs; what a pack leaves out is simply not asked.
        asked = frozenset(index for index, detector in enumerate(PACK) if detector in PACKS[pack])
        self._scan = scan(tuple(detector.gates for detector in PACK), asked)
        # A database of their own: the one of the pack is prepared once, this one for every change of a rule.
        self._rule_gates = prefilter(tuple(rule.gates for rule in rules)) if rules else None
        self._every_rule = range(len(rules))
        self._order = {rule.rule_id: index for index, rule in enumerate(rules)}
        self.placeholders = placeholder_pattern(labels, stand_ins.EXPRESSION if invents else "")

    def rank(self, span: Span) -> int:
        """Which of two overlapping spans gives the name: stricter methods, then rules, then the pack."""
        method = STRICT_METHODS.index(span.method) if span.method in STRICT_METHODS else len(STRICT_METHODS)
        place = self._order.get(span.rule_id)
        if place is None:
            place = len(self._order) + _PACK_ORDER.get(span.rule_id, -1)
        return method * 1_000_000 + place

    def find(self, text: str, *, until: float = inf) -> list[Span]:
        """All that the pack and the rules find, perhaps overlapping. Raises `OutOfTime` after `until`."""
        data, looked = self.look(text)
        found: list[Span] = []
        for index in looked:
            found += self.search(index, text, data)
            if perf_counter() > until:
                raise OutOfTime
        return found

    def look(self, text: str) -> tuple[bytes, Sequence[int]]:
        """The folded text, and the numbers of the detectors and rules that may find something in it."""
        data, looked = self._scan.look(fold(text))
        if self._rules:
            looked = [*looked, *(len(PACK) + index for index in self._opened_rules(text, data))]
        return data, looked

    def search(self, index: int, text: str, data: bytes) -> list[Span]:
        """What one detector or rule finds."""
        if index >= len(PACK):
            return list(self._rules[index - len(PACK)].find(text, data))
        return [_span(hit, hit.label, _PACK_RULES[hit.label], "mask") for hit in _FINDERS[index](data, text)]

    def _opened_rules(self, text: str, data: bytes) -> Sequence[int]:
        if self._rule_gates is None or not text.isascii():
            # Expressions of rules look at characters; their gates are about the bytes of ASCII.
            return self._every_rule
        return self._rule_gates.open_for(data)


@cache
def _prepare(pack: Pack) -> None:
    """Have detectors read their lists now, not while the time of a text runs."""
    sample = "Ann Lee, 12 Main Street; ann lee +1 202-555-0123"
    data = fold(sample)
    for detector in PACKS[pack]:
        deque(detector.find(data, sample), maxlen=0)


class OutOfTime(Exception):
    """Searching a text took longer than it may."""


_FINDERS = tuple(detector.find for detector in PACK)
_PACK_RULES = {label: PACK_PREFIX + label for label in LABELS}
_PACK_ORDER = {rule_id: index for index, rule_id in enumerate(_PACK_RULES.values())}


@lru_cache(maxsize=256)
def rule_set(rules: tuple[Rule, ...], known: tuple[Rule, ...] = (), pack: Pack = "full") -> RuleSet:
    """The rules ready to search; `known`: further rules whose placeholders may stand in the text."""
    compiled = [compile_rule(rule) for rule in rules]
    labels = {*LABELS, BLANKED, USER, *(rule.label for rule in compiled), *(label_of(rule) for rule in known)}
    invents = any(rule.method == "replace" for rule in (*rules, *known))
    return RuleSet(compiled, frozenset(labels), pack, invents=invents)


def rules_for(
    rules: Sequence[Rule],
    entry: str | None,
    signal: str | None,
    field: str,
    role: object = None,
    path: str | None = None,
) -> tuple[Rule, ...]:
    """The rules whose selector takes in this place; an unknown entry, signal, role or path excludes none."""
    kind = role.strip().casefold() if isinstance(role, str) else ""

    def applies(rule: Rule) -> bool:
        where = rule.selector
        return (
            (not where.entries or entry is None or entry in where.entries)
            and (not where.signals or signal is None or signal in where.signals)
            and (not where.fields or field in where.fields)
            and (not where.roles or not kind or kind in where.roles)
            and (not where.paths or path is None or path in where.paths)
            and (where.region is None or field == "frame")
        )

    return tuple(rule for rule in rules if applies(rule))


def placeholder(span: Span, value: str, hash_key: bytes | None) -> str:
    """What is written instead of a span.

    Method "hash" gives the same value the same sign within one key, "replace" the same invented value.
    Without a key both are a plain mask, because what anybody can compute gives short values away; so is
    "replace" for values that have no kind of their own.
    """
    if span.method == "replace" and hash_key is not None:
        return stand_ins.stand_in(value, hash_key) or f"[{span.label}]"
    if span.method != "hash" or hash_key is None:
        return f"[{span.label}]"
    digest = hmac.new(hash_key, value.casefold().encode("utf-8"), hashlib.sha256).hexdigest()
    return f"[{span.label}:{digest[:8]}]"
