"""What counts as the code or the expiry of a payment card: three or four digits after a word that names the
code; a month and a year after "exp", where a card is spoken of.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors.matching import Detector, Hit, Pattern, is_word

_WORD = (
    r"\bcvv2?\b|\bcvc2?\b|\bcvn2?\b|\bcsc\b|\bcav2?\b|\bccv\b|cvv_?code|"
    r"card[ _-]?(?:verification|security)[ _-]?(?:code|value|number|no)?|security[ _-]?code|"
    r"pr\xe9fziffer|pruefziffer|kartenpr\xe9fnummer|cryptogramme(?: visuel)?|"
    r"c\xe9digo de seguran?\xe9?\w*|codice di sicurezza|beveiligingscode|kod cvv"
)
_CODE = Pattern(
    rf"(?i)(?:{_WORD})(?:[ /](?:cvc2?|cvv2?|code|number))?[\"')]{{0,2}}"
    r"(?:[ ]?(?:is|was|ist|est|es|:|=|=>|#)){0,2}[ \t]{0,3}[\"']?(\d{3,4})"
)
_EXPIRY = Pattern(
    r"(?i)(?:\bexp(?:iry|ires|iration)?\.?(?:[ _-]?date)?|valid (?:thru|through|until)|g\xe9ltig bis|"
    r"scadenza|caducidad|expire le)"
    r"[\"']?(?:[ ]?(?:is|:|=|on|at)){0,2}[ \t]{0,2}[\"']?"
    r"((?:0[1-9]|1[0-2])[ ]?[/-][ ]?(?:20)?\d{2})"
)
_CARD = Pattern(
    r"(?i)card|karte|carte|tarjeta|carta\b|kaart|visa|amex|cv[vc]2?\b|\d{4}[ -]?\d{4}[ -]?\d{3}",
    scanned=False,
)
_REACH = 60


def find(data: bytes, _: str) -> Iterator[Hit]:
    """Verification codes and expiry dates of payment cards."""
    for start, end in _CODE.spans(data, 1):
        if not is_word(data, end):
            yield Hit(start, end, "OTHER", 0.85)
    for start, end in _EXPIRY.spans(data, 1):
        near = data[max(0, start - _REACH) : start] + data[end : end + 20]
        if not is_word(data, end) and _CARD.found_in(near):
            yield Hit(start, end, "OTHER", 0.75)


DETECTOR = Detector(
    "CARD_CODE",
    (
        rf"(?i)(?:{_WORD})[^\n]{{0,24}}\d{{3}}",
        r"(?i)\bexp[^\n]{0,20}[01]\d ?[/-] ?\d",
        r"(?i)(?:valid |g\xe9ltig bis|scadenza|caducidad|expire le)[^\n]{0,16}[01]\d ?[/-] ?\d",
    ),
    find,
    labels=("OTHER",),
)
