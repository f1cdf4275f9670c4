"""Masks texts. Fails closed: where a detector or rule breaks, takes too long, or a text cannot be written as
UTF-8, the whole text is masked and that is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from threading import Lock
from time import perf_counter

from mci_core.policy_model import Rule
from mci_core.redaction.many import Search, search_all
from mci_core.redaction.rules import Pack, RuleSet, placeholder, rule_set
from mci_core.redaction.spans import BLANKED, Settling, Span, blank, settle, settling

# What one text may take: far more than any needs, so that only a fault or an attack gets there.
SECONDS = 10.0
SECONDS_A_CHARACTER = 20e-6
# So many texts are searched at the same time.
SIDE_BY_SIDE = 1_000


class _Failures:
    """How many texts were masked as a whole because searching them failed, since the process started."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = Lock()

    def add(self) -> None:
        with self._lock:
            self.count += 1


failures = _Failures()


def mask(
    text: str,
    rules: Sequence[Rule] | None = None,
    *,
    known: Sequence[Rule] = (),
    hash_key: bytes | None = None,
    pack: Pack = "full",
) -> tuple[str, list[Span]]:
    """The masked text and what was masked, with rule, method, validator and confidence."""
    try:
        return _settled(text, rule_set(tuple(rules or ()), tuple(known), pack), hash_key)
    except Exception:
        return _blanked(text)


def mask_many(
    texts: Sequence[str],
    rules: Sequence[Rule] | None = None,
    *,
    known: Sequence[Rule] = (),
    hash_key: bytes | None = None,
    pack: Pack = "full",
) -> list[tuple[str, list[Span]]]:
    """The same for many texts, side by side: faster than one after the other."""
    try:
        chosen = rule_set(tuple(rules or ()), tuple(known), pack)
    except Exception:
        return [_blanked(text) for text in texts]
    done: list[tuple[str, list[Span]]] = []
    for start in range(0, len(texts), SIDE_BY_SIDE):
        part = texts[start : start + SIDE_BY_SIDE]
        searches = [Search(_steps(text, chosen, hash_key), _allowed(text)) for text in part]
        search_all(searches, chosen)
        for text, search in zip(part, searches, strict=True):
            done.append(_blanked(text) if search.result is None else search.result)
    return done


def _allowed(text: str) -> float:
    return SECONDS + SECONDS_A_CHARACTER * len(text)


def _steps(text: str, chosen: RuleSet, hash_key: bytes | None) -> Settling:
    if not text.isascii():
        # Half of a surrogate pair: nobody could write the text down, so it is nothing that was typed.
        text.encode("utf-8")
    return (
        yield from settling(
            text,
            chosen.rank,
            lambda span, value: placeholder(span, value, hash_key),
            chosen.placeholders,
        )
    )


def _settled(text: str, chosen: RuleSet, hash_key: bytes | None) -> tuple[str, list[Span]]:
    until = perf_counter() + _allowed(text)
    return settle(_steps(text, chosen, hash_key), partial(chosen.find, until=until))


def _blanked(text: str) -> tuple[str, list[Span]]:
    """Whatever breaks in a detector must not let the text through."""
    failures.add()
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


def find_spans_many(
    texts: Sequence[str], rules: Sequence[Rule] | None = None, *, pack: Pack = "full"
) -> list[list[tuple[int, int, str]]]:
    """The same for many texts, faster than one by one."""
    return [
        [(span.start, span.end, span.label) for span in spans]
        for _, spans in mask_many(texts, rules, pack=pack)
    ]


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
