"""The policy document: what parses, which path is named where it does not, and what approval still needs."""

from __future__ import annotations

import contextlib
import json
import random
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mci_core import canonical, policy
from mci_core.errors import Invalid, TooLarge
from mci_core.policy_model import SIGNALS, AppMatch, Scope, SiteMatch
from tests.pure.building import app, document, parsed, rule, site


def refused(doc: Any) -> Invalid:
    with pytest.raises(Invalid) as caught:
        policy.parse(doc)
    return caught.value


def test_a_new_document_captures_nothing_and_parses() -> None:
    made = policy.parse(policy.new_document("Office work"))
    assert (made.entries, made.rules, made.purpose) == ((), (), "agent_training")


def test_a_document_becomes_entries_rules_and_limits() -> None:
    made = parsed([site(), app(interval=30)], rules=[rule()])
    jira, excel = made.entries
    assert jira.match == SiteMatch("https://jira.example.com", "/", False)
    assert excel.match == AppMatch(("EXCEL.EXE",), ("com.microsoft.Excel",), (), ("Excel",))
    assert (excel.frame_interval_s, excel.keystrokes, excel.signals) == (30, "text", frozenset(SIGNALS))
    assert made.rules[0].match.words == ("Olivia Sample",)
    assert made.rules[0].examples.keep == ("sent to support",)
    assert made.entry("excel") is excel
    assert made.entry("nothing") is None
    assert hash(made) == hash(parsed([site(), app(interval=30)], rules=[rule()]))


def test_keys_of_an_entry_that_may_be_left_out_are_read_and_change_the_digest() -> None:
    plain = parsed([site()])
    made = parsed(
        [
            site()
            | {
                "scope": {"platforms": ["macos"], "places": ["DE", "US-NY"]},
                "windows_excluded": ["*diary*"],
                "expires": "2027-06-30",
                "owner": "Support desk",
                "purpose": "data_quality",
                "justification": "Tickets are the work.",
                "review_by": "2027-01-31",
            }
        ]
    )
    (entry,) = made.entries
    assert entry.scope == Scope(platforms=("macos",), places=("DE", "US-NY"))
    assert (entry.expires, entry.review_by) == (date(2027, 6, 30), date(2027, 1, 31))
    assert (entry.owner, entry.purpose) == ("Support desk", "data_quality")
    assert (entry.windows_excluded, entry.justification) == (("*diary*",), "Tickets are the work.")
    assert plain.entries[0].scope == policy.EVERYWHERE
    assert made.digest != plain.digest


def test_bytes_and_objects_with_keys_in_any_order_give_the_same_digest() -> None:
    doc = document([site(), app()], rules=[rule()])
    shuffled = dict(random.Random(1).sample(list(doc.items()), len(doc)))
    spelled = json.dumps(shuffled, indent=2).encode()
    assert policy.parse(doc).digest == policy.parse(spelled).digest == policy.policy_digest(doc)
    assert canonical.digest(policy.canonical_bytes(doc)) == policy.policy_digest(doc)


def test_the_rule_set_digest_follows_the_rules_and_nothing_else() -> None:
    doc = document([site()], rules=[rule()])
    assert policy.ruleset_digest(doc) == policy.ruleset_digest(document([app()], rules=[rule()]))
    assert policy.ruleset_digest(doc) != policy.ruleset_digest(document([site()]))
    assert policy.ruleset_digest(doc) == policy.parse(doc).ruleset_digest


def test_the_rule_set_digest_changes_with_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    before = policy.ruleset_digest(document())
    monkeypatch.setattr(policy, "ENGINE_VERSION", "mci-redaction/next")
    assert policy.ruleset_digest(document()) != before


