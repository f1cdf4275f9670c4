"""Policies as files: what is written is read back alike, and what a reviewer could not see is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mci_core import policy, policy_code, samples
from mci_core.policy_code import Header, PolicyFile, Unreadable, editor_schema_text, reading, shape
from tests.pure.building import app, document, rule, site
from tests.pure.strategies import documents

OPTIONS = {
    "scope": {"tags": ["b", "a"], "places": ["US-NY", "NO"]},
    "windows_excluded": ["*", "on", "2027-01-31", "a: b # c"],
    "expires": "2027-06-30",
    "owner": "Support desk",
    "purpose": "data_quality",
    "justification": "Two lines\nof reasons: yes, - and more.",
    "review_by": "2027-01-31",
}
SMALL = """\
name: Support
purpose: agent_training
retention_days: 30
lease_seconds: 900
sampling: {rate: 0.05}
limits: {cpu_percent: 5, upload_bytes_per_day: 1, spool_bytes: 1, pause_minutes: [15]}
entries:
  - id: jira
    kind: site
    label: Jira
    match: {origin: https://jira.example.com}
    signals: [text, click]
  - {id: excel, kind: app, label: Excel, match: {windows: [EXCEL.EXE]}, signals: [click]}
rules:
  - id: names
    label: Names
    method: mask
    match: {type: dictionary, words: [Olivia Sample]}
    examples: {redact: [to Olivia Sample], keep: [to support]}
"""


def same(doc: dict[str, Any]) -> None:
    back = policy_code.read(policy_code.written(doc)).document
    assert policy.policy_digest(back) == policy.policy_digest(shape.ordered(doc))


@given(documents())
def test_every_document_comes_back_with_the_same_digest(doc: dict[str, Any]) -> None:
    same(doc)


@given(st.text(min_size=1, max_size=30).filter(str.strip), st.text(min_size=1, max_size=12))
def test_every_text_comes_back_as_it_was(label: str, word: str) -> None:
    made = rule(label=label, match={"type": "dictionary", "words": [word]})
    doc = document([site(signals=["click"]) | {"label": label}], [made])
    text = policy_code.written(doc)
    found = policy_code.read(text).document
    assert found["entries"][0]["label"] == found["rules"][0]["label"] == label
    assert found["rules"][0]["match"]["words"] == [word]


def test_what_a_reviewer_could_not_see_is_written_as_an_escape() -> None:
    labels = ["a\u202eb", "a\u00adb", "a\x85", "caf\u00e9", "two\nlines", " two\n lines ", "a\tb"]
    for label in labels:
        text = policy_code.written(document([site() | {"label": label}]))
        assert policy_code.read(text).document["entries"][0]["label"] == label
        assert all(line.isprintable() for line in text.splitlines())
    assert "label: caf\u00e9\n" in policy_code.written(document([site() | {"label": "caf\u00e9"}]))
    assert "label: |-\n      two\n      lines\n" in policy_code.written(
        document([site() | {"label": "two\nlines"}])
    )


def test_all_keys_come_back() -> None:
    same(document([site() | OPTIONS, app(interval=30)], [rule(), rule("more", method="hash")]))
    same(samples.policy_document())


def test_the_text_is_made_for_review() -> None:
    doc = document([site(signals=["text", "click"], keystrokes="none"), app(signals=["click"])], [rule()])
    text = policy_code.written(doc, Header("f" * 64, "https://mci.example.com", 7, 12))
    assert text.splitlines()[:3] == [
        "# Capture policy of https://mci.example.com",
        "# release 7, version 12",
        f"# digest  {'f' * 64}",
    ]
    assert text.index("id: excel") < text.index("id: jira")
    assert "path_prefix" not in text
    assert "selector" not in text
    assert "keystrokes: text\n" in text
    assert "keystrokes: none" not in text
    assert "    signals:\n      - click\n      - text\n" in text
    assert "release" not in policy_code.written(doc, Header("f" * 64))
    assert policy_code.written(doc).startswith("schema: mci-policy/1\n")


def test_what_is_left_out_is_filled_in_and_brought_into_order() -> None:
    found = policy_code.read(SMALL)
    assert policy_code.problems(found) == []
    assert [entry["id"] for entry in found.document["entries"]] == ["excel", "jira"]
    assert found.document["entries"][1]["signals"] == ["click", "text"]
    assert found.document["entries"][1]["match"]["path_prefix"] == "/"
    assert policy.parse(found.document).rules[0].selector == policy.Selector()
    assert [entry["id"] for entry in found.written["entries"]] == ["jira", "excel"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name: a\nname: b\n", 2, "twice"),
        ("name: a\nentries:\n  - id: x\n    label: a\n    label: b\n", 5, "twice"),
        ("name: &here a\n", 1, "anchors"),
        ("limits: &l {a: 1}\nsampling: *l\n", 1, "anchors"),
        ("name: a\nother: *gone\n", 2, "anchors"),
        ("name: !!python/object:os.system x\n", 1, "Tags"),
        ("a: !x {b: c}\n", 1, "Tags"),
        ("name: a\n---\nname: b\n", 2, "no YAML"),
        ("name: a\n b: c\n", 2, "no YAML"),
        ("name: [a\n", 2, "no YAML"),
        ("- a\n", 1, "keys"),
        ("", 1, "keys"),
        ("just words", 1, "keys"),
        ("? [a, b]\n: c\n", 1, "A key is a word"),
        ("a: " + "[" * 20 + "]" * 20, 1, "nested"),
        ("name: \x00\n", 1, "characters"),
        (b"name: a\nb: \xff\n", 2, "UTF-8"),
    ],
)
def test_what_a_reviewer_could_not_see_is_refused_with_its_line(
    text: str | bytes, line: int, words: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        policy_code.read(text)
    assert caught.value.line == line
    assert words in caught.value.message


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(Unreadable, match="bytes"):
        policy_code.read("#" * (reading.MAX_TEXT_BYTES + 1))


def test_only_numbers_true_false_and_null_are_more_than_text() -> None:
    words = ["NO", "yes", "on", "~", "2027-01-31", "0x10", "1e3", "010", "1_000", "+1", ".5", "12:30"]
    text = f"a: [{', '.join(words)}]\nc: [null, true, false, -3, 0.5, '1']\nb:"
    found = policy_code.read(text).written
    assert found["a"] == words
    assert found["c"] == [None, True, False, -3, 0.5, "1"]
    assert found["b"] is None


def faults(text: str) -> list[tuple[int, str]]:
    return [(fault.line, fault.path) for fault in policy_code.problems(policy_code.read(text))]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("label: Jira", "label: ''", [(10, "entries[0].label")]),
        ("label: Jira", "lable: Jira", [(8, "entries[0]"), (10, "entries[0].lable")]),
        ("name: Support", "name: Support\nmood: good", [(2, "mood")]),
        ("retention_days: 30\n", "", [(1, "$")]),
        ("[text, click]", "[text, dreams]", [(12, "entries[0].signals[1]")]),
        ("https://jira.example.com", "jira", [(11, "entries[0].match.origin")]),
        ("id: excel", "id: jira", [(13, "entries[1].id")]),
        ("entries:", "entries: 5\nother:", [(7, "entries"), (8, "other")]),
        ("{redact: [to Olivia Sample], keep: [to support]}", "5", [(19, "rules[0].examples")]),
        ("id: names", "id: n\n    selector: {entries: [x]}", [(16, "rules[0].selector.entries[0]")]),
        ("dictionary, words: [Olivia Sample]", "regex, pattern: '('", [(18, "rules[0].match.pattern")]),
    ],
)  # fmt: skip
def test_each_problem_is_named_by_line_and_path(old: str, new: str, expected: list[tuple[int, str]]) -> None:
    assert old in SMALL
    assert faults(SMALL.replace(old, new, 1)) == expected


def test_several_problems_are_named_at_once() -> None:
    text = SMALL.replace("label: Jira", "label: ''").replace("[text, click]", "[dreams]")
    assert faults(text) == [(10, "entries[0].label"), (12, "entries[0].signals[0]")]
    broken = SMALL.replace("signals: [click]}", "signals: [click]}\n  - 5\nextra: 1")
    assert {path for _, path in faults(broken)} == {"entries[2]", "extra"}


def test_what_only_stands_in_the_way_of_approval_is_told_apart() -> None:
    file = policy_code.read(SMALL.replace("signals: [text, click]", "signals: []"))
    (fault,) = policy_code.problems(file)
    assert (fault.blocks, fault.line, fault.path) == ("approval", 12, "entries[0].signals")
    (fault,) = policy_code.problems(policy_code.read(SMALL.replace("name: Support", f"name: {'x' * 121}")))
    assert (fault.blocks, fault.line) == ("draft", 1)


def test_a_document_that_is_too_large_is_one_problem() -> None:
    words = ", ".join(f"w{number:07}{'x' * 60}" for number in range(31_000))
    text = SMALL.replace("[Olivia Sample]}", f"[{words}]}}")
    file = PolicyFile({**policy_code.read(SMALL).written, "name": "x" * 3_000_000}, {}, {})
    assert len(text) > 2_000_000
    assert [fault.path for fault in policy_code.problems(file)] == ["$"]


def test_a_path_without_a_line_has_that_of_what_is_around_it() -> None:
    file = policy_code.read(SMALL)
    assert file.line_of("entries[0].match.path_prefix") == 11
    assert file.line_of("entries[1].keystrokes") == 13
    assert file.line_of("nothing") == 1
    assert PolicyFile({}, {}, {}).line_of("$") == 1


def test_the_schema_for_editors_is_current_and_accepts_what_is_written() -> None:
    path = Path(policy_code.__file__).parent / "policy_file.schema.json"
    assert path.read_text("utf-8") == editor_schema_text(), "run: mci-policy schema > " + str(path)
    schema = json.loads(editor_schema_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    doc = document([site() | OPTIONS, app()], [rule()])
    assert list(validator.iter_errors(shape.reduced(doc))) == []
    assert list(validator.iter_errors(policy_code.read(SMALL).written)) == []
    assert list(validator.iter_errors({**shape.reduced(doc), "mood": 1}))
    assert all("description" in part for part in schema["properties"].values())


def test_the_example_of_the_page_could_be_applied_and_approved() -> None:
    page = (Path(__file__).parents[2] / "docs" / "policy-as-code.md").read_text("utf-8")
    example = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert example is not None
    file = policy_code.read(example[1])
    assert policy_code.problems(file) == []
    assert example[1].endswith(policy_code.written(file.document))


@pytest.mark.parametrize(
    "items", [5, [5, None], [{"signals": 5, "scope": 5}], [{"signals": ["x"], "scope": {"a": 1}}]]
)
def test_what_has_another_shape_is_left_for_the_checks(items: Any) -> None:
    found = shape.ordered(shape.expanded({"entries": items, "rules": items}))
    assert found["schema"] == "mci-policy/1"
    assert policy.faults({**document(), **found})
