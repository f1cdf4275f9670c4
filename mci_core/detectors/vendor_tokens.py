"""What counts as a provider's token: a form that the provider itself publishes, prefix and length.

The forms stand in `vendor_tokens.txt`. Nothing has to announce such a token; it says itself what it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors.matching import AnyOf, Detector, Hit, Pattern, is_word
from mci_core.detectors.tables import rows

# (name, expression that opens the gate, expression of the token)
ROWS = [(name, gate, token) for name, gate, token in rows("vendor_tokens.txt")]
_TOKEN = AnyOf(token for _, _, token in ROWS)
# An address at which anybody may post is a secret too; its host is not.
_WEBHOOK = Pattern(
    r"(?i)(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)|"
    r"(?:discord|discordapp)\.com/api(?:/v\d+)?/webhooks/\d+|"
    r"[a-z0-9-]{1,60}\.webhook\.office\.com/webhookb2|outlook\.office(?:365)?\.com/webhook|"
    r"hooks\.zapier\.com/hooks/catch|hook\.(?:eu|us)\d\.make\.com|maker\.ifttt\.com/trigger/[\w-]{1,60}/with/key|"
    r"open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook|"
    r"chat\.googleapis\.com/v1/spaces/[\w-]{1,40}/messages)"
    r"([/?][A-Za-z0-9+/_@=&%?-]{16,})"
)
# The end of an escape sequence may touch a token: \n, \x1b[94m.
_ESCAPE = Pattern(r"(?:\\[abfnrtv]|\\?(?:\x1b|x1b|033)\[[\d;]{0,8}m)$")
_BLANK = Pattern(r"(?:x{10}|X{10}|\*{6}|\.{6}|0{12}|[aA]{12}|-{6})[^\n]{0,4}$")


def begins(data: bytes, start: int) -> bool:
    """Whether a token may begin here: only the end of an escape sequence may touch it."""
    return not is_word(data, start - 1) or _ESCAPE.found_in(data[max(0, start - 14) : start])


def find(data: bytes, _: str) -> Iterator[Hit]:
    """Tokens of known providers."""
    for start, end in _TOKEN.spans(data):
        if begins(data, start) and not _BLANK.found_in(data[start:end]):
            yield Hit(start, end, "SECRET", 0.95)
    for start, end in _WEBHOOK.spans(data, 1):
        yield Hit(start, end, "SECRET", 0.95)


DETECTOR = Detector(
    "VENDOR_TOKEN",
    (
        *(gate for _, gate, _ in ROWS),
        r"(?i)hooks?\.(?:slack|zapier|eu|us)|webhook|maker\.ifttt|/bot/v2/hook|chat\.googleapis",
    ),
    find,
    labels=("SECRET",),
)
