"""Expressions that people write: refused with a place and a better form, or linear in the text."""

from __future__ import annotations

import io
import json
import runpy
import subprocess
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mci_core.detectors.prefilter import HyperscanPrefilter
from mci_core.errors import Invalid
from mci_core.redaction import find_spans, user_rules, user_rules_child
from mci_core.redaction.rules import compile_rule
from tests.pure.recordings import rule

# Expressions that take exponential or polynomial time in engines that try again, and the text that does it.
CATASTROPHIC: list[tuple[str, str]] = [
    (r"(a+)+$", "a"),
    (r"(a|aa)+$", "a"),
    (r"(a|a?)+b", "a"),
    (r"(.*a){20}", "a"),
    (r"(a*)*b", "a"),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a"),
    (r"([a-zA-Z]+)*\d", "a"),
    (r"(\w+\s?)+$", "a "),
    (r"(x+x+)+y", "x"),
    (r"(?:\d+)*-", "1"),
    (r"([0-9]+[.,]?)+%", "1"),
    (r"^(\w+\.?)+@\w+$", "a."),
    (r"<(\w+)[^>]*>.*</\1>", "<a>"),
    (r"(\w+)\s+\1", "a "),
    (r"(?=(a+))a*b\1", "a"),
    (r"^(?!.*secret).*$", "a"),
    (r"(?<=a+)b", "a"),
    (r"(?>a+)+b", "a"),
    (r"(a++)+b", "a"),
    (r"(a{1,200}){1,200}b", "a"),
    (r"((((a{10}){10}){10}){10})", "a"),
    (r"a{0,5000}b", "a"),
    (r"(.{1,250}){4}!", "ab"),
    (r".*.*.*=.*", "x"),
    (r".+.+.+:", "x "),
    (r"\s+$", " "),
    (r"(?i)(\pL{1,40}){1,20}x", "é"),
    (r"(a?){250}a{250}b", "a"),
    (r"(([^@]+)@)*x", "a@"),
    (r"(?:[^\n]*\n)*\d\d$", "a\n"),
]


def refused(pattern: str) -> bool:
    try:
        user_rules.compile_pattern(pattern)
    except Invalid:
        return True
    return False


def work(compiled: Any, text: str) -> float:
    """Processor time of this thread for one search, the least of some."""
    least = float("inf")
    for _ in range(4):
        start = time.thread_time()
        compiled.search(text)
        least = min(least, time.thread_time() - start)
    return least


@pytest.mark.parametrize(("pattern", "piece"), CATASTROPHIC)
def test_a_catastrophic_expression_is_refused_or_linear(pattern: str, piece: str) -> None:
    if refused(pattern):
        return
    compiled = user_rules.compile_pattern(pattern)
    assert compiled.programsize <= user_rules.MAX_STEPS
    # Four times the text: linear work grows by four, quadratic by sixteen. The addend is the clock's grain.
    size = 10_000 // len(piece)
    assert work(compiled, piece * size * 4 + "!") < 8 * work(compiled, piece * size + "!") + 0.01
    for gate in user_rules.gate(pattern, compiled):
        made = HyperscanPrefilter(((gate,),))
        assert made._database is None or made._database.size() < 1_000_000


def test_the_list_holds_thirty() -> None:
    assert len({pattern for pattern, _ in CATASTROPHIC}) == 30


