"""What can be a secret value, and what is only written where one would stand: placeholders, code, plain
words.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise

from mci_core.detectors.matching import LETTER, Pattern
from mci_core.detectors.tables import terms

# Anchored expressions for single values are run by Python's own module, which starts sooner than RE2. In each
# of them what repeats is bounded by what cannot be part of it, so that none can take more than linear time;
# the others stay with RE2.
_NOTHING = frozenset(
    b"null none nil true false undefined yes no on off string number boolean str int bytes bool text "
    b"required optional placeholder redacted hidden masked empty example secretstr tbd n/a new old auth user "
    b"data ... password passwd secret token pass".split()
)
_PLACEHOLDER = re.compile(
    rb"(?:[x*.\xb7_#?-]+|#[0-9a-f]{3,8}|\?[a-z_]+|\d+(?:\.\d+){2,}|[a-z_]+(?:\|[a-z_]+)+|<.*>?|\[.*\]?|"
    rb"\$\{.*|\$\(.*|\{\{.*|%\(.*|\$[a-z_]\w*|%[a-z_]+%|@[a-z_]\w*@|change_?-?me\W?|"
    rb"[@:]:?[a-z_]+|#\{.*|<%.*|%[sdvqr@]|%-?\d*[sd]|\{\w*\}|\$\d+|"
    rb"your[_ -].*|my[_ -]?(?:password|secret|token|key)|"
    rb"(?:hmac|rsa|aes)?-?(?:sha|md)-?\d{1,3}(?:-\w+)?|(?:hmac|rsa|aes)-\w+(?:-\w+)?)\Z"
)
_EXPRESSION = re.compile(
    rb"(?:[a-z][a-z0-9+.-]*://|\.[a-z]|self\.|this\.|process\.|os\.|new |function|lambda|"
    rb"\(|\[|\{|&[a-z]|//|/\.|\\[nrt]\Z|=|\+|\|)"
)
_INSERTED = re.compile(rb"\$\{[A-Za-z_][^{}]*\}")
_ATTRIBUTE = re.compile(rb"[$@*&]?[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)+(?:[(\[].*)?\Z")
_ARGUMENT = Pattern(r"^(?:[A-Za-z_]+(?:[._][A-Za-z_]+)*)?$")
_CALL = re.compile(rb"([A-Za-z_]\w{2,})[(\[]")
# Few words are longer; random letters of one case are.
LONG_WORD = 15
_FEW_PAIRS = 9
_WORD = re.compile(rb"[A-Za-z\xe9]?[a-z\xe9]+[.!?:;,]?\Z|[A-Z]+\Z")
_WORDS = re.compile(rb"_{0,2}[A-Za-z]+(?:[_.-][A-Za-z]+){1,8}_{0,2}\Z|[A-Za-z][a-z]+(?:[A-Z][a-z]+){1,5}\Z")
_HEX = re.compile(rb"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})\Z")
_OF_TYPE = Pattern(
    r"(?:Pass|Secret|Token|Key|Credential|Auth|Cred|Session|Cookie|String|Value|Data|Type|Field|Config|Option|"
    r"Bool|Int|Str|Object|Info|Provider|Service|Manager|Factory|Request|Response|Result|Error|Exception|Input|Output|Model|Entity|Text)",
    scanned=False,
)
_TYPE = re.compile(rb"[A-Z][a-z]+(?:[A-Z][a-z]+)+\Z")

_VARIABLE = Pattern(
    r"^(?:[A-Za-z]+[_-])*[A-Za-z]*(?i:passw(?:or)?d|pass|pwd)[A-Za-z]*(?:[_-][A-Za-z]+)+\d?$|"
    r"^(?:[A-Za-z]+[_-])+(?i:passw(?:or)?d|pass|pwd)\d?$|^(?:passw(?:or)?d|pwd)(?:[A-Z][a-z]+)+\d?$|"
    r"^[a-z]+(?:[A-Z][a-z]+)*(?:Password|Pwd|Passwd|Pass|Secret|Token|Key)\d?$|^(?i:password|passwd|pwd)\d$"
)
# One of these is in each of them.
_VARIABLE_WORDS = (b"pass", b"pwd", b"secret", b"token", b"key")
_VARIABLE_SIGNS = re.compile(rb"[A-Za-z_-]+[0-9]?\Z")
_IDENTIFIER = re.compile(rb"[$@&*]?[A-Za-z_][A-Za-z_]*(?:(?:\.|->|::?)[A-Za-z_]\w*)*\??\Z")
_PATH = re.compile(rb"(?:\.{0,2}|~|[A-Za-z]:|[\w.-]+)/[\w./@-]*\Z")
_PART_OF_PATH = re.compile(
    rb"(?:[a-z]+(?:[-_.][a-z0-9]+)*|[A-Z][a-z]+(?:[A-Z][a-z]+)*|\d{1,4}(?:-\d\d){0,2}|\.{1,2})(?:\.\w{1,5})?\Z"
)
_EXTENSION = re.compile(rb"[a-z]\.[a-z]{2,5}\Z")
_PASSPHRASE = re.compile(rb"[a-z0-9]{3,12}(?:[-_. ][a-z0-9]{3,12}){2,7}\Z")
# With these a password may begin, and so may an expression.
_SIGNS = (b"(", b"[", b"{", b"=", b"+", b"|", b"/", b"&")

# Pairs of letters that make up most of English words; other European languages share most of them.
_PAIRS = frozenset(tuple(pair.encode("latin-1")) for pair in terms("name_words.txt", "pair"))
_LEAST_PAIRS = 4
# Tables for all bytes at once. Folded text holds two beyond ASCII: a letter and a sign.
_LETTERS = bytes(
    code if code == LETTER else ord(chr(code).lower()) if chr(code).isalpha() and code < 128 else 32
    for code in range(256)
)


def _kind(char: str) -> int:
    if not char.isalnum():
        return 0
    return 1 + char.isupper() + 2 * char.isdigit()


_KINDS = bytes(_kind(chr(code)) for code in range(256))
_DIGIT = re.compile(rb"[0-9]")


def entropy(value: bytes) -> float:
    """Shannon entropy in bits a character."""
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in map(value.count, set(value)))


def _is_sequence(value: bytes) -> bool:
    """Whether letters or digits only count up: ABCDEFGH, 12345678 has its place among real passwords."""
    if len(value) < 6 or value[1] - value[0] != 1 or value[2] - value[1] != 1:
        return False
    return all(second - first == 1 for first, second in pairwise(value)) and not has_digit(value)


def is_path(value: bytes) -> bool:
    """Whether this is a path of files or of an address, not base64 with slashes in it."""
    parts = [part for part in value.split(b"/") if part]
    if len(parts) < 2 or not _PATH.match(value):
        return False
    words = sum(bool(_PART_OF_PATH.match(part)) and not looks_random(part) for part in parts)
    return words * 2 > len(parts) or bool(_EXTENSION.search(value))


def _says_nothing(value: bytes) -> bool:
    return value in _NOTHING or _PLACEHOLDER.match(value) is not None


def is_placeholder(value: bytes) -> bool:
    """Whether this only says where a value would stand."""
    return (
        _is_sequence(value)
        or _says_nothing(value.lower())
        or len(set(value)) <= 2 + (len(value) > 12) < len(value)
    )


def _is_call(value: bytes) -> bool:
    """Whether this is a call or an index, perhaps cut off: `name(`, `name(x)`, `name["x"`."""
    call = _CALL.match(value)
    if call is not None:
        name, inner = call[1], value[call.end() :]
        words = not has_digit(name) and not looks_random(name)
        unclosed = value.count(b"(") > value.count(b")") or value.count(b"[") > value.count(b"]")
        if words or _ARGUMENT.found_in(inner):
            return unclosed or value[-1:] in (b")", b"]", b",")
    return b"()" in value


def is_code(value: bytes) -> bool:
    """Whether this reads as an expression of a program, not as a value."""
    if _EXPRESSION.match(value) or (b"${" in value and _INSERTED.search(value)) or _is_call(value):
        return True
    dotted = _ATTRIBUTE.match(value) is not None and not looks_random(value)
    return dotted and not (has_digit(value) and is_passphrase(value))


def is_word(value: bytes) -> bool:
    """Whether this is a plain word or an identifier made of words."""
    short = len(value) < LONG_WORD
    return (short and _WORD.match(value) is not None) or _WORDS.match(value) is not None


def looks_random(value: bytes) -> bool:
    """Whether letters follow each other as in no language: most pairs of neighbours are rare ones.

    Five letters at least; digits and signs between letters end a pair.
    """
    # Small letters, with spaces for all that is no letter: between spaces there are no pairs.
    parts = value.translate(_LETTERS).split()
    pairs = sum(map(len, parts)) - len(parts)
    if pairs < _LEAST_PAIRS:
        return False
    usual = sum(sum(map(_PAIRS.__contains__, pairwise(part))) for part in parts)
    share = 0.5 if pairs >= _FEW_PAIRS or len(parts) > 1 or len(parts[0]) < len(value) else 0.4
    return usual < share * pairs


def is_sentence(value: bytes) -> bool:
    """Whether this is words with spaces between, as labels and messages are."""
    return b" " in value.strip() and not has_digit(value)


def is_plain(value: bytes) -> bool:
    """Whether this is words and nothing else."""
    return (is_word(value) or is_sentence(value)) and not looks_random(value)


def is_type(value: bytes) -> bool:
    """Whether this is written as programs write the names of types: FilterOrBool."""
    return _TYPE.match(value) is not None and not looks_random(value)


def names_a_type(value: bytes) -> bool:
    """Whether such a name says what kind of thing it is: PasswordCredential, TokenValue."""
    return is_type(value) and _OF_TYPE.found_in(value)


def is_identifier(value: bytes) -> bool:
    """Whether this can be the name of a variable, and nothing about it says that it is more."""
    if (
        not _IDENTIFIER.match(value)
        or looks_random(value)
        or (value.islower() and value.isalpha() and len(value) > LONG_WORD)
    ):
        return False
    return len(value) < 16 or mixed(value) < 3


def _is_variable(value: bytes) -> bool:
    return _VARIABLE_SIGNS.match(value) is not None and _VARIABLE.found_in(value)


def is_variable(value: bytes) -> bool:
    """Whether this is the name of a variable that holds a password: new_password, passwordDetails."""
    return any(part in value.lower() for part in _VARIABLE_WORDS) and _is_variable(value)


def mixed(value: bytes) -> int:
    """How many of these kinds occur: small letters, capitals, digits, signs."""
    return len(set(value.translate(_KINDS)))


def has_digit(value: bytes) -> bool:
    """Whether there is a digit in it."""
    return _DIGIT.search(value) is not None


def looks_like_token(value: bytes) -> bool:
    """Whether this is long and mixed enough to be a token without any word that says so."""
    kinds = mixed(value)
    return (
        len(value) >= 15
        and has_digit(value)
        and (kinds >= 3 or looks_random(value) or bool(_HEX.match(value)))
    )


def is_passphrase(value: bytes) -> bool:
    """Whether this is at least three words joined by hyphens or the like, as generators make passwords."""
    return bool(_PASSPHRASE.match(value))


def is_secret(value: bytes) -> bool:
    """Whether a value after a word such as "token" is likely one: long enough and not plain words."""
    if len(value) < 6 or b" " in value or is_placeholder(value) or is_code(value) or is_path(value):
        return False
    if looks_random(value):
        return True
    if len(value) < 8 or is_word(value):
        return False
    return (has_digit(value) and entropy(value) >= 2.2) or entropy(value) >= 3.5


def is_password(value: bytes, *, plain: bool) -> bool:
    """Whether a value after a word such as "password" is likely one.

    `plain`: the text is a sentence ("the password is ..."), where ordinary words follow as well.
    """
    if len(value) < 4 or is_placeholder(value) or is_sentence(value) or is_variable(value):
        return False
    told = has_digit(value) or looks_random(value)
    strong = mixed(value) >= 3 and told and value[:1] in _SIGNS and not is_closed(value)
    if (is_code(value) and not strong) or (is_path(value) and not has_digit(value)):
        return False
    if plain and not is_passphrase(value) and not is_type(value) and not looks_random(value):
        return not is_word(value) and (mixed(value) >= 2 or len(value) >= 6)
    return True


def is_closed(value: bytes) -> bool:
    """Whether brackets that open in it close again, as they do in programs."""
    return any(first in value and last in value for first, last in ((b"(", b")"), (b"[", b"]"), (b"{", b"}")))
