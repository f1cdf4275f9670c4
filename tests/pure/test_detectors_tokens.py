"""Tokens by their providers' forms, keys, secrets in addresses: each row of the tables, and what is none."""

from __future__ import annotations

import base64

import pytest

from mci_core.detectors import DETECTORS, jwt, private_key, urls, vendor_tokens
from mci_core.detectors.matching import Detector, Pattern, fold
from mci_core.detectors.tables import rows
from tests.pure.samples_of_expressions import sample

MIXED = "aB3dE5gH7jK9mN2pQ4rS6tU8vW1xY0zA"
HEX = "0123456789abcdef"
DASHES = "-" * 5


def found(detector: Detector, text: str) -> list[str]:
    return [text[hit.start : hit.end] for hit in detector.find(fold(text), text)]


@pytest.mark.parametrize(
    ("name", "gate", "token"), vendor_tokens.ROWS, ids=[row[0] for row in vendor_tokens.ROWS]
)
def test_each_form_is_found_in_a_sentence_and_opens_its_gate(name: str, gate: str, token: str) -> None:
    opens = Pattern(gate)
    for seed in range(4):
        value = sample(token, len(name) + seed)
        data = fold(f"use {value} for it")
        covered = {at for hit in vendor_tokens.DETECTOR.find(data, "") for at in range(hit.start, hit.end)}
        assert set(range(4, 4 + len(value))) <= covered, value
        assert opens.found_in(data), value


def test_forms_have_names_of_their_own_and_there_are_many() -> None:
    names = [name for name, _, _ in vendor_tokens.ROWS]
    assert len(names) == len(set(names)) >= 100


@pytest.mark.parametrize("before", ["\\n", "\x1b[94m", "=", '"', "(", "\n"])
def test_signs_and_ends_of_escapes_may_touch_a_token(before: str) -> None:
    token = "gh" + "p_" + MIXED + "ab"
    assert found(vendor_tokens.DETECTOR, f"{before}{token}") == [token]


@pytest.mark.parametrize(
    "text",
    [
        "x" + "gh" + "p_" + MIXED + "ab",
        "gh" + "p_" + "x" * 36,
        "AKIA" + "0" * 16,
        "glpat" + "-" + "x" * 20,
        "npm_run_build and sk-learn and hf_hub",
        "https://hooks.slack.com/services",
    ],
)
def test_words_placeholders_and_parts_of_words_are_no_tokens(text: str) -> None:
    assert found(vendor_tokens.DETECTOR, text) == []


def test_of_a_webhook_the_host_stays_readable() -> None:
    path = "/T0AB1CD2E/B0FG3HI4J/" + MIXED[:24]
    assert found(vendor_tokens.DETECTOR, "post to https://hooks.slack.com/services" + path) == [path]


KEYS = [
    f"{DASHES}BEGIN RSA PRIVATE KEY{DASHES}\nMIIabc\n{DASHES}END RSA PRIVATE KEY{DASHES}",
    f"{DASHES}BEGIN PRIVATE KEY{DASHES}\\nMIIabc\\n{DASHES}END PRIVATE KEY{DASHES}",
    f"{DASHES}BEGIN PGP PRIVATE KEY BLOCK{DASHES}\n\nlQdG\n{DASHES}END PGP PRIVATE KEY BLOCK{DASHES}",
    f"{DASHES}BEGIN OPENSSH PRIVATE KEY{DASHES}\nb3BlbnNz",
    "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-MAC: 12ab",
    "MIIEpAIBAAKCAQEA" + MIXED * 3,
    "b3BlbnNzaC1rZXktdjEA" + MIXED * 3,
    base64.b64encode(f"{DASHES}BEGIN EC PRIVATE KEY{DASHES}\n{MIXED}{MIXED}".encode()).decode(),
]


@pytest.mark.parametrize("key", KEYS)
def test_private_keys_are_found_in_every_wrapping(key: str) -> None:
    assert found(private_key.DETECTOR, f"key {key}") == [key]


@pytest.mark.parametrize(
    "text",
    [
        f"{DASHES}BEGIN PUBLIC KEY{DASHES}\nMIIabc",
        f"{DASHES}BEGIN PRIVATE KEY{DASHES}...{DASHES}END PRIVATE KEY{DASHES}",
        f"{DASHES}BEGIN PRIVATE KEY{DASHES}\\n...\\n{DASHES}END PRIVATE KEY{DASHES}",
        base64.b64encode(f"{DASHES}BEGIN CERTIFICATE{DASHES}\n{MIXED}{MIXED}".encode()).decode(),
        "xMIIEpAIBAAKCAQEA" + MIXED * 3,
    ],
)
def test_public_empty_and_other_blocks_stay(text: str) -> None:
    assert found(private_key.DETECTOR, text) == []


def test_json_web_tokens_also_in_base64_once_more() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxIn0." + MIXED
    twice = base64.b64encode(token.encode()).decode().rstrip("=")
    assert found(jwt.DETECTOR, f"a {token}. b") == [token]
    assert found(jwt.DETECTOR, f"a {twice} b") == [twice]
    assert found(jwt.DETECTOR, "eyebrows.and.eyelids and eyJ.x and eyzhbGciOiJI.abcdefgh") == []


URLS = [
    ("postgres://app:s3cretWord@db.example/x", "s3cretWord"),
    (f"https://{MIXED}@git.example.com/x", MIXED),
    (f"https://x.example/r?token={HEX}{HEX}. Then", HEX + HEX),
    (f"https://x.example/cb#access_token={MIXED}&state=1", MIXED),
    (f"https://x.example/f?X-Amz-Signature={HEX}{HEX}&x=1", HEX + HEX),
    (f"https://x.example/reset/{MIXED}", MIXED),
    (f"https://x.example/password_reset/42/{HEX}{HEX}) now", HEX + HEX),
    (f"https://x.example/i?k={MIXED}", MIXED),
]


@pytest.mark.parametrize(("text", "value"), URLS)
def test_secrets_in_addresses_are_found_alone(text: str, value: str) -> None:
    assert found(urls.DETECTOR, text) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "postgres://app:${PASS}@db/x",
        "https://x.example/items/5618035a-81c8-4bf3-9c87-534dd66a7c2b?page=90931&sort=asc",
        "https://x.example/search?q=password+reset+form&lang=en",
        "https://x.example/join/the-spring-meeting-of-all",
        "https://x.example/i?k=keyboard",
        "https://x.example/doc?token=documentation",
        "https://x.example/verify/abcdefghijklmnop",
    ],
)
def test_ordinary_addresses_stay(text: str) -> None:
    assert found(urls.DETECTOR, text) == []


def test_tables_hold_as_many_columns_as_their_readers_take() -> None:
    assert {len(columns) for columns in rows("vendor_tokens.txt")} == {3}
    assert {len(columns) for columns in rows("commands.txt")} == {2}
    assert "VENDOR_TOKEN" in DETECTORS
