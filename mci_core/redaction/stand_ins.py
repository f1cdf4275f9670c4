"""Invented values that take the place of real ones: an address for an address, a name for a name.

All of them come from one closed set that nobody can own: example.com, the telephone numbers and addresses of
networks that are reserved for documentation, numbers of cards and accounts that no bank gives out, names
whose last part says what they are. So the second scan knows each of them as masked, and nothing real can
hide as one: only a whole value of the set counts, with nothing attached. Which one stands for a value
depends on the key of the session, so that it says nothing in another session.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable

_FIRST = (
    "Alex",
    "Billie",
    "Casey",
    "Dana",
    "Eden",
    "Finley",
    "Gray",
    "Harper",
    "Indigo",
    "Jamie",
    "Kim",
    "Lane",
    "Morgan",
    "Noel",
    "Ocean",
    "Parker",
    "Quinn",
    "Robin",
    "Sam",
    "Taylor",
    "Umber",
    "Val",
    "Wren",
    "Yael",
)
_LAST = ("Example", "Sample", "Specimen", "Placeholder", "Standin", "Muster", "Ejemplo", "Esempio")
_NAMES = "|".join(_FIRST)
_EXPRESSIONS = (
    rf"(?:{_NAMES.lower()})\.example\d{{3}}@example\.com",
    rf"(?:{_NAMES}) (?:{'|'.join(_LAST)})",
    r"\+1 [234]00 555 01\d\d",
    r"4000 0000 00\d\d \d\d\d\d",
    r"GB\d\dTEST000000\d{8}",
    r"987-65-432\d",
    r"192\.0\.2\.\d{1,3}",
    r"2001:db8::[0-9a-f]{1,4}",
    r"1900-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])",
    r"\d{1,3} Example Street, 00\d{3} Sampletown",
)
#: A whole stand-in. In a group of its own, by which those who search know that there can be any.
EXPRESSION = rf"(?<![\w@.+/-])({'|'.join(_EXPRESSIONS)})(?![\w@]|[.:/+-]\w)"


def _luhn(digits: str) -> str:
    total = sum(
        int(digit) if at % 2 else sum(divmod(2 * int(digit), 10)) for at, digit in enumerate(digits[::-1])
    )
    return str(-total % 10)


def _email(number: int) -> str:
    return f"{_FIRST[number % len(_FIRST)].lower()}.example{number // 31 % 1000:03}@example.com"


def _card(number: int) -> str:
    digits = f"4000000000{number % 100_000:05}"
    digits += _luhn(digits)
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


def _account(number: int) -> str:
    rest = f"TEST000000{number % 10**8:08}"
    # T E S T and G B as numbers: A is 10.
    spelled = "".join(str(int(sign, 36)) for sign in f"{rest}GB00")
    return f"GB{98 - int(spelled) % 97:02}{rest}"


def _date(number: int) -> str:
    return f"1900-{number % 12 + 1:02}-{number // 12 % 28 + 1:02}"


def _place(number: int) -> str:
    return f"{number % 999 + 1} Example Street, 00{number // 1000 % 1000:03} Sampletown"


def _person(number: int) -> str:
    return f"{_FIRST[number % len(_FIRST)]} {_LAST[number // 31 % len(_LAST)]}"


def _phone(number: int) -> str:
    return f"+1 {number % 3 + 2}00 555 01{number // 3 % 100:02}"


_DATE = r"\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{2,4}"
# What a value looks like, the narrowest first, and what makes one of the kind.
_KINDS: tuple[tuple[re.Pattern[str], Callable[[int], str]], ...] = tuple(
    (re.compile(expression), make)
    for expression, make in (
        (r"\S+@\S+", _email),
        (r"\d{1,3}(?:\.\d{1,3}){3}", lambda number: f"192.0.2.{number % 254 + 1}"),
        (r"(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}", lambda number: f"2001:db8::{number % 65_535 + 1:x}"),
        (r"\d{3}-\d\d-\d{4}", lambda number: f"987-65-432{number % 10}"),
        (r"[A-Z]{2}\d\d(?: ?[A-Z0-9]){11,30}", _account),
        (_DATE, _date),
        (r"\d(?:[ -]?\d){12,18}", _card),
        (r"[+(]?\d(?:[ ()./-]*\d){6,14}", _phone),
        (r"(?=.*\d)(?=.*[^\W\d_]{2})(?=.* )[\w .,'/-]{6,120}", _place),
        (r"[^\W\d_][^\W\d_.'\u2019-]*(?:[ '\u2019-]+[^\W\d_][^\W\d_.'\u2019-]*){0,4}", _person),
    )
)


def stand_in(value: str, key: bytes) -> str | None:
    """An invented value of the same kind; None for what has none: passwords, keys, numbers of contracts."""
    value = value.strip()
    digest = hmac.new(key, b"stand-in\n" + value.casefold().encode("utf-8"), hashlib.sha256).digest()
    number = int.from_bytes(digest[:8], "big")
    return next((make(number) for kind, make in _KINDS if kind.fullmatch(value)), None)
