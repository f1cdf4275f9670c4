"""Whether masking ever raises, or masks less in one pass than in two, on texts made to be hard for it.

Texts are put together from values and their halves, placeholders, brackets, cue words, signs of many scripts
and random letters, some with a policy's rules. For each: `mask` raises nothing, its spans are in order and
inside the text, the masked text is itself left alone by a second pass, and blanked texts are counted. The
seed gives the same texts again.

    python benchmarks/redaction_fuzz.py --texts 1000000 --processes 2 --minutes 60
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from mci_core.policy_model import Rule, RuleMatch
from mci_core.redaction import failures, mask
from mci_core.samples_values import KINDS, Values

BATCH = 2_000

_WORDS = [
    "password",
    "pass",
    "token",
    "secret",
    "key",
    "name",
    "Mr.",
    "born",
    "DOB",
    "IBAN",
    "card",
    "PIN",
    "phone",
    "SSN",
    "account",
    "Street",
    "Dear",
    "cookie",
    "Bearer",
    "code",
    "is",
    "for",
    "Anna",
    "Smith",
    "anna.smith",
    "London",
    "mysql -p",
    "curl -u a:",
    "https://",
    "://u:",
    "?token=",
    "&sig=",
    "--password",
    "[EMAIL]",
    "[PASSWORD]",
    "[PROJECT]",
    "[EMAIL:0123abcd]",
    "[BLANKED]",
    "[EMA",
    "IL]",
    "BEGIN PRIVATE KEY",
    "-----",
    "eyJ",
    "ghp_",
    "AKIA",
    "Zebra",
]
_SIGNS = (
    " \t\n\r\x0b\x00.,:;=-_/\\@#%&*+!?()[]{}<>|'\"`~^$\u2588\u00a0\u2003\u200b\u200d\u202e\ufeff\uff1a\uff20"
)
_LETTERS = (
    "abzAZ09159\u00e9\u00df\u0153\u00f1\u0131\u017f\u212a\u0130\u0436\u042f\u05d0\u0628\u65e5\u672c\u8a9e\ud55c"
    "\u0663\uff15\U0001d7d8\U0001f600\U000e0041"
)
RULES = (
    Rule("words", "Project", "mask", RuleMatch("dictionary", words=("Zebra", "C++"))),
    Rule("cards", "Card", "hash", RuleMatch("regex", pattern=r"Kd-\d+é?|[A-Z]{2}\d{3}")),
)


class Fault(NamedTuple):
    """A text that did not keep a promise, and which."""

    promise: str
    text: str


def _value(rng: random.Random, values: Values) -> str:
    made = values.make(rng.choice(KINDS))
    cut = rng.randrange(4)
    if cut == 0:
        return made[: rng.randint(0, len(made))]
    if cut == 1:
        return made[rng.randint(0, len(made)) :]
    return made if cut == 2 else made.upper()


def _piece(rng: random.Random, values: Values) -> str:
    kind = rng.random()
    if kind < 0.35:
        return _value(rng, values)
    if kind < 0.65:
        return rng.choice(_WORDS)
    if kind < 0.85:
        return rng.choice(_SIGNS) * rng.choice((1, 1, 1, 2, 5))
    return "".join(rng.choice(_LETTERS) for _ in range(rng.randint(1, 8)))


def made_text(rng: random.Random, values: Values) -> str:
    """One text; about one in five hundred cannot be written as UTF-8."""
    text = "".join(_piece(rng, values) + rng.choice(("", "", " ", " ")) for _ in range(rng.randint(0, 10)))
    return text + "\ud800" if rng.random() < 0.002 else text


def judge(text: str, rules: tuple[Rule, ...]) -> str:
    """The promise that is not kept; empty when all are."""
    try:
        masked, spans = mask(text, rules, hash_key=b"fuzz")
        again, more = mask(masked, rules, hash_key=b"fuzz")
    except Exception as error:
        return f"raises {error!r}"
    at = 0
    for span in spans:
        if not at <= span.start < span.end <= len(text):
            return "spans in order and inside"
        at = span.end
    if again != masked or more:
        return "nothing is left for a second pass"
    return ""


def run_batch(seed: int, count: int) -> tuple[list[Fault], Counter[str]]:
    """Some texts in one process: faults, and what happened how often."""
    rng = random.Random(seed)
    values = Values(rng)
    faults: list[Fault] = []
    counts: Counter[str] = Counter()
    blanked = failures.count
    for _ in range(count):
        text = made_text(rng, values)
        rules = RULES if rng.random() < 0.3 else ()
        fault = judge(text, rules)
        if fault:
            faults.append(Fault(fault, text))
        counts["texts"] += 1
        counts["characters"] += len(text)
        counts["cannot be written"] += text.endswith("\ud800")
    counts["blanked"] = failures.count - blanked
    return faults, counts


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=120.0, help="no new batch begins after this")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    batches = -(-given.texts // BATCH)
    counts: Counter[str] = Counter()
    faults: list[Fault] = []
    began = time.monotonic()
    with ProcessPoolExecutor(given.processes) as pool:
        done = 0
        while done < batches and time.monotonic() - began < given.minutes * 60:
            wave = range(done, min(done + given.processes * 2, batches))
            seeds = [given.seed * 1_000_003 + number for number in wave]
            for found, more in pool.map(run_batch, seeds, [BATCH] * len(seeds)):
                faults += found
                counts.update(more)
            done += len(seeds)
    seconds = time.monotonic() - began
    print(
        f"seed {given.seed}, {counts['texts']:,} texts, {counts['characters']:,} characters, {seconds:.0f} s"
    )
    print(f"blanked {counts['blanked']}, cannot be written {counts['cannot be written']}")
    print(f"faults {len(faults)}")
    for fault in faults[:20]:
        print(f"  {fault.promise}: {fault.text!r}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
