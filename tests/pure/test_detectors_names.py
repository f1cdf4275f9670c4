"""Which words are taken for names of people, and which are not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mci_core.detectors import names
from mci_core.detectors.matching import fold

NAMED = [
    ("Please ask Ingrid Halvorsen about it.", ["Ingrid Halvorsen"]),
    ("Dear Mr. Okonkwo, thank you", ["Okonkwo"]),
    ("Hi Tamsin,\nsee below", ["Tamsin"]),
    ("the report is done.\n\nBest regards,\nQuillon Varrick", ["Quillon Varrick"]),
    ("Kind regards[Enter]Zorvane", ["Zorvane"]),
    ('{"name": "Beatriz Fontes", "id": 4}', ["Beatriz Fontes"]),
    ("WHERE last_name = 'Vrabelj'", ["Vrabelj"]),
    ("Patient: Drovane Estil", ["Drovane Estil"]),
    ("reviewed_by: Zanthe", ["Zanthe"]),
    ("@Halvard can you look?", ["Halvard"]),
    ("patient Morvane was seen at noon", ["Morvane"]),
    ("Assigned to Krezimul Vasht by root", ["Krezimul Vasht"]),
    ("Ludwig van der Velde called", ["Ludwig van der Velde"]),
    ("Karl-August Lindner is out", ["Karl-August Lindner"]),
    ("R.E. Hargreaves wrote it", ["R.E. Hargreaves"]),
    ("J. Peterson signed", ["J. Peterson"]),
    ("I met Gustavo's sister", ["Gustavo"]),
    ("Will Robinson agreed", ["Will Robinson"]),
    ("the Sokolov novel", ["Sokolov"]),
    ("What is your last name? Marchetti", ["Marchetti"]),
    ("Zelmira: where are you?", ["Zelmira"]),
    ("Brunhilde, please call me", ["Brunhilde"]),
    ("Lindqvist, Astrid", ["Lindqvist, Astrid"]),
    ("Schreiber_Anneliese_contract.pdf", ["Schreiber", "Anneliese"]),
    ("Vornakel Estrimbar\tvornakel@example.org\t555", ["Vornakel Estrimbar"]),
    ("Chat | Amira Haddad | Teams", ["Amira Haddad"]),
    ("ANNELIESE SCHREIBER", ["ANNELIESE SCHREIBER"]),
    ("Ça va, Émilie Lefèvre est là", ["Émilie Lefèvre"]),
    ("Ольга Иванова согласна", ["Ольга Иванова"]),
    ("sent to Luca Example, waiting", ["Luca Example"]),
    ("note_x: Olga", ["Olga"]),
    ("It rained. Olga left", ["Olga"]),
    ("Ines House called", ["Ines House"]),
    ("Olga Grapple", ["Olga"]),
    ("5: Olga", ["Olga"]),
    ('"Ines" is here', ["Ines"]),
    ("saw benjamin in /benjamin", ["benjamin"]),
    ("Hugo Green Valdez wrote", ["Hugo Green Valdez"]),
    ("!! Olga", ["Olga"]),
    ("my name is dagny olsen", ["dagny olsen"]),
    ("dr. keller said so", ["keller"]),
    ("hey gretchen, are you in?", ["gretchen"]),
    ("we saw leonardo ferrari there", ["leonardo ferrari"]),
    ("we saw benjamin yesterday", ["benjamin"]),
    ("write to fabian krautmeyer", ["fabian krautmeyer"]),
    ("we met O'Brien today", ["O'Brien"]),
    ("write to dagny%40example.org, the Dagny there", ["Dagny"]),
    ("Al Olsen (support@example.org)", ["Al Olsen"]),
    ("Form B2, Ingrid Halvorsen", ["Ingrid Halvorsen"]),
    ("hallo Vornakel, der Text ist da und das ist gut", ["Vornakel"]),
    ("the Vornakel wrote from vornakel@example.org", ["Vornakel"]),
    ("Name: Vornakel Estrimbar und das ist nicht der Fall", ["Vornakel Estrimbar"]),
]
NOT_NAMED = [
    "",
    "nothing here",
    "Mark the row as done",
    "Grant access to the folder",
    "Will you be there?",
    "May I ask?",
    "Sandy soil drains well",
    "Bill the hours to the project",
    "Austin, TX weather",
    "Notepad",
    "Monday, 4 March",
    "Invoice 2231 is due",
    "The New York Times",
    "Chase Bank",
    "filename: Jasmine",
    "Foo.Bar and Spring_Boot",
    "class Jasmine(object)",
    "C:\\Jasmine",
    "#Jasmine",
    "version: Jessie.2",
    "He's at the Victoria Station",
    "python script",
    "driver license",
    "hello world",
    "UVWXQ",
    "dear all, the test is done",
    "Open Table, Chair",
    "of the team",
    "x_Y_z, File_Save",
    "mail to support@example.com",
    "Table, Chair",
    "Open Grapple",
    "In general, Vorzel support",
    "ask EMP-222814",
    "mit der Macro-Linse",
    "Die Idee ist gut und die Feinmachanische Werkzeuge sind da",
    "Orlando, FL",
    "city: Orlando",
    "two RGAs",
    "in Paris Berlin",
    "x Jasmine/x",
    "hostname: Jasmine",
    "colour = Jasmine(1)",
    "see Jasmine:8080",
    "   (",
    "Vornakel Estrimbar, TX",
]


def found(text: str) -> list[str]:
    """What the detector names, once each."""
    places = sorted({(hit.start, hit.end) for hit in names.find(fold(text), text)})
    outer = [
        (start, end)
        for start, end in places
        if not any((a, b) != (start, end) and a <= start and end <= b for a, b in places)
    ]
    return [text[start:end] for start, end in outer]


@pytest.mark.parametrize(("text", "expected"), NAMED)
def test_names_are_found(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize("text", NOT_NAMED)
def test_other_words_are_left(text: str) -> None:
    assert found(text) == []


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*(text for text, _ in NAMED), *NOT_NAMED, "@", "_", ", ", "'s", "\n", "[Tab]", "\x00", "ǅ"]
        ),
        max_size=5,
    ).map("".join)
    | st.text(max_size=60)
)
def test_hits_lie_in_the_text_and_begin_and_end_with_letters(text: str) -> None:
    for hit in names.find(fold(text), text):
        assert 0 <= hit.start < hit.end <= len(text)
        assert text[hit.start].isalpha()
        assert hit.label == "PERSON"
        assert 0 < hit.confidence <= 1


@given(st.text(alphabet="AaBbs'. -_@%40(\\dvn", max_size=40))
def test_the_fast_ways_for_ascii_find_the_same(text: str) -> None:
    slow = [match.span() for match in names._RUN.finditer(text)]
    assert [match.span() for match in names._ASCII_RUN.finditer(text)] == slow
    if "%40" not in text:
        parts = [match[0].lower() for match in names._LOCAL_PART.finditer(text)]
        assert names._echoes(text) == parts
