"""Who is named: words with a capital letter that lists know as names, weighed with what stands around them.

Each run of capitalised words is cut at words that are no names. What is left is scored: in how many
countries' lists the words are first or last names, how common they are as words, what stands before (a title,
a greeting, "name:"), what stands after (a verb of speaking, "Street", "Inc"), whether an e-mail address in
the same text repeats them, whether they stand alone on a line. The weights are set by reason, not learnt.
Small letters count only where a cue says so or the lists leave no doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from mci_core.detectors import names_lower
from mci_core.detectors.gazetteer import UNKNOWN, Known, plain, words
from mci_core.detectors.matching import Detector, Hit
from mci_core.detectors.names_context import around, around_one
from mci_core.detectors.names_words import AMBIGUOUS, CITIES, NEVER, PARTICLES, STAND_INS, SUFFIXES

_CAPITAL = (
    "[A-Z\u00c0-\u00de\u0100-\u024f\u0370-\u03ff\u0400-\u042f\u0531-\u0556\u05d0-\u06ff\u0900-\u0fff"
    "\u10a0-\u10ff\u1e00-\u1eff]"
)
_INNER = "|".join(sorted((re.escape(word) for word in PARTICLES), key=len, reverse=True))


def _run(capital: str, letter: str, apostrophe: str, gap: str, flags: int = 0) -> re.Pattern[str]:
    """Words with a capital letter, one after the other, and small words between them.

    Not beside signs of code: names in file names are found on their own. A possessive "'s" is not part of a
    word. The look behind comes after the first letter: an expression that begins with a set of signs is
    faster. A run never ends inside letters, so that they need not be tried again ("++").
    """
    letters = rf"{letter}*+(?:{apostrophe}(?!s\b){letter}++)*"
    word = rf"(?:(?:{capital}\.){{1,4}}|{capital}{letters})"
    first = rf"{capital}(?<![\w$%\\+].)(?:\.(?:{capital}\.){{0,3}}|{letters})"
    return re.compile(rf"{first}(?:{gap}(?:(?:{_INNER})[ -]){{0,3}}{word}){{0,7}}(?![\w(\\=])", flags)


_RUN = _run(_CAPITAL, r"[^\W\d_]", "['\u2019]", "[ \u00a0-]")
# The same for texts of ASCII, in less time.
_ASCII_RUN = _run("[A-Z]", "[A-Za-z]", "'", "[ -]", re.ASCII)
_PIECE = re.compile(r"(?:[^\W\d_]\.){2,4}|[^\W\d_]+(?:['\u2019](?!s\b)[^\W\d_]+)*\.?")


def _glued_words(capital: str, letter: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(rf"({capital}(?<![^\W_].){letter}++)_({capital}{letter}++)(?=_|\.|\b)", flags)


_GLUED = _glued_words(_CAPITAL, r"[^\W\d_]")
_ASCII_GLUED = _glued_words("[A-Z]", "[A-Za-z]", re.ASCII)
_LAST_FIRST = re.compile(
    rf"(?:^|[\n\t\"';(\]|])({_CAPITAL}[^\W\d_'-]+), ({_CAPITAL}[^\W\d_'-]+(?: {_CAPITAL}\.)?)"
    r"(?=$|[\n\t\"';)\[|<]| <)"
)
# An expression that begins with fixed signs is found fast; few texts have these.
_GLUE = re.compile(rf"_{_CAPITAL}")
_COMMA = re.compile(rf", {_CAPITAL}")
_LOCAL_PART = re.compile(r"[\w.+%-]{3,64}(?=@|%40)")
# The same before a plain "@", read backwards from it.
_PART_BACKWARDS = re.compile(r"[\w.+%-]{3,64}")
# By number of lists that know the word as a first or a last name.
_FIRST = (0.0, 0.9, 1.3, 1.6, 1.8, 1.9, 2.0, 2.1, 2.2, 2.3, 2.3, 2.4, 2.4, 2.5, 2.5, 2.6)
_LAST = (0.0, 0.7, 1.1, 1.4, 1.6, 1.7, 1.8, 1.9, 2.0, 2.1, 2.1, 2.2, 2.2, 2.3, 2.3, 2.4)
_PER_GRADE = 0.27
_PLACE = 0.9
_SHORT = 0.8
_DOUBT = 0.7
_PAIR = 0.6
_UNHEARD = 0.6
_UNHEARD_ALONE = 0.5
_UNHEARD_PAIR = 0.8
_HYPHENED = 0.9
_ALL_NOUNS = 0.5
# German gives every noun a capital letter, so that one says nothing there.
_GERMAN = re.compile(
    r"\b(?:und|der|die|das|ist|nicht|mit|f\u00fcr|ein|eine)\b.{0,200}"
    r"\b(?:und|der|die|das|den|ist|zu)\b",
    re.DOTALL,
)

# After one of these a word goes on, and is no word of a sentence.
_JOINED = frozenset((".", "@", "_", "-"))
_NEEDED = 1.0

Token = tuple[int, int, str, Known]


# There are few different entries, so that all their weights may be kept.
@cache
def _weight(known: Known, first: bool) -> float:
    as_first, as_last = _FIRST[known.first], _LAST[known.last]
    strength = max(as_first, 0.8 * as_last) if first else max(as_last, 0.8 * as_first)
    weight = strength - _PER_GRADE * known.common
    # A rare name says at least as much as a word nobody has heard of.
    return max(weight, _UNHEARD) if known.common <= 1 and strength else weight


@cache
def _ending() -> frozenset[Known]:
    """What is known of words that end a run: so common that only their neighbours can make them names."""
    return frozenset(
        known
        for known in set(words().values())
        if known.common - (0.5 if known.first >= 8 else 0.4) * max(known.first, known.last) >= 4
    )


@cache
def _no_names_alone() -> frozenset[Known]:
    """What is known of words that are no name when they stand alone: of most words with a capital letter."""
    nameless = {known for known in set(words().values()) if not (known.first or known.last)}
    return _ending() | nameless


def _tokens(text: str, start: int, end: int) -> list[Token]:
    known, run, tokens = words(), text[start:end], []
    if not run.isascii() or not run.replace(" ", "").isalpha():
        for piece in _PIECE.finditer(text, start, end):
            word = plain(piece[0])
            tokens.append((*piece.span(), word, known.get(word, UNKNOWN)))
        return tokens
    for word in run.lower().split(" "):
        end = start + len(word)
        tokens.append((start, end, word, known.get(word, UNKNOWN)))
        start = end + 1
    return tokens


def _groups(text: str, tokens: list[Token]) -> Iterator[tuple[int, int]]:
    """The stretches of a run between words that are no names, as positions in the list."""
    begin, ending = 0, _ending()
    for index, (start, _, word, known) in enumerate(tokens):
        # A word in small letters is a particle ("van"); a hyphen makes a word part of a name ("Karl-August").
        if word not in NEVER and known not in ending:
            continue
        if text[start].isupper() and not (index and text[start - 1] == "-"):
            if index > begin:
                yield begin, index
            begin = index + 1
    if begin < len(tokens):
        yield begin, len(tokens)


def _plainly_word(token: Token) -> bool:
    known = token[3]
    return not known.first and not known.last and (known.common > 0 or known.place)


def _trim(tokens: list[Token], begin: int, end: int) -> tuple[int, int]:
    """Without words at either end that no list of names knows; a particle in front belongs to the name."""
    while begin < end and _plainly_word(tokens[begin]) and tokens[begin][2] not in PARTICLES:
        begin += 1
    while end > begin and _plainly_word(tokens[end - 1]) and tokens[end - 1][2] not in SUFFIXES:
        end -= 1
    return begin, end


def _alone(word: str, known: Known, shouted: bool) -> float:
    """What a word says by itself."""
    short = _SHORT if len(word) < 3 or (len(word) < 5 and shouted) else 0.0
    if known is UNKNOWN:
        return 0.1 if shouted else _UNHEARD_ALONE - short
    doubt = _DOUBT if word in AMBIGUOUS or word in CITIES else 0.0
    return _weight(known, True) - (_PLACE if known.place else 0.0) - short - doubt


def _evidence(group: list[Token], shouted: bool) -> float:
    """What several words say by themselves."""
    if not any(known.first or known.last for _, _, _, known in group):
        return 0.1 if shouted else _UNHEARD_PAIR
    total, positive = 0.0, 0
    for index, (_, _, word, known) in enumerate(group[:4]):
        if known is UNKNOWN:
            total += _UNHEARD if len(word) > 2 else 0.2
            continue
        weight = _weight(known, index == 0)
        positive += weight > 0.5
        total += weight
    if positive >= 2:
        total += _PAIR
    if group[0][3].place and group[-1][3].place:
        total -= (6 if group[0][2] in CITIES else 3) * _PLACE
    return total


def _echoes(text: str) -> list[str]:
    if "%40" in text:
        return [plain(match[0]) for match in _LOCAL_PART.finditer(text)]
    befores = (before[:-65:-1] for before in text.split("@")[:-1])
    return [plain(match[0][::-1]) for match in map(_PART_BACKWARDS.match, befores) if match]


def _echoed(group: list[Token], echoes: list[str]) -> float:
    """Whether an e-mail address in the text is made of these words; addresses often drop accented letters."""
    for _, _, word, _ in group:
        if len(word) >= 3 and any(word in local for local in echoes):
            return 2.2
    return 0.0


def _extend(tokens: list[Token], begin: int, end: int) -> tuple[int, int]:
    """With a common word in front that is also a first name ("Will Smith")."""
    if begin and tokens[begin - 1][3].first >= 3 and end - begin == 1:
        begin -= 1
    if end < len(tokens) and end - begin == 1:
        end += tokens[end][3].last >= 3 or tokens[end][2] in STAND_INS
    return begin, end


def _hyphen_fits(group: list[Token]) -> bool:
    """Whether a pair with a hyphen can be a name: "Karl-August", not "Macro-Linse"."""
    return group[0][3].first + group[0][3].last > 0 < group[1][3].first + group[1][3].last


def _german(text: str, start: int, end: int) -> bool:
    return _GERMAN.search(text[max(0, start - 200) : end + 200]) is not None


def _score_one(text: str, start: int, end: int, word: str, known: Known, echoes: list[str]) -> float:
    """All that speaks for a name and against it, for a word that is a run by itself."""
    written = text[start:end]
    own = _alone(word, known, written[:2].isupper() or written.isupper())
    echo = 0.0
    if echoes and text[end : end + 1] not in _JOINED:
        echo = _echoed([(start, end, word, known)], echoes)
    near = around_one(text, start, end, known)
    score = own + echo + near
    # Looking for German takes long, and can only lower the score.
    if score >= _NEEDED and known is UNKNOWN and _german(text, start, end):
        return own - _ALL_NOUNS + echo + near
    return score


def _score(text: str, group: list[Token], before: str | None, after: str | None, echoes: list[str]) -> float:
    """The same for words of a longer run; `before`, `after`: neighbours within it."""
    start, first_end, word, known = group[0]
    written = text[start:first_end]
    shouted = written[:2].isupper() or written.isupper()
    penalty = 0.0
    if len(group) == 1:
        end, entries = first_end, [known]
        own = _alone(word, known, shouted)
    else:
        end, entries = group[-1][1], [token[3] for token in group]
        own = _evidence(group, shouted)
        if text[group[1][0] - 1] == "-" and not _hyphen_fits(group):
            penalty = _HYPHENED
    echo = 0.0
    if echoes and text[end : end + 1] not in _JOINED:
        echo = _echoed(group, echoes)
    near = around(text, start, end, before, after, entries)
    score = own - penalty + echo + near
    if score >= _NEEDED and all(entry is UNKNOWN for entry in entries) and _german(text, start, end):
        return own - _ALL_NOUNS - penalty + echo + near
    return score


def _hit(start: int, end: int, score: float) -> Hit:
    return Hit(start, end, "PERSON", round(min(0.95, 0.35 + 0.1 * score), 2))


def _judge(text: str, tokens: list[Token], echoes: list[str]) -> Iterator[Hit]:
    for outer_begin, outer_end in _groups(text, tokens):
        begin, end = _trim(tokens, outer_begin, outer_end)
        if begin == end:
            continue
        before = tokens[begin - 1][2] if begin else None
        after = tokens[end][2] if end < len(tokens) else None
        score = _score(text, tokens[begin:end], before, after, echoes)
        if score >= _NEEDED:
            begin, end = _extend(tokens, begin, end)
            last = tokens[end - 1]
            yield _hit(tokens[begin][0], last[1] - (last[2].endswith(".") and len(last[2]) > 2), score)


def _glued(text: str) -> Iterator[Hit]:
    """Names of files such as Meier_Anna_contract.pdf."""
    known = words()
    for match in (_ASCII_GLUED if text.isascii() else _GLUED).finditer(text):
        one, two = known.get(plain(match[1]), UNKNOWN), known.get(plain(match[2]), UNKNOWN)
        if max(_weight(one, True) + _weight(two, False), _weight(two, True) + _weight(one, False)) >= _NEEDED:
            for group in (1, 2):
                yield Hit(*match.span(group), "PERSON", 0.6)


def _listed(text: str) -> Iterator[Hit]:
    """Family name first, as lists of people have it: "Keller, Ines"."""
    known = words()
    for match in _LAST_FIRST.finditer(text):
        last, first = (known.get(plain(match[group]), UNKNOWN) for group in (1, 2))
        if first.first and first.common <= 5 and last.common <= 4 and plain(match[1]) not in NEVER:
            yield Hit(match.start(1), match.end(2), "PERSON", 0.6)


def find(data: bytes, text: str) -> Iterator[Hit]:
    """Names of people."""
    # What is asked for every word is asked in the same few steps: most words end here.
    known, no_names, ascii_only = words(), _no_names_alone(), text.isascii()
    echoes = _echoes(text) if "@" in text or "%40" in text else []
    for match in (_ASCII_RUN if ascii_only else _RUN).finditer(text):
        word = match[0]
        if not word.isalpha():
            yield from _judge(text, _tokens(text, *match.span()), echoes)
            continue
        word = word.lower() if ascii_only else plain(word)
        if word in NEVER:
            continue
        entry = known.get(word, UNKNOWN)
        if entry not in no_names:
            start, end = match.span()
            score = _score_one(text, start, end, word, entry, echoes)
            if score >= _NEEDED:
                yield _hit(start, end, score)
    if "_" in text and _GLUE.search(text):
        yield from _glued(text)
    if _COMMA.search(text):
        yield from _listed(text)
    yield from names_lower.find(data, text)


DETECTOR = Detector("PERSON", (r"[A-Za-z\xe9]{2}",), find, structured=False)
