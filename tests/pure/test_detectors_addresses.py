"""Which words and numbers are an address, and how far it goes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mci_core.detectors import addresses
from mci_core.detectors.matching import fold

WHOLE = [
    "1204 Elm Hollow Road Apt. 12, Fairbrook, OH 44120",
    "77 N. Quarry Street",
    "Flat 3\n9 Merton Rise\nLower Haddon\nTR4 8QP",
    "Suite 12 55 Harbour Parade",
    "3310 Lindholm 12\n Suite 400\n Oakdale\n Norway 4410",
    "Suite 913 0547 Birkeland 91",
    "Gartenstra\u00dfe 14, 80331 M\u00fcnchen",
    "Adenauerring 7\n76131 Karlsruhe",
    "Maximilian-Weber-Gasse 12",
    "\u00c5kerv\u00e4gen 40, 56658 Motala",
    "12 rue des Lilas, 75011 Paris",
    "14 bis, rue du Moulin\n69003 Lyon",
    "Calle Mayor 8 Piso 2, 28013 Madrid",
    "Calle 31 # 59-10 Sur",
    "Via Garibaldi, 3 Interno 4, 20121, Milano (MI)",
    "Kerkstraat 9\n1017 GA Amsterdam",
    "ul. D\u0142uga 5/7, 00-238 Warszawa",
    "Rua das Flores, 44, 4050-262 Porto",
    "K\u0151r\u00f6s utca 12., H-1051 Budapest",
    "P.O. Box 4471, Springvale, NT 0800",
    "Postfach 3102",
    "12 Elm Hollow Road, Apt 3, Suite 4, Floor 5, Unit 6",
    "PSC 8812, Box 3120\nAPO AE 09441",
    "the corner of Maple 4 and Harrow Lane",
    "Lesn\u00e1 14, 602 00 Brno",
]
AFTER_A_WORD = [
    ("She lives at Ridgeway 12, Dunmore.", "Ridgeway 12, Dunmore"),
    ("billing address: Na Kopci 86", "Na Kopci 86"),
    ("ship to Kim Doe, Torvet 6", "Torvet 6"),
    ("lives at 255 hollowvej 18", "255 hollowvej 18"),
    ("I live at rue de Verdun", "rue de Verdun"),
]
NONE = [
    "",
    "The meeting is on March 12",
    "During 1980, Nordholm Consulting invested",
    "Chapter 12",
    "version 5 of the text",
    "3 people on the way",
    "Order 10293, total 12.50",
    "the building is on Windows 11",
    "Room 4.55",
    "DOB April 9, 1993",
]


def found(text: str) -> list[str]:
    return [text[hit.start : hit.end] for hit in addresses.find(fold(text), text)]


@pytest.mark.parametrize("address", WHOLE)
def test_an_address_is_found_as_a_whole(address: str) -> None:
    assert address in found(f"{address}\nTel 555")
    assert any(address in one for one in found(f"Please send it to {address}"))


@pytest.mark.parametrize(("text", "expected"), AFTER_A_WORD)
def test_weaker_forms_are_found_after_words_that_announce_them(text: str, expected: str) -> None:
    assert expected in found(text)


@pytest.mark.parametrize("text", NONE)
def test_other_numbers_are_left(text: str) -> None:
    assert found(text) == []


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([*WHOLE, *NONE, "\n", ", ", "Apt. ", "address ", "\u00e9", "\x00"]), max_size=4
    ).map("".join)
    | st.text(max_size=60)
)
def test_hits_lie_in_the_text(text: str) -> None:
    for hit in addresses.find(fold(text), text):
        assert 0 <= hit.start < hit.end <= len(text)
        assert hit.label == "ADDRESS"