def test_a_parsed_policy_does_not_change_with_the_document_it_came_from() -> None:
    doc = document([site()])
    made = policy.parse(doc)
    doc["entries"].clear()
    assert len(made.doc["entries"]) == 1


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"purpose": "performance_review"}, "purpose"),
        ({"purpose": "agent_training "}, "purpose"),
        ({"schema": "mci-policy/2"}, "schema"),
        ({"name": ""}, "name"),
        ({"surprise": 1}, "$"),
        ({"retention_days": 0}, "retention_days"),
        ({"retention_days": True}, "retention_days"),
        ({"lease_seconds": 4}, "lease_seconds"),
        ({"sampling": {"rate": 1.5}}, "sampling.rate"),
        ({"limits": {"cpu_percent": 5}}, "limits"),
        ({"entries": {}}, "entries"),
        ({"entries": [site(signals=["everything"])]}, "entries[0].signals[0]"),
        ({"entries": [site(signals=["text", "text"])]}, "entries[0].signals"),
        ({"entries": [site(keystrokes="all")]}, "entries[0].keystrokes"),
        ({"entries": [site(interval=-1)]}, "entries[0].frame_interval_s"),
        ({"entries": [site() | {"scope": {}}]}, "entries[0].scope"),
        ({"entries": [site() | {"scope": {"tags": []}}]}, "entries[0].scope.tags"),
        ({"entries": [site() | {"scope": {"tags": ["Pilot"]}}]}, "entries[0].scope.tags[0]"),
        ({"entries": [site() | {"scope": {"groups": ["Support"]}}]}, "entries[0].scope.groups[0]"),
        ({"entries": [site() | {"scope": {"platforms": ["web"]}}]}, "entries[0].scope.platforms[0]"),
        ({"entries": [site() | {"scope": {"places": ["New York"]}}]}, "entries[0].scope.places[0]"),
        ({"entries": [site() | {"scope": {"people": ["x"]}}]}, "entries[0].scope"),
        ({"entries": [site() | {"windows_excluded": []}]}, "entries[0].windows_excluded"),
        ({"entries": [site() | {"windows_excluded": [" "]}]}, "entries[0].windows_excluded[0]"),
        ({"entries": [site() | {"expires": ""}]}, "entries[0].expires"),
        ({"entries": [site() | {"expires": "2026-02-30"}]}, "entries[0].expires"),
        ({"entries": [site() | {"expires": None}]}, "entries[0].expires"),
        ({"entries": [site() | {"review_by": "tomorrow"}]}, "entries[0].review_by"),
        ({"entries": [site() | {"owner": ""}]}, "entries[0].owner"),
        ({"entries": [site() | {"owner": "olivia@example.com"}]}, "entries[0].owner"),
        ({"entries": [site() | {"purpose": "performance"}]}, "entries[0].purpose"),
        ({"entries": [site() | {"justification": "  "}]}, "entries[0].justification"),
        ({"entries": [site("Jira")]}, "entries[0].id"),
        ({"entries": [site("jira\n")]}, "entries[0].id"),
        ({"entries": [site(), site()]}, "entries[1].id"),
        ({"entries": [{**site(), "kind": "app"}]}, "entries[0].match"),
        ({"entries": [{**app(), "match": {}}]}, "entries[0].match"),
        ({"entries": [site(origin="ftp://jira.example.com")]}, "entries[0].match.origin"),
        ({"entries": [site(origin="https://jira.example.com/path")]}, "entries[0].match.origin"),
        ({"entries": [site(origin="https://jira.example.com?x=1")]}, "entries[0].match.origin"),
        ({"entries": [site(origin="https://me@jira.example.com")]}, "entries[0].match.origin"),
        ({"entries": [site(path_prefix="browse")]}, "entries[0].match.path_prefix"),
        ({"entries": [site(path_prefix="/a/../b")]}, "entries[0].match.path_prefix"),
        ({"entries": [site(path_prefix="/a?b")]}, "entries[0].match.path_prefix"),
        ({"entries": [site(origin="https://localhost", subdomains=True)]}, "entries[0].match.subdomains"),
        ({"entries": [site(origin="https://10.0.0.1", subdomains=True)]}, "entries[0].match.subdomains"),
        ({"entries": [site(), site("two", "https://JIRA.example.com:443")]}, "entries[1].match"),
        ({"entries": [app(), app("two", names=["excel"])]}, "entries[1].match"),
        ({"rules": [rule(), rule()]}, "rules[1].id"),
        ({"rules": [rule(method="keep")]}, "rules[0].method"),
        ({"rules": [rule(match={"type": "dictionary", "words": []})]}, "rules[0].match.words"),
        ({"rules": [rule(match={"type": "dictionary", "pattern": "x"})]}, "rules[0].match"),
        ({"rules": [rule(match={"type": "regex", "pattern": "x" * 1001})]}, "rules[0].match.pattern"),
        (
            {"rules": [rule(selector={"entries": ["jira"], "signals": [], "fields": []})]},
            "rules[0].selector.entries[0]",
        ),
        (
            {"rules": [rule(selector={"entries": [], "signals": [], "fields": ["body"]})]},
            "rules[0].selector.fields[0]",
        ),
    ],
)
def test_a_wrong_document_is_refused_with_the_path_of_the_fault(changes: dict[str, Any], path: str) -> None:
    error = refused({**document(), **changes})
    assert error.field == path
    assert error.code == "policy_invalid"
    assert len(error.message) < 400


def test_a_missing_key_is_refused() -> None:
    doc = document()
    del doc["limits"]
    assert "limits" in refused(doc).message


@pytest.mark.parametrize("source", [b"[]", b"1", b"null"])
def test_a_document_that_is_no_object_is_refused(source: bytes) -> None:
    assert refused(source).field == "$"


def test_a_key_written_twice_is_refused() -> None:
    spelled = policy.canonical_bytes(document()).decode()
    assert refused(spelled.replace("{", '{"name":"Other",', 1).encode()).code == "not_json"


def test_a_document_above_the_size_limit_is_refused() -> None:
    with pytest.raises(TooLarge):
        policy.parse(b" " * (policy.MAX_POLICY_BYTES + 1))


