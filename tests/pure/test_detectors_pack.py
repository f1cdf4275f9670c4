"""The default detector pack: what each detector finds inside sentences, and what it leaves alone."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mci_core import detectors
from mci_core.detectors import DETECTORS, LABELS, find_hits
from mci_core.detectors.matching import fold
from mci_core.samples_values import KINDS, Values

LETTERS = "aB3dE5gH7jK9mN2pQ4rS6tU8vW1xY0zA"
HEX = "0123456789abcdef"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "c2lnbmF0dXJl" * 3
CARD = "4111" + "1" * 12
DASHES = "-" * 5
PUTTY = "PuTTY-User-Key-File-2: a\nPrivate-MAC: 12ab"
KEY_BLOCK = f"{DASHES}BEGIN RSA PRIVATE KEY{DASHES}\nMIIabc\n{DASHES}END RSA PRIVATE KEY{DASHES}"


def wide(text: str) -> str:
    """The same in full-width forms, as East Asian keyboards type them."""
    return "".join(chr(ord(char) + 0xFEE0) for char in text)


def found(text: str, label: str) -> list[str]:
    return [text[hit.start : hit.end] for hit in find_hits(text) if hit.label == label]


POSITIVES = [
    ("EMAIL", "write to ann.lee@example.com, please", "ann.lee@example.com"),
    ("EMAIL", "x=mailto:ann@mail.example.co.uk>", "ann@mail.example.co.uk"),
    ("EMAIL", "from=jörg@müller.example;", "jörg@müller.example"),
    ("EMAIL", "user=ann%40example.com&x", "ann%40example.com"),
    ("EMAIL", f"full width {wide('ann@example.com')}", wide("ann@example.com")),
    ("EMAIL", "so ...ann@example.com", "ann@example.com"),
    ("PHONE", "ring me at +49 30 23125 123 today", "+49 30 23125 123"),
    ("PHONE", "it is (202) 555-0123.", "(202) 555-0123"),
    ("PHONE", "desk 202-555-0123 x45 or later", "202-555-0123 x45"),
    ("PHONE", "0044 20 7946 0127 is hers", "0044 20 7946 0127"),
    ("PHONE", "my mobile 5550123 is new", "5550123"),
    ("PHONE", "Büro 030 23125 123 anrufen", "030 23125 123"),
    ("PHONE", "(99) 645-791", "(99) 645-791"),
    ("PHONE", "at 202 555 0123 now", "202 555 0123"),
    ("PHONE", "tel=2025550123", "2025550123"),
    ("CREDIT_CARD", "pay with 4111 1111 1111 1111 now", "4111 1111 1111 1111"),
    ("CREDIT_CARD", "378282246310005 expired", "378282246310005"),
    ("CREDIT_CARD", f"wide {wide(CARD)}", wide(CARD)),
    ("CREDIT_CARD", "my credit card number: 1234567890123", "1234567890123"),
    ("CREDIT_CARD", "12 4111111111111111", "4111111111111111"),
    ("IBAN", "pay to DE44 5001 0517 5407 3249 31 by Friday", "DE44 5001 0517 5407 3249 31"),
    ("IBAN", "gb82west12345698765432", "gb82west12345698765432"),
    ("US_SSN", "his SSN 219-09-9998 is", "219-09-9998"),
    ("US_SSN", "is 219-09-9998 right", "219-09-9998"),
    ("US_SSN", "social security 219099998 on", "219099998"),
    ("IP", "host 10.20.30.40 down", "10.20.30.40"),
    ("IP", "route 10.20.30.0/24 via", "10.20.30.0/24"),
    ("IP", "at fe80::1%eth0 or", "fe80::1%eth0"),
    ("IP", "from 2001:db8::8a2e:370:7334: refused", "2001:db8::8a2e:370:7334"),
    ("URL_CREDENTIAL", "postgres://app:s3cretWord@db.example/x", "s3cretWord"),
    ("URL_CREDENTIAL", f"https://{LETTERS}@git.example.com/x", LETTERS),
    ("SECRET", f"open https://x.example/r?token={HEX * 2}. Then", HEX * 2),
    ("SECRET", "key " + "AKIA" + "Q7" * 8 + " leaked", "AKIA" + "Q7" * 8),
    ("SECRET", "use " + "ghp_" + LETTERS + "abcd", "ghp_" + LETTERS + "abcd"),
    ("SECRET", f"api_key: '{LETTERS}'", LETTERS),
    ("SECRET", f"client_secret={LETTERS},", LETTERS),
    ("SECRET", f"Authorization: Bearer {LETTERS}.", LETTERS),
    ("SECRET", f"the token is {LETTERS}:", LETTERS),
    ("SECRET", f'"tokens": ["{HEX}ff", "{LETTERS}"]', LETTERS),
    ("SECRET", "Your verification code is 493821.", "493821"),
    ("SECRET", "493821 is your login code", "493821"),
    ("JWT", f"got {JWT}. Next", JWT),
    ("PRIVATE_KEY", f"see {KEY_BLOCK} end", KEY_BLOCK),
    ("PRIVATE_KEY", "x " + KEY_BLOCK[:40], KEY_BLOCK[:40]),
    ("PRIVATE_KEY", f"{PUTTY} x", PUTTY),
    ("PASSWORD", "password: Hunter22, ok", "Hunter22"),
    ("PASSWORD", "the password is blue-Horse7.", "blue-Horse7"),
    ("PASSWORD", 'pwd = "two words 7"', "two words 7"),
    ("PASSWORD", "password Sommer#2026 works", "Sommer#2026"),
    ("PASSWORD", "mysql -u root -pGeheim77 db", "Geheim77"),
    ("PASSWORD", "curl -u ann:Geheim77 http://x", "Geheim77"),
    ("PASSWORD", "PIN 4821 please", "4821"),
    ("PASSWORD", "create user a identified by 'Geheim77'", "Geheim77"),
    ("PASSWORD", '<input name="pwd" value="Geheim77">', "Geheim77"),
    ("PASSWORD", "ann\tGeheim77\n", "Geheim77"),
]


@pytest.mark.parametrize(("label", "text", "value"), POSITIVES)
def test_a_value_is_found_inside_a_text(label: str, text: str, value: str) -> None:
    assert value in found(text, label)


NEGATIVES = [
    "order 20260302-4711 shipped",
    "total 1,240.50 EUR for 12 items",
    "meeting 2026-03-02 12:30:45",
    "on 02.03.2026 14:00 in room 4.499",
    "v1.2.3.4 and Chrome/120.0.0.0 are old, see section 4.2.1.3",
    "commit 3f2a9c1d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39",
    "id 123e4567-e89b-12d3-a456-426614174000",
    "card 4111 1111 1111 1112x",
    "4111111111111111abc",
    "reference 202-555-01234567890123",
    "000-12-3456 and 666-12-3456 and 912-34-5678",
    "999.1.1.1 or 1.2.3.4.5.6 or 01.02.03.04",
    "::: and std::vector and 12:30:45:10",
    "password: ********",
    "password: <your password>",
    "password=${DB_PASSWORD}",
    "please reset your password today",
    "the password is wrong",
    "new_password: new_password",
    "token = get_token(request)",
    'LABEL_PASSWORD: "Repeat the new password"',
    "secret: https://example.com/docs",
    "oauth_signature_method: HMAC-SHA256",
    "at ann@localhost now @here",
    "postgres://app:${PASS}@db/x",
    "error code 493821 and status code 404",
    "DE00 9001 0517 5407 3249 31",
    "XX44 9001 0517 5407 3249 31",
    "DE44 5001",
    "eyJ.eyJ and eyes.open",
    "1111 1111 1111 1111",
    "invoice 030 23125 123",
    "0900000000000000000000000",
    "00 99 9",
    "part 555-123-4567-A",
    "$202 555 0123 for 7%",
    "no. 5.202-555-0123",
    "202-555-0123.5",
    "7777777",
    "column D\tcolumn E\n",
    "call 12345",
    "00999 1234 5678",
    "the key: value",
    "ABCDEFGHIJKLMN token",
]


@pytest.mark.parametrize("text", NEGATIVES)
def test_ordinary_texts_are_left_alone(text: str) -> None:
    assert [(hit.label, text[hit.start : hit.end]) for hit in find_hits(text)] == []


def test_addresses_inside_url_credentials_are_not_mail() -> None:
    assert found("ftp://ann:word7@host.example.com/x", "EMAIL") == []
    assert found("see http://x/y mail ann@example.com", "EMAIL") == ["ann@example.com"]


def test_names_are_those_of_placeholders() -> None:
    assert set(DETECTORS) <= set(LABELS)
    assert {"EMAIL", "PHONE", "CREDIT_CARD", "IBAN", "US_SSN", "IP"} < set(LABELS)
    assert all(detector.name == name for name, detector in DETECTORS.items())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "customer"])
def test_made_values_of_each_kind_are_found_in_a_sentence(kind: str) -> None:
    values = Values(random.Random(kind))
    for _ in range(40):
        value = values.make(kind)
        text = f"Temporary password: {value} thanks" if kind == "password" else f"please take {value} thanks"
        covered = {at for hit in find_hits(text) for at in range(hit.start, hit.end)}
        start = text.index(value)
        if kind in ("url_token", "url_credential"):
            assert covered & set(range(start, start + len(value)))
        else:
            assert {at for at in range(start, start + len(value)) if text[at].isalnum()} <= covered, value


@settings(max_examples=300)
@given(st.text())
def test_folding_keeps_positions(text: str) -> None:
    assert len(fold(text)) == len(text)


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from("ab1.@:/ -+=4\"'\tpwkey%é\n"), max_size=80))
def test_gates_hold_back_only_what_finds_nothing(text: str) -> None:
    data = fold(text)
    everything = {hit for detector in DETECTORS.values() for hit in detector.find(data, text)}
    assert set(find_hits(text)) == everything


@pytest.mark.parametrize("text", [text for _, text, _ in POSITIVES])
def test_gates_open_for_every_detector_that_finds_something(text: str) -> None:
    data = fold(text)
    everything = {hit for detector in DETECTORS.values() for hit in detector.find(data, text)}
    assert set(find_hits(text)) == everything


@pytest.mark.parametrize(
    "piece", ["1 ", "1.", "4111 1111 1111 1112 ", "a@b.co ", "://a:", "pw=a1b2c3d4 ", "a:b:", "key='"]
)
def test_long_texts_take_linear_time(piece: str) -> None:
    start = time.perf_counter()
    find_hits(piece * (60_000 // len(piece)))
    # Quadratic work would take minutes; a loaded machine still needs far less than this.
    assert time.perf_counter() - start < 20


def test_public_names_of_the_package() -> None:
    assert set(detectors.__all__) == {"DETECTORS", "LABELS", "PACK", "Detector", "Hit", "find_hits"}


def test_unusual_signs_are_folded_to_plain_ones() -> None:
    """Dashes, spaces and digits of other scripts do not hide a number."""
    assert fold("5105\u20101051\u22125100") == b"5105-1051-5100"
    assert fold("\u0665\uff15\u2003\u00a0x") == b"55  x"
    assert fold("\u4e00") != fold("\u2603")
