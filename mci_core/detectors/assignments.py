"""What counts as a secret that is given to a name: `password = "..."`, `"apiKey": "..."`, `DB_PASS=...`,
`<token>...</token>`, `setSecret("...")`.

Three things decide. The name: "password" may be a secret, "password_length" and "LABEL_PASSWORD" are not. The
way of writing: a quoted text is a value, a bare word after " = " is a variable. The value: see `values`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from mci_core.detectors import values
from mci_core.detectors.matching import SIGN, Detector, Hit, Pattern, is_word
from mci_core.detectors.tables import terms, words

_PASSWORD = words("cues.txt", "password")
_SECRET = words("cues.txt", "secret")
# Names of providers: what is given to them is a secret only where it looks like one beyond doubt.
_SERVICE = words("cues.txt", "service")
# A cue; all else is looked at from there.
_CUE = Pattern(rf"(?i)(?:{_PASSWORD}|{_SECRET}|{_SERVICE})", scanned=False)
# What follows it in the same name.
_LONGEST_TAIL = 30
_IN_TAILS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
_PASSWORD_IN = Pattern(rf"(?i)(?:{_PASSWORD})", scanned=False)
_SECRET_IN = Pattern(rf"(?i)(?:{_SECRET})", scanned=False)
# What closes the name: quotes, brackets, also written as entities; in colour-marked code a tag.
_CLOSE = r"^(?:\\{0,2}[\"'`]|[\])]|&\w{4};|&#\d\d;|</?\w{1,8}>){0,3}"
# Words between the name and the sign, as in: password for the new laptop = ...
_OF = r"(?: (?i:for|to|of|on) [A-Za-z][\w.@-]{0,30}(?: [A-Za-z][\w.@-]{0,20}){0,3}?)?"
# Names of types between a name and its value: `password: String = ...`.
_TYPE = r"(?:[ ]?:[ ]?(?i:&?(?:'static )?str|string|char \*|var|text|any|bytes|secretstr)\??(?:\[\])?[ ]?)?"
_SIGN = r"[ \t]{0,24}(=>|:=|={1,3}|!==?|[:=]|\|)[ \t]{0,24}"
# What may stand between the sign and the value: a look-up with the value as the default, a call, a list.
_WRAP = (
    r"((?:[\w.]{0,30}(?i:getenv|environ|env|fetch|config|getProperty)[\w.]{0,12}[(\[.]"
    r"[^\n\"'|?]{0,10}[\"']?[\w.-]{1,40}[\"']?[)\]]?[ ]{0,2}(?:or|\|\||\?\?|\?:|,)[ ](?:default[ ]?=[ ]?)?)|"
    r"(?:new |await |\[\]byte\(|\[|b\(|[A-Za-z_][\w.]{0,40}(?:<\w{1,30}>)?\(){1,2}[ \n]{0,20})?"
)
_QUOTED = (
    r"(?:[bBrRuUfFL@&]|R\"\()?\\{0,2}\"((?:[^\"\\\n]|\\[^\"\n])+)|"
    r"[bBrRuUfF@]?\\{0,2}'((?:[^'\\\n]|\\[^'\n])+)|`([^`\n]+)|(?:&#39;|&apos;|&quot;|&#34;)([^&\n]+)"
)
_BARE = r"([^\s\"'`,;<>](?:[^\s\"'`;<>,]|,[^\s\"'`A-Za-z])*)"
_ASSIGNED = Pattern(rf"{_CLOSE}{_OF}{_TYPE}{_SIGN}{_WRAP}(?:{_QUOTED}|{_BARE})")
# The rest of an element of XML or HTML, and of the pair "name": ..., "value": ... in any notation.
_ELEMENT = Pattern(r"^[\"']?[^<>\n]{0,40}>([^<>\n\s]{4,})</")
_PAIR = Pattern(
    r"^[\"']?,?\s{1,24}[\"']?\w{0,16}(?i:value|val|content|text)[\"']?[ ]?[:=][ ]?"
    r"(?:\"([^\"\n]+)\"|'([^'\n]+)'|([^\s\"',]+))"
)
_NAMED = Pattern(r"(?i)(?:name|key|id|field)[\"']?[ ]?[:=][ ]?[\"']?[\w.-]{0,30}$")
# Commands that set a variable: the word before its name, and the value after it.
_COMMAND = Pattern(r"(?:\\set|\bENV|\bARG|\bsetenv|\bsetx|\bset -x)[ \t]{1,4}\w{0,30}$")
_SET = Pattern(r"^[ \t]{1,4}([^\s\"'=]+)")
# Where the name ends with one of these it speaks of a password or a key, not for one.
_SPEAKS_OF = terms("name_words.txt", "speaks_of")
_LABELS = terms("name_words.txt", "label")
# A key of this kind opens nothing.
_NO_SECRETS = terms("name_words.txt", "opens_nothing")
# What a cue may run into in small letters and still be the same word: passwordhash, apikeyid.
_RUNS_INTO = terms("name_words.txt", "runs_into")
_PARTS = re.compile(rb"[A-Z]+(?![a-z\xe9])|[A-Z]?[a-z\xe9]+")
# A second name and value right after the first, as in a list that is written without spaces.
_NEXT = Pattern(r"[,/&;|](?i:[a-z_-]{2,20})[:=]", scanned=False)
_QUERY = Pattern(r"[&;][\w.-]{1,30}=", scanned=False)
_ENTITY = Pattern(r"&(?:quot|apos|lt|gt|amp|#\d\d);", scanned=False)
# What can stand right after a name to which something is given.
_GOES_ON = frozenset(bytes((code,)) for code in b"\"'`\\])&<>=:!|, \t\n\r")
_IN_NAMES = bytes(code for code in range(256) if is_word(bytes((code,)), 0)) + b".-$"
# No sign comes after these: another word (unless it says for what the name is), the end of a part or line.
_NO_SIGN = re.compile(rb"[,\r\n]| (?!(?i:for|to|of|on) )[0-9A-Za-z]")
_ENDS = b".,;:!?)]}\"'"
# Without one of these the longer expressions need not be tried.
_ANY_SIGN = re.compile(rb"[=:|]")
_ANY_MARK = re.compile(rb"[=:|<]|set|ENV|ARG")
_ANY_JOINT = re.compile(rb"[,/&;|]")
_ANY_SETTER = re.compile(rb"set|ENV|ARG")
_MASKED = bytes((SIGN,))
_REACH = 60
# So far a value is followed.
_FAR = 4_000
# Inside of what was read already, and to judge a value by, this is enough.
_NEAR = 240


Kind = Literal["password", "secret", "service"]


class _Given(NamedTuple):
    """A value with a name: where it is, how it is written, and of what the name speaks."""

    start: int
    end: int
    kind: Kind
    quoted: bool
    wrapped: bool = False
    spaced: bool = False
    read: int = 0


def _parts(name: bytes) -> list[str]:
    """The words of a name: "newPassword_2" is new and password."""
    return [part.decode("latin-1").lower() for part in _PARTS.findall(name)]


def _name_before(data: bytes, cue: int) -> bytes:
    """The part of the name that stands before the cue."""
    before = data[max(0, cue - _REACH) : cue]
    return before[len(before.rstrip(_IN_NAMES)) :]


@lru_cache(maxsize=1024)
def _names_a_secret(before: bytes, cue: bytes, after: bytes, kind: Kind) -> bool:
    """Whether the name around a cue is that of a value."""
    rest = _parts(after)
    if rest and (rest[-1] in _SPEAKS_OF or _runs_on(cue, after, rest[0])):
        return False
    name = _parts(before + cue)
    if name and (name[0] in _LABELS or not _LABELS.isdisjoint(name[-2:-1])):
        return False
    return kind == "password" or not _NO_SECRETS.intersection(name[-2:-1])


def _runs_on(cue: bytes, after: bytes, part: str) -> bool:
    """Whether the cue is only the beginning of another word: tokenizer, secretary, keyboard."""
    joined = after[:1].islower() and cue[-1:].islower()
    return joined and part not in _RUNS_INTO


def _cut(data: bytes, start: int, end: int, *, quoted: bool) -> int:
    """Where a value ends that may have run into what follows it."""
    if quoted:
        return end
    value = data[start:end]
    patterns = (_NEXT, _QUERY, _ENTITY) if _ANY_JOINT.search(value) else ()
    stops = [first for pattern in patterns for first, _ in pattern.spans(value)]
    if stops:
        end = start + min(stops)
    while end > start and data[end - 1] in _ENDS:
        end -= 1
    return end


def _group(groups: list[tuple[int, int]], first: int) -> int:
    """The number of the group that holds the value."""
    return next(number for number in range(first, len(groups)) if groups[number][0] >= 0)


def _assigned(data: bytes, at: int, looked: int, kind: Kind) -> _Given | None:
    """The value after a sign that assigns; `at` is the end of the name, `looked` how far was read before."""
    near = at < looked
    rest = data[at : at + (_NEAR if near else _FAR)]
    if not _ANY_SIGN.search(rest) or _NO_SIGN.match(rest):
        return None
    for groups in _ASSIGNED.groups(rest):
        number = _group(groups, 3)
        quoted = number < len(groups) - 1
        start, end = groups[number]
        sign = groups[1][0]
        spaced = rest[sign - 1 : sign] in (b" ", b"\t") and sign > 0 and rest[sign] != 58
        wrapped = groups[2][0] >= 0
        if wrapped and not quoted:
            # What looks like a call may be the beginning of the value itself.
            start, wrapped = groups[2][0], False
        read = at + end
        if near and end == len(rest):
            # Part of a run that was read to its end before: so far this value goes as well.
            return _Given(at + start, max(read, looked), kind, quoted, wrapped, spaced)
        stop = _cut(rest, start, end, quoted=quoted)
        return _Given(at + start, at + stop, kind, quoted, wrapped, spaced, read)
    return None


def _described(data: bytes, start: int, at: int, kind: Kind) -> _Given | None:
    """The value of an element, of a pair of name and value, or of a command that sets a variable."""
    before = data[max(0, start - _REACH) : start]
    if before.rfind(b"<") > before.rfind(b">"):
        pattern, quoted = _ELEMENT, True
    elif _ANY_SIGN.search(before) and _NAMED.found_in(before):
        pattern, quoted = _PAIR, True
    elif _ANY_SETTER.search(before) and _COMMAND.found_in(before):
        pattern, quoted = _SET, False
    else:
        return None
    rest = data[at : at + _FAR]
    for groups in pattern.groups(rest):
        first, last = groups[_group(groups, 1)]
        return _Given(at + first, at + _cut(rest, first, last, quoted=quoted), kind, quoted)
    return None


def _kind(data: bytes, start: int, after: bytes) -> Kind:
    """Of what a name speaks: what follows the cue in it can say more than the cue."""
    if _PASSWORD_IN.begins_at(data, start):
        return "password"
    if _SECRET_IN.begins_at(data, start):
        return "secret"
    if _PASSWORD_IN.found_in(after):
        return "password"
    return "secret" if _SECRET_IN.found_in(after) else "service"


def _given(data: bytes) -> Iterator[_Given]:
    """Every value that is given to a name which may be that of a secret."""
    looked = at = 0
    if not _ANY_MARK.search(data):
        return
    while (cue := _CUE.first(data, at)) is not None:
        start, tail = cue
        more = data[tail : tail + _LONGEST_TAIL]
        at = tail + len(more) - len(more.lstrip(_IN_TAILS))
        # Signs at the end belong to the sentence, not to the name.
        end = max(tail, start + len(data[start:at].rstrip(b".-")))
        if data[end : end + 1] not in _GOES_ON:
            continue
        kind = _kind(data, start, data[tail:end])
        if _names_a_secret(_name_before(data, start), data[start:tail], data[tail:end], kind):
            found = _assigned(data, end, looked, kind) or _described(data, start, end, kind)
            looked = max(looked, found.read if found is not None else 0)
            if found is not None and found.end > found.start:
                yield found


def _is_code_line(data: bytes, given: _Given) -> bool:
    """Whether a bare value ends like an expression of a program: `= value;`, `: value,`, `= value(`."""
    after = data[given.end : given.end + 1]
    return after in (b";", b"(", b"[", b")", b"]", b"}", b"<", b",") or given.spaced


def _ends_line(data: bytes, given: _Given, value: bytes) -> bool:
    """Whether a bare value in the manner of a type's name is the last of its line, and no known type."""
    after = data[given.end : given.end + 1]
    return (
        given.kind == "password"
        and after in (b"", b"\n", b"\r", b"&", b" ")
        and not values.names_a_type(value)
    )


def _holds(data: bytes, given: _Given) -> bool:
    value = data[given.start : min(given.end, given.start + _NEAR)]
    if not value.strip(_MASKED):
        return False
    if not given.quoted and _is_code_line(data, given) and values.is_identifier(value):
        return False
    if given.wrapped and values.is_plain(value):
        return False
    if not given.quoted and values.is_type(value) and not _ends_line(data, given, value):
        return False
    if given.kind == "password":
        return values.is_password(value, plain=False)
    told = given.kind == "secret" or (given.quoted and values.looks_like_token(value))
    return told and values.is_secret(value)


def find(data: bytes, _: str) -> Iterator[Hit]:
    """Passwords and secrets that are given to a name."""
    for given in _given(data):
        if _holds(data, given):
            label = "PASSWORD" if given.kind == "password" else "SECRET"
            yield Hit(given.start, given.end, label, 0.85 if given.quoted else 0.75)


# Without what follows a cue in a name, which says nothing about whether there is one.
_GATE = rf"(?i)(?:{_PASSWORD}|{_SECRET}|{_SERVICE})"
DETECTOR = Detector("ASSIGNMENT", (_GATE,), find, labels=("PASSWORD", "SECRET"))
