"""What counts as a credential in an address: the password before the host, and secret query values."""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors import values
from mci_core.detectors.matching import Detector, Hit, Pattern

_PASSWORD = Pattern(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@\"'<>]*:([^\s/\"'<>`]+)@[A-Za-z0-9\xe9\[{$%_-]")
_TOKEN_USER = Pattern(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://([A-Za-z0-9_-]{20,})@[A-Za-z0-9]")
_QUERY = Pattern(
    r"(?i)[?&;#](?:[\w.-]{0,30}(?:token|secret|passw(?:or)?d|pwd|api[_-]?key|apikey|sig|signature|"
    r"credential)|"
    r"access[_-]?key|auth|key|code|otp|sid|session(?:id)?|jwt|hmac|[\w-]{0,20}session[\w-]{0,20}|ticket)"
    r"=([^&\s#\"'<>;\\]{6,})"
)


def find(data: bytes, text: str) -> Iterator[Hit]:
    """Passwords and tokens inside addresses."""
    for start, end in _PASSWORD.spans(data, 1):
        if not values.is_placeholder(data[start:end]):
            yield Hit(start, end, "URL_CREDENTIAL", 0.95)
    for start, end in _TOKEN_USER.spans(data, 1):
        yield Hit(start, end, "URL_CREDENTIAL", 0.8)
    for start, end in _QUERY.spans(data, 1):
        while end > start and data[end - 1] in b".,)]}":
            end -= 1
        if values.is_secret(data[start:end]):
            yield Hit(start, end, "SECRET", 0.85)


DETECTOR = Detector(
    "URL_CREDENTIAL", (r"://[^\s/]*@|[?&;#][\w.-]+=",), find, labels=("URL_CREDENTIAL", "SECRET")
)
