"""What counts as a date of birth: a date, however written, right after (or before) words that say so.

A date alone is none: most dates in a text are of meetings and invoices.
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors.matching import Detector, Hit, Pattern

# English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Czech, Swedish, Danish, Finnish,
# Turkish, Hungarian, Romanian; accents are folded to \xe9.
_BORN = (
    r"(?:\bd\.?o\.?b\b\.?|(?:date|day|year|place and date)[ _-]?of[ _-]?birth|dateofbirth|"
    r"birth[ _-]?(?:date|day)|\bb-?day\b|"
    r"\bborn\b|\bgeb(?:oren|urtsdatum|urtstag|oortedatum|\.)?|geburts(?:datum|tag)|date[ _]de[ _]naissance|"
    r"\bn\xe9(?:e|\(e\)|\xb7e)? le\b|fecha[ _]de[ _]nacimiento|\bnacid[oa]\b|nacimiento|"
    r"data[ _]di[ _]nascita|"
    r"\bnat[oa] il\b|data[ _]de[ _]nascimento|\bnascid[oa]\b|data[ _]urodzenia|\bur\.|\burodzon[aey]\b|"
    r"datum[ _]narozen(?:i|\xe9)|\bnaroz(?:en[ay]?|\.)|f(?:o|\xe9)delse(?:datum|dag)|f(?:o|\xe9)dselsdato|"
    r"\bf(?:o|\xe9)dd?t?\b|"
    r"syntym(?:a|\xe9)aika|do(?:g|\xe9)um tarihi|sz(?:u|\xe9)let(?:e|\xe9)si(?: id(?:o|\xe9))?|data na(?:s|"
    r"\xe9)terii|"
    r"datum ro(?:d|\xe9)enja|\bnaissance\b|\bbirth\b)"
)
_MONTH = (
    r"(?:jan|feb|f\xe9v|fev|mar|m\xe9r|apr|avr|abr|may|mai|maj|mei|mag|jun|juin|jui|giu|cze|jul|lug|lip|aug|"
    r"ao\xe9|"
    r"aou|ago|sie|sep|set|wrz|oct|okt|out|ott|pa\xe9|paz|nov|lis|dec|dez|d\xe9c|dic|gru|gen|ene|ian|sty|lut|"
    r"kwi)"
    r"[a-z\xe9]{0,8}\.?"
)
_DATE = (
    r"(?:\d{4}[-/. ]{1,2}\d{1,2}[-/. ]{1,2}\d{1,2}|\d{1,2}(?:[-/]|[. ]{1,2})\d{1,2}(?:[-/]|[. ]{1,2})\d{2,4}|"
    r"\d{1,2}(?:st|nd|rd|th|er|\.|\xb7)?[ -]?(?:of |de |the )?"
    + _MONTH
    + r"(?:,?[ -](?:de |del )?\d{2,4})?|"
    + _MONTH
    + r"[ -]?(?:the )?\d{1,2}(?:st|nd|rd|th)?(?:,?[ -]{1,2}\d{2,4})?|"
    + _MONTH
    + r",? ?\d{4}|"
    r"\d{4}-?" + _MONTH + r"-?\d{1,2}|(?:19|20)\d{6}|(?:19|20)\d\d)"
)
_LINK = (
    r"(?:[^A-Za-z0-9\xe9]{0,8}(?:is|was|on|in|it'?s|its|the|at|am|den|le|el|il|em|op|dnia|date|day|my|est|"
    r"ist|es|era|"
    r"was on|value|year|a|en)){0,3}[^A-Za-z0-9\xe9\n]{0,8}\n?[^A-Za-z0-9\xe9\n]{0,8}"
)
_PLACE = r"(?:[^A-Za-z0-9\xe9]{1,3}in [A-Za-z\xe9]{2,20}(?:,? [A-Za-z\xe9]{2,20})? on )?"
_AFTER_WORDS = Pattern(r"(?i)" + _BORN + _PLACE + _LINK + r"\b(" + _DATE + r")(?:\b|$)", scanned=False)
_BEFORE_WORDS = Pattern(r"(?i)\b(" + _DATE + r")[ ]?\(?(?:dob\b|date of birth|geb\.)", scanned=False)


def find(data: bytes, text: str) -> Iterator[Hit]:
    """Dates of birth."""
    plain = bytes(data)
    for start, end in _AFTER_WORDS.spans(plain, 1):
        yield Hit(start, end, "DATE_OF_BIRTH", 0.9)
    for start, end in _BEFORE_WORDS.spans(plain, 1):
        yield Hit(start, end, "DATE_OF_BIRTH", 0.8)


DETECTOR = Detector(
    "DATE_OF_BIRTH",
    (
        (
            r"(?i)birth|bday|b-day|\bborn|d\.?o\.?b|\bgeb|na(?:issance|cid|cimiento|scita|scim|scid|roz)|"
            r"\bn\xe9|\bnat[oa] il|"
            r"urod|\bur\.|rozen|delse|dsels|\bf(?:o|\xe9)d|syntym|tarihi|sz(?:u|\xe9)let|terii|enja|geburt|"
            r"narozen"
        ),
    ),
    find,
)
