"""Which expressions people may write into a rule, and what they are told about one that is refused.

Expressions are RE2: time grows with the text and nothing else. What remains to be bounded is how large the
prepared expression becomes, so repeats are counted and sizes limited. A refusal names the place (counted from
1) and a better form. Python's own `re` never sees an expression that somebody wrote.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import re2

from mci_core.detectors.dialects import Token, for_hyperscan, tokens
from mci_core.errors import Invalid

MAX_PATTERN = 1_000
MAX_RULES = 500
# One counted repeat, and repeats inside repeats multiplied.
MAX_COUNT = 250
MAX_NESTED = 1_000
# Steps of a prepared expression, as RE2 counts them; time on a text grows with this as well.
MAX_STEPS = 10_000
# More than this is left to RE2 alone: Hyperscan would need long to prepare it.
MAX_GATE_STEPS = 1_500
MAX_GATE_COUNT = 64
SECONDS = 2.0
FIELD = "match.pattern"
_CHILD = Path(__file__).with_name("user_rules_child.py")


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with an expression or odd about it, where (from 1), and what to write instead."""

    place: int
    message: str
    code: str = "pattern_syntax"

    def __str__(self) -> str:
        return f"Place {self.place}: {self.message}"


# How an opening bracket that RE2 does not know begins, and what to do instead.
_OPENINGS: tuple[tuple[str, str], ...] = (
    ("(?=", "a look-ahead is not possible. Match what follows as well, or name it in a must-redact example."),
    ("(?!", "a look-ahead is not possible. List what may follow, such as [^0-9], instead of what may not."),
    ("(?<=", "a look-behind is not possible. Match what stands before as well: it is masked too."),
    ("(?<!", r"a look-behind is not possible. Use \b for the beginning of a word."),
    ("(?>", "an atomic group is not possible and not needed: write (?: instead."),
    ("(?|", "a group that numbers anew is not possible: write (?: instead."),
    ("(?(", "a condition is not possible. Write both cases with | between them."),
    ("(?#", "a comment is not possible. Say it in the name of the rule."),
    ("(?P=", "a back-reference is not possible. Write out what has to come again."),
)
_ESCAPES = {
    "Z": r"\Z is not known. Use $ or \z.",
    "G": r"\G is not known. Leave it out.",
    "K": r"\K is not known. What stands before is masked too.",
    "R": r"\R is not known. Use \r?\n.",
    "h": r"\h is not known. Use [ \t].",
    "k": "a back-reference is not possible. Write out what has to come again.",
    "C": r"\C would cut characters apart. Use a dot.",
}


def refusals(pattern: str) -> Iterator[Remark]:
    """Why an expression is refused before anything tries to prepare it."""
    for token in tokens(pattern):
        if token.kind == "open":
            yield from _refused_opening(token)
        elif token.kind == "escape":
            yield from _refused_escape(token)
        elif token.kind == "repeat" and len(token.text) > 1 and token.text[-1] == "+":
            better = token.text[:-1]
            words = f"{token.text} (possessive) is not possible and not needed: write {better} instead."
            yield Remark(token.start + 1, words)
    yield from _refused_counts(pattern)


def _refused_opening(token: Token) -> Iterator[Remark]:
    for opening, words in _OPENINGS:
        # No two of them begin a bracket alike.
        if token.text.startswith(opening):
            yield Remark(token.start + 1, words)


def _refused_escape(token: Token) -> Iterator[Remark]:
    sign = token.text[1:2]
    if len(token.text) == 2 and sign.isdigit() and sign != "0":
        yield Remark(token.start + 1, _ESCAPES["k"])
    elif sign in _ESCAPES:
        yield Remark(token.start + 1, _ESCAPES[sign])


def _count(text: str) -> int:
    """How often a repeat can come, as far as it is counted; 1 for those that are not."""
    if not text.startswith("{"):
        return 1
    numbers = text[1 : text.index("}")].split(",")
    return max((int(number[:6]) for number in numbers if number), default=1)


def _refused_counts(pattern: str) -> Iterator[Remark]:
    # For each group that is open, the largest product of counts inside it; the last one is the piece before.
    inside: list[int] = [1]
    last = 1
    for token in tokens(pattern):
        if token.kind == "open":
            inside.append(1)
        elif token.kind == "close" and len(inside) > 1:
            last = inside.pop()
        elif token.kind == "repeat":
            count = _count(token.text)
            last *= count
            if count > MAX_COUNT or last > MAX_NESTED:
                yield Remark(token.start + 1, _count_words(token.text, count), "pattern_count")
        else:
            last = 1
        inside[-1] = max(inside[-1], last)


def _count_words(text: str, count: int) -> str:
    if count > MAX_COUNT:
        return (
            f"{text} is too large a count; {MAX_COUNT} is the most. Use + where the length does not matter."
        )
    return f"{text} repeats a part that is itself repeated, more than {MAX_NESTED} times. Use smaller counts."


