"""Numbers of people: by their own check digits, after a word that names them, and codes of cards."""

from __future__ import annotations

import pytest

from mci_core.detectors import (
    card_codes,
    email,
    foreign,
    hardware,
    iban,
    identifiers,
    national_ids,
    phone,
    ssn,
)
from mci_core.detectors.matching import Detector, Pattern, fold
from tests.pure.samples_of_expressions import sample


def found(detector: Detector, text: str) -> list[str]:
    return [text[hit.start : hit.end] for hit in detector.find(fold(text), text)]


# Made up or printed in the countries' own documents as examples.
NATIONAL = [
    ("it-codice-fiscale", "RCCMNL83S18D969H"),
    ("es-nie", "X2482300W"),
    ("es-dni", "54362315K"),
    ("gb-nino", "AA 12 34 56 C"),
    ("fr-nir", "2 95 10 99 126 111 93"),
    ("de-rentenversicherung", "15 070649 C 103"),
    ("br-cpf", "390.533.447-05"),
    ("br-cnpj", "16.727.230/0001-97"),
    ("in-pan", "ACUPA7085R"),
    ("be-national-number", "85.07.30-033.28"),
    ("ch-ahv", "756.9217.0769.85"),
    ("fi-hetu", "131052-308T"),
    ("se-personnummer", "880320-0016"),
    ("mx-curp", "BOXW310820HNERXN09"),
    ("cn-resident", "360426199101010071"),
    ("kr-resident", "971013-2019903"),
    ("cz-birth-number", "710319/2745"),
]


@pytest.mark.parametrize(("name", "number"), NATIONAL)
def test_a_national_number_needs_no_word(name: str, number: str) -> None:
    text = f"please take {number}, thanks"
    hits = list(national_ids.DETECTOR.find(fold(text), text))
    assert [(text[hit.start : hit.end], hit.validator) for hit in hits] == [(number, name)]


def test_every_form_has_an_example_here() -> None:
    assert [name for name, _, _ in national_ids.ROWS] == [name for name, _ in NATIONAL]


@pytest.mark.parametrize(
    "text",
    [
        "RCCMNL83S18D969A",
        "X2482300A",
        "54362315A",
        "15 070649 C 104",
        "15 079949 C 103",
        "390.533.447-06",
        "x390.533.447-05",
        "1.390.533.447-05",
        "390.533.447-05-1",
        "order 20260302-4711",
        "fr 2 95 10 99 126 111 94",
    ],
)
def test_wrong_check_digits_and_parts_of_longer_numbers_stay(text: str) -> None:
    assert found(national_ids.DETECTOR, text) == []


def test_the_check_digit_of_a_pension_number() -> None:
    assert national_ids.pension_number("15070649C103")
    assert not national_ids.pension_number("15070649C104")


IDENTIFIERS = [
    ("passport LM5048123 of", "LM5048123"),
    ("Passport number: 21-4391-AB", "21-4391-AB"),
    ("driver's license Z391-772-1180", "Z391-772-1180"),
    ("driver license\t966-130-353", "966-130-353"),
    ("Führerschein Nr. B072RRE2I55", "B072RRE2I55"),
    ("permis de conduire 880692310285", "880692310285"),
    ("MRN 96532348 DOB", "96532348"),
    ("medical file #MXC-438220 was", "MXC-438220"),
    ("patient ID PHX-839221", "PHX-839221"),
    ("insurance number 77422-AZC were", "77422-AZC"),
    ("insurance number for the household is 774229", "774229"),
    ("bank account number ending in 3847283", "3847283"),
    ('"account_number": "384728391"', "384728391"),
    ("Caller: Bob, account W15949899, phone", "W15949899"),
    ("account 682-952-889.", "682-952-889"),
    ("routing number 021000021", "021000021"),
    ("his tax ID number 22-3456789", "22-3456789"),
    ("Steuer-ID: 47 036 892 816", "47 036 892 816"),
    ("Kontonummer 0532013000", "0532013000"),
    ("número de cuenta 2100 0418 4502", "2100 0418 4502"),
    ("member ID: XH 123456", "XH 123456"),
    ("passport ISA-123456", "ISA-123456"),
]


@pytest.mark.parametrize(("text", "value"), IDENTIFIERS)
def test_a_number_after_the_word_for_it_is_found(text: str, value: str) -> None:
    assert value in found(identifiers.DETECTOR, text)


