"""How good rules are: what a change redacts, leaks and loses on texts whose contents are known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mci_core.errors import Invalid
from mci_core.redaction.quality import Place, Text, compare, is_own, read_corpus, samples
from tests.pure.recordings import EMAIL, rule

PLAN = Text("the Zebra plan", "Word", "text", (Place(4, 9, "PROJECT"),))
MAIL = Text(f"ask {EMAIL} today", "Outlook", "text", (Place(4, 4 + len(EMAIL), "EMAIL"),))
PLAIN = Text("nothing to see", "Word", "text")
ZEBRA = rule("words", what=["Zebra"], redact=["a Zebra"], keep=["a horse"])


def test_a_rule_that_comes_redacts_what_is_labelled() -> None:
    effect = compare([PLAN, PLAIN], [], [ZEBRA])
    word = effect.apps["Word"]
    assert (word.texts, word.redacted, word.leaked, word.lost) == (2, 1, 0, 0)
    assert (effect.labels["PROJECT"].places, effect.labels["PROJECT"].recall) == (1, 1.0)
    assert (effect.rules["r1"].precision, effect.rules["r1"].recall) == (1.0, 1.0)


def test_a_rule_that_goes_leaks() -> None:
    effect = compare([PLAN], [ZEBRA], [])
    assert (effect.apps["Word"].leaked, effect.apps["Word"].redacted) == (1, 0)
    assert effect.labels["PROJECT"].recall == 0.0


def test_what_is_masked_besides_is_lost() -> None:
    greedy = rule("words", what=["plan"], id="r2", redact=["plan"], keep=["a plan of ours"])
    effect = compare([PLAN], [], [greedy])
    assert effect.apps["Word"].lost == len("plan")
    rated = effect.rules["r2"]
    assert (rated.hits, rated.right, rated.precision) == (3, 1, 1 / 3)


def test_the_default_pack_is_rated_too() -> None:
    effect = compare([MAIL], [], [])
    assert effect.rules["detector.EMAIL"].precision == 1.0
    assert effect.apps["Outlook"].redacted == 0
    assert not is_own("detector.EMAIL")
    assert is_own("r1")


def test_texts_without_labels_tell_only_the_difference() -> None:
    effect = compare([Text("the Zebra plan", "Word", "text", None)], [], [ZEBRA])
    assert effect.apps["Word"].redacted == 1
    assert effect.as_json()["labels"] == {}
    assert effect.rules["r1"].hits == 1


def test_nothing_found_has_no_precision() -> None:
    bare = compare([PLAIN], [], [rule("words", what=["Yak"])]).rules["r1"]
    assert (bare.precision, bare.recall) == (None, None)


def test_a_rule_looks_only_where_its_selector_says() -> None:
    elsewhere = rule("words", what=["Zebra"], entries=["jira"], redact=["Zebra"], keep=["x"])
    there = Text("the Zebra plan", "Jira", "text", PLAN.places, entry="jira")
    other = Text("the Zebra plan", "Word", "text", PLAN.places, entry="word")
    effect = compare([there, other], [], [elsewhere])
    assert (effect.apps["Jira"].redacted, effect.apps["Word"].redacted) == (1, 0)


def test_progress_is_told_from_the_beginning_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    compare([PLAIN] * 450, [], [], progress=lambda *now: told.append(now))
    assert told == [(0, 450), (200, 450), (400, 450), (450, 450)]


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("https://ada:secret99@desk.example.com/", "ada:secret99"),
        ("https://desk.example.com/find?who=olivia%40example.com&x=1", "who"),
        (f"https://desk.example.com/find?who={EMAIL}", EMAIL),
    ],
)
def test_addresses_are_judged_as_the_device_masks_them(url: str, value: str) -> None:
    start = url.index(value)
    end = start + len(value) if value != "who" else url.index("&")
    place = Place(start + (4 if value == "who" else 0), end, "X")
    effect = compare([Text(url, "Chrome", "url", (place,))], [], [])
    assert effect.labels["X"].recall == 1.0
    assert effect.apps["Chrome"].redacted == 0


def test_the_result_holds_no_text() -> None:
    effect = compare([PLAN, MAIL], [], [ZEBRA])
    assert "Zebra" not in json.dumps(effect.as_json())
    assert EMAIL not in json.dumps(effect.as_json())


def test_generated_sessions_are_labelled_by_what_was_planted() -> None:
    texts = list(samples("quality", 2))
    planted = [(text, place) for text in texts for place in text.places or ()]
    assert len(planted) > 8
    assert {text.field for text in texts} == {"text", "url", "window.title", "target.name"}
    assert all(text.app for text in texts)
    effect = compare(texts, [], [])
    missed = {label for label, row in effect.labels.items() if row.covered < row.places}
    assert missed <= {"customer"}


def test_a_corpus_is_read_line_by_line() -> None:
    line = json.dumps({"text": "ab", "spans": [{"start": 0, "end": 1, "label": "X"}], "source": "own"})
    (text,) = read_corpus([line, "", "\n"])
    assert (text.app, text.places) == ("own", (Place(0, 1, "X"),))


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "{}",
        {"text": "ab"},
        {"text": 7, "spans": []},
        {"text": "ab", "spans": [{"start": 1, "end": 3, "label": "X"}]},
        {"text": "ab", "spans": [{"start": 1, "end": 1, "label": "X"}]},
        {"text": "a" * 100_001, "spans": []},
    ],
)
def test_a_line_that_is_no_labelled_text_is_named(body: Any) -> None:
    line = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(Invalid, match="Line 2"):
        list(read_corpus(['{"text": "ok", "spans": []}', line]))
