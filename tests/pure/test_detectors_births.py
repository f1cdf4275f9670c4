"""Which dates are dates of birth."""

from __future__ import annotations

import pytest

from mci_core.detectors import births
from mci_core.detectors.matching import fold

BORN = [
    ("DOB: 03/04/1971", "03/04/1971"),
    ("D.O.B. 3 April 1971", "3 April 1971"),
    ("date of birth is April 3rd, 1971", "April 3rd, 1971"),
    ('"birth_date": "1971-04-03"', "1971-04-03"),
    ('{"dateOfBirth":"19710403"}', "19710403"),
    ("What is your birthday? It's the 3rd of April", "3rd of April"),
    ("she was born on 3 Apr 71", "3 Apr 71"),
    ("born in Leeds on 3.4.1971", "3.4.1971"),
    ("born in 1971", "1971"),
    ("Geburtsdatum: 03.04.1971", "03.04.1971"),
    ("geb. am 3. April 1971", "3. April 1971"),
    ("n\u00e9(e) le 3 avril 1971", "3 avril 1971"),
    ("Fecha de nacimiento: 3 de abril de 1971", "3 de abril de 1971"),
    ("nata il 3 aprile 1971", "3 aprile 1971"),
    ("Data urodzenia: 03.04.1971", "03.04.1971"),
    ("F\u00f8dselsdato 3.4.1971", "3.4.1971"),
    ("1971-04-03 (DOB)", "1971-04-03"),
]


@pytest.mark.parametrize(("text", "date"), BORN)
def test_dates_of_birth_are_found(text: str, date: str) -> None:
    assert date in [text[hit.start : hit.end] for hit in births.find(fold(text), text)]


@pytest.mark.parametrize(
    "text", ["due 03/04/2024", "Invoice of 3 April 1971", "born free", "meeting on 3.4.2026"]
)
def test_other_dates_are_left(text: str) -> None:
    assert list(births.find(fold(text), text)) == []
