"""What counts as a credential in an address: the password before the host, and tokens in path, query and
fragment.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors import values
from mci_core.detectors.matching import Detector, Hit, Pattern

_PASSWORD = Pattern(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@\"'<>]*:([^\s/\"'<>`]+)@[A-Za-z0-9\xe9\[{$%_-]")
_TOKEN_USER = Pattern(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://([A-Za-z0-9_-]{20,})@[A-Za-z0-9]")
_QUERY = Pattern(r"[?&;#]([\w.%\[\]-]{1,40})=([^&\s#\"'<>;\\()\[\]]{6,})")
_NAME = Pattern(
    r"(?i)(?:token|secret|passw(?:or)?d|pwd|api[._-]?key|signature|credential|session[\w-]{0,20}|jwt|hmac|ticket|"
    r"[._-](?:sig|key|auth|code|sid|hash))$|"
    r"^(?:sig|auth|key|code|otp|sid|pass|pw|hash|invite|magic|nonce|access[_-]?key|accesskey|t|k|s)$"
)
# One letter as a name says little.
_SHORT = 2
# After one of these a path goes on with something that only the receiver of a mail knows.
_PATH = Pattern(
    r"(?i)/(?:password[_-]?)?(?:reset(?:[_-]?password)?|verif(?:y|ication)(?:[_-]?email)?|confirm(?:ation)?|activat(?:e|ion)|"
    r"invit(?:e|es|ation|ations)|magic(?:[_-]?link)?|one[_-]?time|recover|unsubscribe|tokens?|sso|join|share|shared|secret)"
    r"(?:/[\w-]{1,36})?/([A-Za-z0-9_.~-]{16,})"
)


def _trim(data: bytes, start: int, end: int) -> int:
    while end > start and data[end - 1] in b".,)]}":
        end -= 1
    return end


def _is_path_token(value: bytes) -> bool:
    kinds = values.mixed(value)
    return values.is_secret(value) and values.has_digit(value) and (kinds >= 3 or len(value) >= 24)


def find(data: bytes, _: str) -> Iterator[Hit]:
    """Passwords and tokens inside addresses."""
    for start, end in _PASSWORD.spans(data, 1):
        if not values.is_placeholder(data[start:end]):
            yield Hit(start, end, "URL_CREDENTIAL", 0.95)
    for start, end in _TOKEN_USER.spans(data, 1):
        yield Hit(start, end, "URL_CREDENTIAL", 0.8)
    for groups in _QUERY.groups(data):
        name, (start, end) = data[groups[1][0] : groups[1][1]], groups[2]
        end = _trim(data, start, end)
        told = len(name) >= _SHORT or values.looks_like_token(data[start:end])
        if told and _NAME.found_in(name) and values.is_secret(data[start:end]):
            yield Hit(start, end, "SECRET", 0.85)
    for start, end in _PATH.spans(data, 1):
        end = _trim(data, start, end)
        if _is_path_token(data[start:end]):
            yield Hit(start, end, "SECRET", 0.75)


DETECTOR = Detector(
    "URL_CREDENTIAL",
    (_PASSWORD.expression, _TOKEN_USER.expression, _QUERY.expression, _PATH.expression),
    find,
    labels=("URL_CREDENTIAL", "SECRET"),
)
