"""Masking one text: placeholders, overlaps, the fixed point, and failing closed."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mci_core.detectors import LABELS
from mci_core.policy_model import Rule
from mci_core.redaction import (
    explain_spans,
    failures,
    find_spans,
    find_spans_many,
    mask,
    mask_many,
    redact_text,
    spans,
    texts,
)
from mci_core.redaction.rules import RuleSet, rule_set
from tests.pure.recordings import CARD, EMAIL, rule

PIECES = st.sampled_from(
    [
        EMAIL,
        CARD,
        "+49 30 23125 123",
        "DE44 5001 0517 5407 3249 31",
        "219-09-9998",
        "10.20.30.40",
        "password: ",
        "Hunter22",
        "pw is ",
        "token=",
        "0123456789abcdef",
        "Zebra",
        "[EMAIL]",
        "[PASSWORD]",
        "[PROJECT]",
        "[",
        "]",
        "█",
        " ",
        "@",
        "\n",
        "4111",
        "é",
        "://u:",
    ]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join))
RULES: list[Rule] = [
    rule("words", what=["Zebra"]),
    rule("regex", what=r"Hun[a-z]+\d|EMAIL|█", id="r2", label="R"),
]


def test_values_become_typed_placeholders() -> None:
    masked, found = redact_text(f"mail {EMAIL} or pay {CARD}.")
    assert masked == "mail [EMAIL] or pay [CREDIT_CARD]."
    assert found == [(5, 24, "EMAIL"), (32, 51, "CREDIT_CARD")]


def test_spans_tell_rule_method_and_confidence() -> None:
    span = explain_spans(f"to {EMAIL}")[0]
    assert (span.rule_id, span.method, span.label) == ("detector.EMAIL", "mask", "EMAIL")
    assert 0 < span.confidence <= 1


def test_positions_are_code_points() -> None:
    text = f"👩🏽‍💻 日本 {EMAIL}"
    start, end, _ = find_spans(text)[0]
    assert text[start:end] == EMAIL


def test_empty_and_plain_texts_stay() -> None:
    assert redact_text("") == ("", [])
    assert redact_text("nothing here") == ("nothing here", [])


def test_rules_of_a_policy_add_and_give_the_name() -> None:
    rules = [rule("regex", what=r"ann\.lee\S+", label="Colleague")]
    assert redact_text(f"to {EMAIL}", rules)[0] == "to [COLLEAGUE]"


def test_what_stands_together_after_masking_is_found_too() -> None:
    text = f"password: {EMAIL}tail99X"
    masked, _ = redact_text(text)
    assert "tail99X" not in masked
    assert redact_text(masked) == (masked, [])


def test_only_placeholders_in_use_protect_what_they_enclose() -> None:
    rules = [rule("regex", what=r"HUNTER\d+")]
    assert redact_text("[HUNTER22]", rules)[0] == "[[PROJECT]]"
    assert redact_text("password: [EMAIL]")[1] == []


def test_words_of_a_rule_inside_a_placeholder_are_left() -> None:
    rules = [rule("words", what=["email"])]
    assert redact_text("[EMAIL] by email", rules)[0] == "[EMAIL] by [PROJECT]"


def test_signs_alone_can_be_a_rule() -> None:
    assert redact_text("a §§ b", [rule("regex", what="§+")])[0] == "a [PROJECT] b"


def test_a_broken_detector_masks_the_whole_text_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    before = failures.count
    monkeypatch.setattr(texts, "rule_set", broken)
    assert redact_text("anything") == ("[BLANKED]", [(0, 8, "BLANKED")])
    assert redact_text("") == ("", [])
    assert failures.count == before + 2


def test_a_text_that_cannot_be_searched_is_masked_as_a_whole() -> None:
    assert find_spans("lone \ud800", [rule("words", what=["x"])]) == [(0, 6, "BLANKED")]


def test_half_a_surrogate_pair_is_masked_with_its_text_and_counted() -> None:
    before = failures.count
    assert find_spans("lone \ud800 half") == [(0, 11, "BLANKED")]
    assert find_spans_many(["lone \ud800", "a"]) == [[(0, 6, "BLANKED")], []]
    assert failures.count == before + 2


def test_a_text_that_takes_too_long_is_masked_as_a_whole_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "SECONDS", -1.0)
    before = failures.count
    assert find_spans(f"to {EMAIL}") == [(0, len(EMAIL) + 3, "BLANKED")]
    # What need not be searched takes no time.
    assert find_spans("zz", pack="structured") == []
    assert failures.count == before + 1


def test_many_texts_are_masked_as_one_by_one() -> None:
    many = [f"to {EMAIL}", "", "plain", "[EMAIL] password: Hunter22", "Zebra é", "a Zebra", "\ud800", CARD]
    for rules in (None, RULES):
        assert mask_many(many, rules) == [mask(text, rules) for text in many]
        assert find_spans_many(many, rules, pack="structured") == [
            find_spans(text, rules, pack="structured") for text in many
        ]


def test_many_texts_are_blanked_when_looking_at_them_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(texts, "rule_set", broken)
    assert find_spans_many(["a", ""]) == [[(0, 1, "BLANKED")], []]


def test_one_of_many_texts_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str, at: str) -> None:
        right = getattr(RuleSet, name)

        def wrong(self: RuleSet, *given: object) -> object:
            if at in given:
                raise RuntimeError("broken")
            return right(self, *given)

        monkeypatch.setattr(RuleSet, name, wrong)

    broken("look", f"look {EMAIL}")
    broken("search", f"search {EMAIL} {CARD}")
    many = [EMAIL, f"look {EMAIL}", f"search {EMAIL} {CARD}", "plain"]
    labels = [[label for _, _, label in found] for found in find_spans_many(many, pack="structured")]
    assert labels == [["EMAIL"], ["BLANKED"], ["BLANKED"], []]


def test_each_of_many_texts_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "SECONDS", -1.0)
    assert find_spans_many([f"to {EMAIL}", "zz"], pack="structured") == [[(0, len(EMAIL) + 3, "BLANKED")], []]


def test_many_texts_that_never_settle_are_masked_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "MAX_ROUNDS", 1)
    assert find_spans_many([EMAIL], pack="structured") == [[(0, len(EMAIL), "BLANKED")]]


def test_threads_count_every_failure() -> None:
    before = failures.count

    def work() -> None:
        for _ in range(200):
            find_spans("\ud800")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures.count == before + 800


def test_a_text_that_never_settles_is_masked_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "MAX_ROUNDS", 1)
    assert redact_text(f"to {EMAIL}") == ("[BLANKED]", [(0, 22, "BLANKED")])


def test_what_touches_a_mask_is_moved_to_the_whole_of_its_place() -> None:
    written = spans._Written("ab cd ef", [spans.Span(3, 5, "X", "x")], lambda *_: "[LONG]")
    assert written.text == "ab [LONG] ef"
    assert [written.original(*place) for place in ((0, 5), (5, 11), (4, 6))] == [(0, 5), (3, 7), (3, 5)]


def test_joined_spans_take_the_stronger_name() -> None:
    chosen = rule_set((rule("words", what=["x"], method="drop_event", id="d"),))
    first = spans.Span(0, 5, "EMAIL", "detector.EMAIL")
    second = spans.Span(3, 9, "D", "d", "drop_event")
    assert spans.join([first, second], chosen.rank) == [spans.Span(0, 9, "D", "d", "drop_event")]
    assert chosen.rank(spans.Span(0, 1, "BLANKED", "engine")) < chosen.rank(first)


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.booleans())
def test_masking_twice_is_masking_once(text: str, with_rules: bool) -> None:
    rules = RULES if with_rules else []
    masked, _ = redact_text(text, rules)
    assert redact_text(masked, rules) == (masked, [])
    assert find_spans(masked, rules) == []


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.booleans())
def test_spans_are_sorted_apart_and_inside(text: str, with_rules: bool) -> None:
    found = find_spans(text, RULES if with_rules else None)
    at = 0
    for start, end, label in found:
        assert at <= start < end <= len(text)
        assert label in {*LABELS, "PROJECT", "R", "BLANKED"}
        at = end


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_a_card_is_masked_wherever_it_stands_alone(before: str, after: str) -> None:
    text = f"{before} | {CARD} | {after}"
    assert CARD not in redact_text(text)[0]
