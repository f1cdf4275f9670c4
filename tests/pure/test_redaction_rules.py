"""Rules of a policy: compiling, refusing, examples, selectors, labels and hashes."""

from __future__ import annotations

import pytest

from mci_core.errors import Invalid
from mci_core.policy_model import Rule, RuleMatch
from mci_core.redaction import redact_text
from mci_core.redaction.rules import check_examples, compile_rule, label_of, placeholder, rules_for
from mci_core.redaction.spans import Span
from tests.pure.recordings import EMAIL, rule


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        (rule("regex", what="("), "pattern_syntax", "match.pattern"),
        (rule("regex", what="(?=x)"), "pattern_syntax", "match.pattern"),
        (rule("regex", what="\ud800"), "pattern_syntax", "match.pattern"),
        (rule("regex", what="a*"), "pattern_empty", "match.pattern"),
        (rule("regex", what=""), "pattern_length", "match.pattern"),
        (rule("regex", what="a" * 1001), "pattern_length", "match.pattern"),
        (rule("words", what=["", " "]), "empty_dictionary", "match.words"),
        (rule("detector", what="SHOE_SIZE"), "unknown_detector", "match.detector"),
        (rule("words", what=["x"], method="smile"), "unknown_method", "method"),
        (Rule("r", "R", "mask", RuleMatch("magic")), "unknown_match", "match.type"),
    ],
)
def test_rules_that_cannot_be_used_are_refused(wrong: Rule, code: str, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        compile_rule(wrong)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_words_are_found_whole_in_any_case_and_over_spaces() -> None:
    rules = [rule("words", what=["Harvest Table", "C++"])]
    assert redact_text("HARVEST  table knows C++.", rules)[0] == "[PROJECT] knows [PROJECT]."
    assert redact_text("Harvest Tables, MyHarvest Table", rules)[1] == []


def test_long_dictionaries_are_searched_in_parts() -> None:
    words = [f"word{number}x" for number in range(1200)]
    assert (
        redact_text("say word7x and word1199x", [rule("words", what=words)])[0]
        == "say [PROJECT] and [PROJECT]"
    )


def test_a_detector_can_be_a_rule_with_another_method_and_name() -> None:
    rules = [rule("detector", what="EMAIL", label="Work mail")]
    assert redact_text(f"to {EMAIL}", rules)[0] == "to [WORK_MAIL]"
    urls = [rule("detector", what="URL_CREDENTIAL", label="Url")]
    text = "postgres://app:s3cretWord@db/x?token=0123456789abcdef0123456789abcdef"
    assert redact_text(text, urls)[0] == "postgres://app:[URL]@db/x?token=[SECRET]"


def test_examples_are_checked() -> None:
    good = rule("words", what=["Zebra"], redact=["the Zebra plan"], keep=["a plan"])
    assert check_examples(good) == []
    bad = rule("words", what=["Zebra"], redact=["a plan", "Zebra"], keep=["a plan", "the zebra"])
    assert check_examples(bad) == [
        "The rule Project finds nothing in its must-redact example 1.",
        "The rule Project finds something in its must-keep example 2.",
    ]


def test_labels_are_capitals_of_the_label_or_the_id() -> None:
    assert label_of(rule("words", what=["x"], label="Customer names (Zürich)")) == "CUSTOMER_NAMES_ZURICH"
    assert label_of(rule("words", what=["x"], label="顧客", id="customers-1")) == "CUSTOMERS_1"
    assert label_of(rule("words", what=["x"], label="顧客", id="-")) == "RULE"


def test_selectors_narrow_where_a_rule_looks() -> None:
    rules = [
        rule("words", what=["x"], id="a", entries=["excel"]),
        rule("words", what=["x"], id="b", signals=["text"]),
        rule("words", what=["x"], id="c", fields=["frame"]),
        rule("words", what=["x"], id="d"),
    ]
    assert [one.id for one in rules_for(rules, "excel", "text", "text")] == ["a", "b", "d"]
    assert [one.id for one in rules_for(rules, "jira", "url", "url")] == ["d"]
    # What is not known excludes nothing.
    assert [one.id for one in rules_for(rules, None, None, "frame")] == ["a", "b", "c", "d"]


def test_a_role_narrows_where_it_is_known() -> None:
    rules = [rule("words", what=["x"], id="a", roles=["search box"]), rule("words", what=["x"], id="b")]
    assert [one.id for one in rules_for(rules, None, None, "text", "Search Box ")] == ["a", "b"]
    assert [one.id for one in rules_for(rules, None, None, "text", "text field")] == ["b"]
    for unknown in (None, "", 7):
        assert [one.id for one in rules_for(rules, None, None, "text", unknown)] == ["a", "b"]


def test_a_region_looks_in_frames_only() -> None:
    rules = [rule("words", what=["x"], id="a", region=[0, 0, 100, 10])]
    assert [one.id for one in rules_for(rules, None, None, "frame")] == ["a"]
    assert rules_for(rules, None, None, "text") == ()


def test_hashes_are_equal_for_equal_values_of_one_key() -> None:
    span = Span(0, 1, "PROJECT", "r1", "hash")
    first = placeholder(span, "Zebra", b"key one")
    assert first == placeholder(span, "zebra", b"key one") != placeholder(span, "zebra", b"key two")
    assert placeholder(span, "Zebra", None) == "[PROJECT]"
    rules = [rule("words", what=["Zebra"], method="hash")]
    masked, _ = redact_text("Zebra and zebra", rules, hash_key=b"key one")
    assert masked == f"{first} and {first}"
    assert redact_text(masked, rules, hash_key=b"key one") == (masked, [])
