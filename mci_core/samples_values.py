"""Values to plant in sample sessions: of every kind that the default detectors know, none of them twice.

They are made, not taken: right in form and check digits, from ranges that belong to nobody.
"""

from __future__ import annotations

import base64
import json
import random

from mci_core.detectors.card import luhn
from mci_core.samples_words import CUSTOMERS

_LETTERS = "abcdefghijkmnopqrstuvwxyz"
_MIXED = _LETTERS + _LETTERS.upper() + "23456789"
_CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_PHONES = ("+1 (202) 555-01{:02d}", "+49 30 23125 {:03d}", "+44 20 7946 0{:03d}")


class Values:
    """Makes values from a seeded generator; no value comes twice, except that there are few customers."""

    def __init__(self, rnd: random.Random) -> None:
        self._rnd = rnd
        self._made: set[str] = set()

    def make(self, kind: str) -> str:
        """A value of this kind (see `KINDS`)."""
        if kind == "customer":
            return self._rnd.choice(CUSTOMERS)
        while True:
            value = str(getattr(self, f"_{kind}")())
            if value not in self._made:
                self._made.add(value)
                return value

    def _text(self, alphabet: str, length: int) -> str:
        return "".join(self._rnd.choice(alphabet) for _ in range(length))

    def _digits(self, length: int) -> str:
        return self._text("0123456789", length)

    def _email(self) -> str:
        domain = self._rnd.choice(("example.com", "example.org", "mail.example.net"))
        return f"{self._text(_LETTERS, 6)}.{self._text(_LETTERS, 7)}{self._digits(2)}@{domain}"

    def _phone(self) -> str:
        form = self._rnd.choice(_PHONES)
        return form.format(self._rnd.randrange(10, 100 if ":02d" in form else 1000))

    def _card(self) -> str:
        body = self._rnd.choice(("42424242", "55555555")) + self._digits(7)
        digits = next(body + last for last in "0123456789" if luhn(body + last))
        return " ".join(digits[at : at + 4] for at in range(0, 16, 4)) if self._rnd.random() < 0.5 else digits

    def _iban(self) -> str:
        country, length = self._rnd.choice((("DE", 18), ("FR", 23), ("AT", 16)))
        body = self._digits(length)
        number = int("".join(str(int(char, 36)) for char in f"{body}{country}00"))
        iban = f"{country}{98 - number % 97:02d}{body}"
        if self._rnd.random() < 0.5:
            return iban
        return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))

    def _ssn(self) -> str:
        return (
            f"{self._rnd.randrange(100, 600)}-{self._rnd.randrange(10, 99)}-{self._rnd.randrange(1000, 9999)}"
        )

    def _ip(self) -> str:
        return "10." + ".".join(str(self._rnd.randrange(100, 250)) for _ in range(3))

    def _url_token(self) -> str:
        return f"https://app.example.com/reset?token={self._text('0123456789abcdef', 32)}"

    def _api_key(self) -> str:
        if self._rnd.random() < 0.5:
            return "AKIA" + self._text(_CAPITALS + "234567", 16)
        return "ghp_" + self._text(_MIXED, 36)

    def _jwt(self) -> str:
        def part(value: dict[str, str]) -> str:
            raw = json.dumps(value, separators=(",", ":")).encode("ascii")
            return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")

        head, body = part({"alg": "HS256", "typ": "JWT"}), part({"sub": self._digits(8)})
        return f"{head}.{body}.{self._text(_MIXED, 43)}"

    def _password(self) -> str:
        return f"{self._text(_CAPITALS, 1)}{self._text(_LETTERS, 6)}{self._digits(4)}!"

    def _url_credential(self) -> str:
        return f"postgres://app:{self._text(_MIXED, 14)}@db.example.com:5432/app"

    def _private_key(self) -> str:
        lines = [self._text(_MIXED + "+/", 64) for _ in range(6)]
        name = "PRIVATE KEY"
        return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----"])


KINDS: tuple[str, ...] = (
    "customer",
    "email",
    "phone",
    "card",
    "iban",
    "ssn",
    "ip",
    "url_token",
    "api_key",
    "jwt",
    "password",
    "url_credential",
    "private_key",
)