@pytest.mark.parametrize(
    "text",
    [
        "your account balance is fine",
        "account parrot, account walnut",
        "account_type=checking&limit=34280",
        "user_id=7692684931549092543",
        "the account was charged $12,345.67",
        "passport 12345678%",
        "passport 1111111",
        "account number user12ab34cd@x.example",
        "order 20260302-4711 shipped",
        "Serial BXX-9165-5622 part NRN-3144-1044",
        "patient names and dates",
        "passport control at 10",
    ],
)
def test_words_amounts_and_other_numbers_stay(text: str) -> None:
    assert found(identifiers.DETECTOR, text) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("card 4111 1111 1111 1111 exp 06/27 cvv 274", ["274", "06/27"]),
        ("CVC: 1234.", ["1234"]),
        ('"security_code": "998"', ["998"]),
        ("Prüfziffer ist 274", ["274"]),
        ("my visa is valid thru 11/2028", ["11/2028"]),
        ("the milk: exp 06/27", []),
        ("cvv 27455 and exp 06/271 of the card", []),
        ("security at door 123", []),
    ],
)
def test_codes_and_expiry_of_cards(text: str, values: list[str]) -> None:
    assert found(card_codes.DETECTOR, text) == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("пароль: Gheim77x", "Gheim77x"),
        ("密码是hunter22", "hunter22"),
        ("パスワード\uff1aSakura99x。", "Sakura99x"),
        ("κωδικός: Thalassa7!", "Thalassa7"),
    ],
)
def test_passwords_announced_in_other_scripts(text: str, value: str) -> None:
    assert found(foreign.DETECTOR, text) == [value]


@pytest.mark.parametrize("text", ["слово: Gheim77x", "пароль: ****", "пароль забыт", "密码 http://x.example"])
def test_other_words_of_other_scripts_stay(text: str) -> None:
    assert found(foreign.DETECTOR, text) == []


def test_hardware_addresses_are_found_on_request_only() -> None:
    text = "MAC 62:8c:05:83:ea:57, 62-8C-05-83-EA-57 or 628c.0583.ea57"
    assert len(found(hardware.DETECTOR, text)) == 3
    assert hardware.DETECTOR.on_request
    nobody = "ff:ff:ff:ff:ff:ff 00:00:00:00:00:00 62:8c:05:83:ea:57:11 x62:8c:05:83:ea:57 62:8c:05:83:ea:57y"
    assert found(hardware.DETECTOR, nobody) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("mail jane (at) example [dot] com now", "jane (at) example [dot] com"),
        ("jane dot doe at example dot com", "jane dot doe at example dot com"),
        ("jane[@]example[.]org", "jane[@]example[.]org"),
        ("me@example (dot) com", "me@example (dot) com"),
        ("jane arobase exemple point fr", "jane arobase exemple point fr"),
    ],
)
def test_addresses_hidden_from_programs_are_found(text: str, value: str) -> None:
    assert found(email.DETECTOR, text) == [value]


@pytest.mark.parametrize(
    "text", ["meet at noon. dot matrix", "user at host", "at a dot 12", "jane (at) example [dot] 22"]
)
def test_at_and_dot_as_words_stay(text: str) -> None:
    assert found(email.DETECTOR, text) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Ann Lee, ann@x.example, 601 074 161", ["601 074 161"]),
        ("тел 495 123 45 67", ["495 123 45 67"]),
        ("слово 495 123 45 67", []),
        ("article no. 00574770587", []),
    ],
)
def test_what_stands_before_decides_about_telephones(text: str, values: list[str]) -> None:
    assert found(phone.DETECTOR, text) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Ann\tann@x.example\t702 58 6348", ["702 58 6348"]),
        ("070.58.6348 is", ["070.58.6348"]),
        ("order 702 58 6348", []),
        ("702 58.6348", []),
        ("123 45-6789", []),
    ],
)
def test_social_security_numbers_in_groups(text: str, values: list[str]) -> None:
    assert found(ssn.DETECTOR, text) == values


@pytest.mark.parametrize(("country", "length"), [("BI", 27), ("CR", 22), ("LC", 32), ("SC", 31), ("DE", 22)])
def test_lengths_are_those_of_the_register(country: str, length: int) -> None:
    assert iban.LENGTHS[country] == length


def test_forms_of_national_numbers_are_their_own_gates() -> None:
    for name, form, _ in national_ids.ROWS:
        assert Pattern(form).found_in(sample(form.replace("(?i:", "(?:"), 3).encode()), name


@pytest.mark.parametrize("text", ["EMP-204117", "STAFF_55210", "EMPID:204117", "see MRN-0049113, please"])
def test_numbers_that_begin_with_their_own_word_need_no_other(text: str) -> None:
    assert len(found(identifiers.DETECTOR, f"ask {text} for it")) == 1


@pytest.mark.parametrize("text", ["EMP-123", "TEMP-204117", "emp-204117", "EMP-20411789012"])
def test_keys_of_tickets_are_no_such_numbers(text: str) -> None:
    assert found(identifiers.DETECTOR, f"ask {text} for it") == []
