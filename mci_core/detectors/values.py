"""What can be a secret value, and what is only written where one would stand: placeholders, code, plain
words.
"""

from __future__ import annotations

import math
from collections import Counter

from mci_core.detectors.matching import Pattern

_PLACEHOLDER = Pattern(
    r"(?i)^(?:[x*.\xb7_#?-]+|<.*>?|\[.*\]?|\$\{.*|\$\(.*|\{\{.*|%\(.*|\$[a-z_]\w*|%[a-z_]+%|@[a-z_]\w*@|"
    r"null|none|nil|true|false|undefined|yes|no|on|off|string|number|boolean|str|int|bytes|bool|text|"
    r"required|optional|changeme|change_me|change-me|placeholder|redacted|hidden|masked|empty|example|"
    r"your[_ -].*|my[_ -]?(?:password|secret|token|key)|tbd|n/a|new|old|auth|user|data|(?:hmac|rsa|"
    r"aes)?-?(?:sha|md)-?\d{1,3}(?:-\w+)?|(?:hmac|rsa|aes)-\w+(?:-\w+)?|\.\.\.|password|passwd|secret|"
    r"token|pass)$"
)
_CODE = Pattern(
    r"^(?:[A-Za-z_][\w]*(?:\.|->|::)[A-Za-z_][\w.>:-]*(?:\(.*|\[.*)?|[A-Za-z_]\w*\(.*|[A-Za-z_]\w*\[.*|"
    r"[a-z][a-z0-9+.-]*://|self\.|this\.|process\.|os\.|new |function|lambda|\(|\[|\{|&[a-z]|//|/\w+/|"
    r"\\[nrt]$|=|\+|\|)"
)
# Few words are longer; random letters of one case are.
LONG_WORD = 15
_WORD = Pattern(r"^[A-Za-z\xe9]?[a-z\xe9]+[.!?:;,]?$|^[A-Z]+$")
_WORDS = Pattern(r"^[A-Za-z]+(?:[_-][A-Za-z]+){1,6}$|^[a-z]+(?:[A-Z][a-z]+){1,5}$")

_VARIABLE = Pattern(
    r"^(?:[A-Za-z]+[_-])*[A-Za-z]*(?i:passw(?:or)?d|pass|pwd)[A-Za-z]*(?:[_-][A-Za-z]+)+$|"
    r"^(?:[A-Za-z]+[_-])+(?i:passw(?:or)?d|pass|pwd)$|^(?:passw(?:or)?d|pwd)(?:[A-Z][a-z]+)+$|"
    r"^[a-z]+(?:Password|Pwd)$"
)


def entropy(value: bytes) -> float:
    """Shannon entropy in bits a character."""
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values())


def is_placeholder(value: bytes) -> bool:
    """Whether this only says where a value would stand."""
    return bool(_PLACEHOLDER.found_in(value)) or len(set(value)) <= 2 + (len(value) > 12) < len(value)


def is_code(value: bytes) -> bool:
    """Whether this reads as an expression of a program, not as a value."""
    return bool(_CODE.found_in(value))


def is_word(value: bytes) -> bool:
    """Whether this is a plain word or an identifier made of words."""
    short = len(value) < LONG_WORD
    return (short and _WORD.found_in(value)) or _WORDS.found_in(value)


def is_sentence(value: bytes) -> bool:
    """Whether this is words with spaces between, as labels and messages are."""
    return b" " in value.strip() and not any(48 <= code <= 57 for code in value)


def is_variable(value: bytes) -> bool:
    """Whether this is the name of a variable that holds a password: new_password, passwordDetails."""
    return bool(_VARIABLE.found_in(value))


def mixed(value: bytes) -> int:
    """How many of these kinds occur: small letters, capitals, digits, signs."""
    text = value.decode("latin-1")
    return (
        any(char.islower() for char in text)
        + any(char.isupper() for char in text)
        + any(char.isdigit() for char in text)
        + any(not char.isalnum() for char in text)
    )


def is_secret(value: bytes) -> bool:
    """Whether a value after a word such as "token" is likely one: long enough and not plain words."""
    if len(value) < 8 or is_placeholder(value) or is_code(value) or is_word(value):
        return False
    has_digit = any(48 <= code <= 57 for code in value)
    return (has_digit and entropy(value) >= 2.5) or entropy(value) >= 3.5


def is_password(value: bytes, *, plain: bool) -> bool:
    """Whether a value after a word such as "password" is likely one.

    `plain`: the text is a sentence ("the password is ..."), where ordinary words follow as well.
    """
    if len(value) < 3 or is_placeholder(value) or is_code(value) or is_sentence(value) or is_variable(value):
        return False
    if plain:
        return not is_word(value) and (mixed(value) >= 2 or len(value) >= 6)
    return True