@pytest.mark.parametrize(
    ("pattern", "place", "words"),
    [
        (r"a(?=x)", 2, "look-ahead"),
        (r"a(?!x)", 2, "[^0-9]"),
        (r"(?<=x)a", 1, "look-behind"),
        (r"(?<!x)a", 1, r"\b"),
        (r"(ab)\1", 5, "back-reference"),
        (r"(?P<n>a)(?P=n)", 9, "back-reference"),
        (r"(?<n>a)\k<n>", 8, "back-reference"),
        (r"ab++", 3, "write + instead"),
        (r"ab{2}+", 3, "write {2} instead"),
        (r"(?>a)b", 1, "(?:"),
        (r"x(?#no)", 2, "comment"),
        (r"(?(1)a|b)", 1, "both cases"),
        (r"(?|a|b)", 1, "(?:"),
        (r"ab\Z", 3, r"\z"),
        (r"\Ka", 1, "masked too"),
        (r"\Ca", 1, "dot"),
        (r"a{900}", 2, "250"),
        (r"(a{100}){100}", 9, "repeated"),
        (r"b[z-a]", 3, "not valid RE2"),
        (r"ab)", 1, "not valid RE2"),
        (r"x(ab", 1, "not valid RE2"),
    ],
)
def test_a_refusal_names_the_place_and_a_better_form(pattern: str, place: int, words: str) -> None:
    with pytest.raises(Invalid) as caught:
        user_rules.compile_pattern(pattern)
    assert caught.value.message.startswith(f"Place {place}: ")
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("", "pattern_length"),
        ("a" * 1001, "pattern_length"),
        ("a*", "pattern_empty"),
        (r"\pL{1,250}", "pattern_count"),
        ("\ud800", "pattern_syntax"),
        (r"((\pL{1,40}){1,20})x", "pattern_syntax"),
    ],
)
def test_sizes_are_bounded(pattern: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        user_rules.compile_pattern(pattern)
    assert caught.value.code == code


def test_what_is_seldom_meant_is_told() -> None:
    told = [str(one) for one in user_rules.warnings(r"^\d{4}.*$")]
    words = "^ and $ bind the expression to the whole text: it finds nothing inside a sentence."
    assert told == [f"Place 1: {words} Use " + r"\b at both ends."]
    assert [one.code for one in user_rules.warnings("Kd-.*")] == ["pattern_greedy"]
    assert user_rules.warnings(r"\bKd-\d+") == user_rules.warnings("") == user_rules.warnings("a+") == []


def written(pattern: object) -> dict[str, object]:
    """A rule as it stands in a document."""
    return {"match": {"type": "regex", "pattern": pattern}}


def test_expressions_are_prepared_apart() -> None:
    user_rules._tried.cache_clear()
    for rules in ([written(r"ab+\d"), written(r"\pL{2}|[z-a]"), written(None)], [{}, {"match": 7}, None], []):
        user_rules.try_apart(rules)


def test_too_many_rules_or_a_bad_one_are_refused_before() -> None:
    with pytest.raises(Invalid) as caught:
        user_rules.try_apart([{}] * 501)
    assert caught.value.code == "too_many_rules"
    with pytest.raises(Invalid):
        user_rules.try_apart([written("(?=x)")])


@pytest.mark.parametrize("fault", ["time", "memory"])
def test_what_takes_too_much_apart_is_refused(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        if fault == "time":
            raise subprocess.TimeoutExpired(command, 2)
        return subprocess.CompletedProcess(command, -9, "", "")

    user_rules._tried.cache_clear()
    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(Invalid) as caught:
        user_rules.try_apart([written(r"ab+\d")])
    user_rules._tried.cache_clear()
    assert caught.value.code == "pattern_costly"
    assert ("too long" in caught.value.message) == (fault == "time")


def test_the_child_takes_memory_and_time_away_where_it_can() -> None:
    class Limits:
        RLIMIT_AS = 9

        def __init__(self) -> None:
            self.set: list[tuple[int, tuple[int, int]]] = []

        def setrlimit(self, kind: int, most: tuple[int, int]) -> None:
            self.set.append((kind, most))

    limits = Limits()
    user_rules_child.bound(limits)
    assert limits.set == [(9, (user_rules_child.MEMORY, user_rules_child.MEMORY))]
    assert user_rules_child.prepare(io.StringIO(json.dumps(["a+", "("]))) == "ok"


def test_the_child_runs_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("resource.setrlimit", lambda *_: None)
    monkeypatch.setattr("sys.stdin", io.StringIO("[]"))
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(user_rules._CHILD), run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out == "ok\n"


def test_the_child_says_ok(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(user_rules_child, "bound", lambda _: None)
    monkeypatch.setattr("sys.stdin", io.StringIO("[]"))
    assert user_rules_child.main() == 0
    assert capsys.readouterr().out == "ok\n"


PARTS = st.sampled_from(
    [
        "a",
        "B",
        "é",
        "[a-c]",
        "[^é]",
        r"\d",
        r"\s",
        r"\b",
        ".",
        "(?i)k",
        "(x|y)",
        "é?",
        "z{2,3}",
        "+",
        "$",
        "^",
        "ß",
    ]
)
TEXTS = st.text(alphabet=st.sampled_from("aBbxyzkKéß1 \n\x0b\u212a"), max_size=20)


@settings(max_examples=400, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=5).map("".join), TEXTS)
def test_the_gate_of_an_expression_holds_back_nothing(pattern: str, text: str) -> None:
    try:
        compiled = user_rules.compile_pattern(pattern)
    except Invalid:
        return
    gates = user_rules.gate(pattern, compiled)
    if gates and text.isascii() and compiled.search(text) is not None:
        assert list(HyperscanPrefilter((gates,)).open_for(text.encode())) == [0]


def test_gates_are_left_open_where_hyperscan_would_need_long() -> None:
    for pattern in (r"a{100}", r"(a{1,30}){1,30}x", "(?i)\u017fx", r"\pL+"):
        assert user_rules.gate(pattern, user_rules.compile_pattern(pattern)) == ()


def test_rules_are_found_in_any_script_whatever_their_gates() -> None:
    words = rule("words", what=["Käse", "\u017ftop", "zebra one"], id="w")
    assert compile_rule(words).gates == ()
    assert compile_rule(rule("words", what=["Käse"])).gates == (r"\xff",)
    assert compile_rule(rule("words", what=["Käse", "ab c"])).gates == ("(?i)ab",)
    assert compile_rule(rule("words", what=[f"w{number}" for number in range(2001)])).gates == ()
    chosen = [words, rule("regex", what=r"Kd-\d+é?", id="r", label="Customer")]
    assert find_spans("Kd-77 KÄSE", chosen) == [(0, 5, "CUSTOMER"), (6, 10, "PROJECT")]
    assert find_spans("a stop", chosen) == [(2, 6, "PROJECT")]
    assert find_spans("a Kd-77 ZEBRA  one", chosen) == [(2, 7, "CUSTOMER"), (8, 18, "PROJECT")]