def warnings(pattern: str) -> list[Remark]:
    """What is allowed, but seldom meant."""
    parts = list(tokens(pattern))
    found: list[Remark] = []
    if parts and parts[0].text in ("^", r"\A") and parts[-1].text in ("$", r"\z"):
        words = (
            f"{parts[0].text} and {parts[-1].text} bind the expression to the whole text: it finds nothing "
            r"inside a sentence. Use \b at both ends."
        )
        found.append(Remark(1, words, "pattern_bound"))
    if len(parts) > 1 and parts[-1].text in ("*", "+") and parts[-2].kind == "dot":
        place = parts[-2].start + 1
        words = f".{parts[-1].text} at the end masks the rest of the line. Say what belongs to the value."
        found.append(Remark(place, words, "pattern_greedy"))
    return found


_quiet = re2.Options()
_quiet.log_errors = False


def _check_form(pattern: str) -> None:
    if not pattern or len(pattern) > MAX_PATTERN:
        raise Invalid(f"An expression has 1 to {MAX_PATTERN} characters.", code="pattern_length", field=FIELD)
    for remark in refusals(pattern):
        raise Invalid(f"{remark}", code=remark.code, field=FIELD)


def compile_pattern(pattern: str) -> Any:
    """The expression, ready to search; raises `Invalid` that names the place and a better form."""
    _check_form(pattern)
    try:
        compiled = re2.compile(pattern, _quiet)
    except (re2.error, UnicodeError) as error:
        raise Invalid(_syntax_words(pattern, error), code="pattern_syntax", field=FIELD) from None
    if compiled.programsize > MAX_STEPS:
        words = f"The expression is too large: {compiled.programsize} steps, {MAX_STEPS} is the most."
        raise Invalid(f"{words} Use smaller counts or a rule of words.", code="pattern_count", field=FIELD)
    if compiled.search("") is not None:
        words = (
            "The expression matches the empty text. Use + instead of *, or leave out ? where all is optional."
        )
        raise Invalid(words, code="pattern_empty", field=FIELD)
    return compiled


def _syntax_words(pattern: str, error: Exception) -> str:
    words = error.args[0] if error.args else ""
    reason = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    fragment = reason.partition(": ")[2]
    place = pattern.find(fragment) if fragment and isinstance(error, re2.error) else -1
    where = f"Place {place + 1}: t" if place >= 0 else "T"
    return f"{where}he expression is not valid RE2 (no look-around, no back-references): {reason}"


def gate(pattern: str, compiled: Any) -> tuple[str, ...]:
    """What lets Hyperscan skip the rule on texts of ASCII; empty where it has to be tried on every text."""
    written = for_hyperscan(pattern)
    counts = [_count(token.text) for token in tokens(pattern) if token.kind == "repeat"]
    insensitive = any(
        token.kind == "open" and "i" in token.text.partition("?")[2] for token in tokens(pattern)
    )
    if (
        written is None
        or compiled.programsize > MAX_GATE_STEPS
        or max(counts, default=1) > MAX_GATE_COUNT
        # A few letters beyond ASCII are other forms of ASCII letters.
        or (insensitive and not pattern.isascii())
    ):
        return ()
    # Other letters go in as the bytes that a text of ASCII does not hold.
    return (_wrapped(written).encode("utf-8").decode("latin-1"),)


def _wrapped(written: str) -> str:
    """Each letter of several bytes as a group, so that a repeat after it means all of them."""
    return "".join(
        f"(?:{token.text})" if token.kind == "sign" and not token.text.isascii() else token.text
        for token in tokens(written)
    )


@lru_cache(maxsize=512)
def _tried(patterns: tuple[str, ...]) -> str:
    """What a child process says about preparing these expressions; empty: they can be prepared."""
    command = [sys.executable, "-I", str(_CHILD)]
    try:
        done = subprocess.run(  # noqa: S603 - this very interpreter, and the expressions go in as data
            command,
            input=json.dumps(patterns),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "takes too long to prepare"
    return "" if done.returncode == 0 and done.stdout.strip() == "ok" else "needs too much memory to prepare"


def try_apart(rules: Sequence[object]) -> None:
    """Prepare the expressions of rules in a process of its own, bounded in time and memory.

    For places where people save rules, before anything else prepares them: what gets through here costs a
    device little. `rules`: as they stand in a document, perhaps of a wrong shape. Raises `Invalid`.
    """
    if len(rules) > MAX_RULES:
        raise Invalid(f"A policy has at most {MAX_RULES} rules.", code="too_many_rules", field="rules")
    patterns = tuple(pattern for pattern in map(_pattern_of, rules) if pattern)
    for pattern in patterns:
        _check_form(pattern)
    fault = _tried(patterns) if patterns else ""
    if fault:
        raise Invalid(
            f"The expression {fault}. Use smaller counts or a rule of words.",
            code="pattern_costly",
            field=FIELD,
        )


def _pattern_of(rule: object) -> str:
    match = rule.get("match") if isinstance(rule, Mapping) else None
    pattern = match.get("pattern") if isinstance(match, Mapping) else None
    return pattern if isinstance(pattern, str) else ""
