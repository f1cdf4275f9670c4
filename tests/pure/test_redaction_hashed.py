"""Lists that a policy holds as hashes: what is found and refused, and that no name stands in a document."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Any

import pytest

from mci_core import policy, policy_code
from mci_core.errors import Invalid
from mci_core.policy_model import Rule, RuleMatch
from mci_core.redaction import redact_text
from mci_core.redaction.hashed_words import HashedWords, hashed_match, normal_words
from mci_core.redaction.rules import check_examples, compile_rule
from tests.pure.building import document, rule, site

SALT = bytes(range(16))
NAMES = ["Olivia  Sample", "Sean O'Brien-Müller", "Harvest Table GmbH", "Zebra"]


def hashed(*names: str, **changes: Any) -> dict[str, Any]:
    return rule(match=hashed_match(names or NAMES, SALT), **changes)


def made(*names: str, **changes: Any) -> Rule:
    return policy.parse_rule(hashed(*names, **changes))


def test_an_entry_is_the_keyed_hash_of_its_words_and_nothing_of_it_stands_in_the_document() -> None:
    match = hashed_match(["Olivia  Sample"], SALT)
    expected = hmac.digest(SALT, b"olivia sample", "sha256")[:12].hex()
    assert match == {"type": "hashed", "salt": SALT.hex(), "hashes": [expected], "lengths": [2]}
    again = hashed_match([*NAMES, "(OLIVIA sample)"], SALT)
    assert (len(again["hashes"]), again["lengths"]) == (4, [1, 2, 3, 4])
    assert hashed_match(NAMES, bytes(16))["hashes"] != hashed_match(NAMES, SALT)["hashes"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("To OLIVIA \n sample's desk", "To [CUSTOMER_NAMES]'s desk"),
        ("Olivia-Sample; olivia.sample!", "[CUSTOMER_NAMES]; [CUSTOMER_NAMES]!"),
        ("<sean o\u2019brien/mu\u0308ller>", "<[CUSTOMER_NAMES]>"),
        ("\uff2flivia\u200b Sample\u00ad", "[CUSTOMER_NAMES]"),
        ('"harvest-table (GMBH)"', '"[CUSTOMER_NAMES])"'),
        ("zebra ZEBRA", "[CUSTOMER_NAMES] [CUSTOMER_NAMES]"),
        ("Zebras, Sean O'Brien-Muller, Olivia, Harvest Table", None),
        # Words do not belong together across a rule of signs, or across what was masked.
        ("see Olivia ----- Sample", None),
        ("see Olivia █████ Sample", None),
        ("", None),
        ("... !", None),
    ],
)
def test_entries_are_found_as_whole_words_whatever_their_case_marks_and_spaces(
    text: str, left: str | None
) -> None:
    compiled = compile_rule(made())
    if left is None:
        assert list(compiled.find(text, b"")) == []
    else:
        assert redact_text(text, [made()])[0] == left


def test_methods_selectors_and_examples_are_those_of_every_rule() -> None:
    token = redact_text("Zebra", [made(method="hash")], hash_key=b"key")[0]
    assert token.startswith("[CUSTOMER_NAMES:")
    assert redact_text(token, [made(method="hash")], hash_key=b"key")[0] == token
    examples = {"redact": ["the Zebra plan", "a plan"], "keep": ["zebras", "zebra"]}
    assert check_examples(made(examples=examples)) == [
        "The rule Customer names finds nothing in its must-redact example 2.",
        "The rule Customer names finds something in its must-keep example 2.",
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"salt": None}, "match.salt"),
        ({"salt": SALT.hex().upper()}, "match.salt"),
        ({"salt": "00"}, "match.salt"),
        ({"hashes": frozenset()}, "match.hashes"),
        ({"hashes": frozenset({"Olivia Sample"})}, "match.hashes"),
        ({"hashes": frozenset(f"{number:024x}" for number in range(20_001))}, "match.hashes"),
        ({"lengths": ()}, "match.lengths"),
        ({"lengths": (0,)}, "match.lengths"),
        ({"lengths": (1, 5)}, "match.lengths"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_with_its_field(change: dict[str, Any], field: str) -> None:
    one = made()
    with pytest.raises(Invalid) as caught:
        compile_rule(replace(one, match=replace(one.match, **change)))
    assert (caught.value.code, caught.value.field) == ("hashed_list", field)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "1 to 20000 entries"),
        ([f"w{number}" for number in range(20_001)], "1 to 20000 entries"),
        (["Olivia Sample", "one two three four five"], "Entry 2 has 5 words"),
        (["--"], "Entry 1 has 0 words"),
    ],
)
def test_a_list_in_the_clear_is_refused_without_repeating_it(names: list[str], words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        hashed_match(names, SALT)
    assert caught.value.field == "match.hashes"
    assert "one two" not in caught.value.message


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"words": ["Olivia Sample"]}, "rules[0].match"),
        ({"hashes": ["Olivia Sample"]}, "rules[0].match.hashes[0]"),
        ({"hashes": ["0" * 24, "0" * 24]}, "rules[0].match.hashes"),
        ({"salt": "0" * 31}, "rules[0].match.salt"),
        ({"lengths": [5]}, "rules[0].match.lengths[0]"),
    ],
)
def test_a_document_holds_hashes_only(change: dict[str, Any], path: str) -> None:
    one = hashed()
    with pytest.raises(Invalid) as caught:
        policy.parse(document([site()], [{**one, "match": {**one["match"], **change}}]))
    assert caught.value.field == path
    assert "Olivia" not in caught.value.message


def test_a_policy_file_comes_back_alike_also_where_hashes_look_like_numbers() -> None:
    one = hashed()
    odd = ["0" * 24, "1" * 24, f"{'1' * 10}e{'2' * 13}", "0b" + "1" * 22]
    doc = document([site()], [{**one, "match": {**one["match"], "hashes": odd, "salt": "1" * 32}}])
    back = policy_code.read(policy_code.written(doc)).document
    assert back["rules"] == doc["rules"]
    assert policy.policy_digest(back) == policy.policy_digest(doc)


def test_a_change_of_a_hashed_list_is_wider_and_told_by_its_size() -> None:
    before = document([site()], [hashed("Zebra")])
    for names in (["Zebra", "Ibis"], ["Ibis"]):
        (change,) = policy.diff(before, document([site()], [hashed(*names)]))
        assert (change.path, change.direction) == ("rules[0].match", "wider")
    assert change.words == (
        "The redaction rule Customer names looks for something else: a hashed list of 1 entry."
    )
    assert policy.direction(document([site()]), before) == "narrower"
    assert policy.direction(before, document([site()])) == "wider"
    assert RuleMatch("hashed", hashes=frozenset({"a", "b"})).hashed_list == "a hashed list of 2 entries"


def test_words_are_cut_and_written_in_one_way() -> None:
    assert normal_words("Straße, İstanbul; हिन्दी ½") == ["strasse", "i\u0307stanbul", "हिन्दी", "1\u20442"]
    assert list(HashedWords(made().match).find("zebra_zebra")) == [(0, 5), (6, 11)]