@pytest.mark.parametrize("pattern", ["(", "a*", "(?<=a)b", "(a)\\1"])
def test_an_expression_that_is_not_safe_is_refused_when_it_is_saved(pattern: str) -> None:
    error = refused(document(rules=[rule(match={"type": "regex", "pattern": pattern})]))
    assert error.field is not None
    assert error.field.startswith("rules[0].match")


def test_an_unknown_detector_is_refused() -> None:
    error = refused(document(rules=[rule(match={"type": "detector", "detector": "MOOD"})]))
    assert str(error.field).startswith("rules[0].match")


def test_a_complete_policy_has_no_problems() -> None:
    assert policy.check_policy_for_approval(parsed([site(), app()], rules=[rule()])) == []


def test_an_empty_policy_is_not_ready_for_approval() -> None:
    assert [problem.path for problem in policy.check_policy_for_approval(parsed())] == ["entries"]


@pytest.mark.parametrize(
    ("examples", "path"),
    [
        ({"redact": [], "keep": ["sent to support"]}, "rules[0].examples.redact"),
        ({"redact": ["sent to Olivia Sample"], "keep": []}, "rules[0].examples.keep"),
        ({"redact": ["sent to nobody"], "keep": ["sent to support"]}, "rules[0].examples"),
        ({"redact": ["sent to Olivia Sample"], "keep": ["Olivia Sample again"]}, "rules[0].examples"),
    ],
)
def test_a_rule_needs_examples_that_hold_before_approval(examples: dict[str, list[str]], path: str) -> None:
    made = parsed([site()], rules=[rule(examples=examples)])
    assert [problem.path for problem in policy.check_policy_for_approval(made)] == [path]


@pytest.mark.parametrize(
    ("signals", "keystrokes", "ready"),
    [
        ([], "none", False),
        (["shortcut"], "none", False),
        (["shortcut"], "count", False),
        (["keystroke"], "shortcut", False),
        (["keystroke"], "none", False),
        (["shortcut", "keystroke"], "shortcut", True),
        (["keystroke"], "count", True),
        (["click"], "none", True),
    ],
)
def test_an_entry_that_could_show_nothing_is_not_ready(
    signals: list[str], keystrokes: str, ready: bool
) -> None:
    made = parsed([site(signals=signals, keystrokes=keystrokes)])
    assert (policy.check_policy_for_approval(made) == []) is ready


ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(ANYTHING, st.sampled_from(sorted(document())))
def test_no_document_makes_the_parser_fail_in_another_way(value: Any, place: str) -> None:
    with contextlib.suppress(Invalid, TooLarge):
        policy.parse({**document([site()], rules=[rule()]), place: value})


def test_a_selector_may_name_paths_of_an_event() -> None:
    where: dict[str, Any] = {"entries": [], "signals": [], "fields": [], "paths": list(policy.PATHS)}
    parsed = policy.parse(document([site()], [rule(selector=where)]))
    assert parsed.rules[0].selector.paths == policy.PATHS


def test_a_selector_may_name_kinds_of_field_and_a_part_of_the_screen() -> None:
    where = {
        "entries": [],
        "signals": [],
        "fields": ["frame"],
        "roles": ["search box"],
        "region": [0, 0, 50, 9],
    }
    parsed = policy.parse(document([site()], [rule(selector=where)]))
    assert parsed.rules[0].selector.roles == ("search box",)
    assert parsed.rules[0].selector.region == (0, 0, 50, 9)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"region": [50, 0, 50, 9]}, "rules[0].selector.region"),
        ({"region": [0, 9, 50, 2]}, "rules[0].selector.region"),
        ({"region": [0, 0, 50, 101]}, "rules[0].selector.region[3]"),
        ({"region": [0, 0, 50, 9], "fields": ["text"]}, "rules[0].selector.fields"),
        ({"region": [0, 0, 50, 9], "paths": ["$.url"]}, "rules[0].selector.paths"),
        ({"paths": []}, "rules[0].selector.paths"),
        ({"paths": ["$.clipboard"]}, "rules[0].selector.paths[0]"),
        ({"roles": []}, "rules[0].selector.roles"),
        ({"roles": ["Search"]}, "rules[0].selector.roles[0]"),
    ],
)
def test_a_selector_that_makes_no_sense_is_refused(changes: dict[str, Any], field: str) -> None:
    where = {"entries": [], "signals": [], "fields": [], **changes}
    with pytest.raises(Invalid) as caught:
        policy.parse(document([site()], [rule(selector=where)]))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (site("Jira"), "small letters"),
        (site() | {"scope": {"places": ["New York"]}}, "Write a place as DE or US-NY."),
        (site() | {"expires": "2027-02-30"}, "Write a day as 2027-01-31."),
        (site() | {"owner": "olivia@example.com"}, "team"),
    ],
)
def test_what_a_pattern_refuses_is_said_in_words(entry: dict[str, Any], words: str) -> None:
    assert words in refused(document([entry])).message
