"""What counts as an IBAN: a country of the register, its length, and check digits that are right (ISO
13616).
"""

from __future__ import annotations

from collections.abc import Iterator

from mci_core.detectors.matching import Detector, Hit, Pattern, is_word

_START = Pattern(r"[A-Za-z]{2}[ -]?\d{2}[ -]?[A-Za-z0-9]{2}", scanned=False)
# Length by country, from the SWIFT IBAN registry.
LENGTHS: dict[str, int] = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FK", "FO", "GL", "NL", "SD"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "OM", "SO", "TL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "NI", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
    **dict.fromkeys(("RU",), 33),
}


def check_digits(iban: str) -> bool:
    """Whether the whole is 1 modulo 97."""
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(char, 36)) for char in moved)) % 97 == 1


def _read(data: bytes, start: int, wanted: int) -> tuple[str, int] | None:
    """`wanted` letters and digits from `start` on, single spaces or hyphens between, and their end."""
    chars: list[str] = []
    index, gap = start, 0
    while index < len(data) and len(chars) < wanted:
        char = chr(data[index])
        if char.isascii() and char.isalnum():
            chars.append(char)
            gap = 0
        elif char in " -" and not gap:
            gap = 1
        else:
            return None
        index += 1
    return ("".join(chars).upper(), index) if len(chars) == wanted else None


def find(data: bytes, text: str) -> Iterator[Hit]:
    """IBANs, in one piece or in groups."""
    done = 0
    for start, _ in _START.spans(data):
        country = chr(data[start]).upper() + chr(data[start + 1]).upper()
        wanted = LENGTHS.get(country)
        if wanted is None or start < done or is_word(data, start - 1):
            continue
        read = _read(data, start, wanted)
        if read is None or is_word(data, read[1]) or not check_digits(read[0]):
            continue
        done = read[1]
        yield Hit(start, done, "IBAN", 0.98, "mod97")


_COUNTRY = "|".join(sorted(LENGTHS))
DETECTOR = Detector("IBAN", (rf"(?i:{_COUNTRY})[ -]?\d{{2}}(?:[ -]?[A-Za-z0-9]){{11}}",), find)
