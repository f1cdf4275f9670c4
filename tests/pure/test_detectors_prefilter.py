"""One scan for all gates: it never holds back a hit, and RE2 in its place gives the same spans."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from mci_core.detectors import DETECTORS, PACK, cache, dialects, matching
from mci_core.detectors.matching import UNTOLD, AnyOf, Pattern, Scanned, fold
from mci_core.redaction import find_spans, find_spans_many
from mci_core.redaction.rules import rule_set
from tests.pure.test_detectors_pack import POSITIVES

# The package gives its function the same name.
prefilter: Any = import_module("mci_core.detectors.prefilter")
GROUPS = (("abc", "x[0-9]"), (), (r"(?i)zebra\b",), (r"^line$",))
BITS = st.sampled_from(
    [
        "abc",
        "x1",
        "ZEBRA",
        "zebra",
        "zebras",
        "\n",
        "line",
        " ",
        "@",
        ".",
        "q",
        "\x0b",
        "é",
        "1",
        "password: ",
    ]
)
MIXED = st.one_of(st.text(max_size=50), st.lists(BITS, max_size=10).map("".join))
PACK_GATES = tuple(detector.gates for detector in PACK)
LOOK = prefilter.scan(PACK_GATES).look
TOLD = [pattern for pattern in matching._patterns if pattern.number != UNTOLD]
SLOW = prefilter.Re2Prefilter(PACK_GATES)
VALUES = [text for _, text, _ in POSITIVES]


@pytest.fixture
def fresh() -> Iterator[None]:
    """Nothing prepared before or after the test."""
    rule_set.cache_clear()
    prefilter.forget()
    yield
    rule_set.cache_clear()
    prefilter.forget()


def both(groups: Any) -> list[Any]:
    return [prefilter.HyperscanPrefilter(groups), prefilter.Re2Prefilter(groups)]


@pytest.mark.parametrize("made", both(GROUPS), ids=["hyperscan", "re2"])
def test_groups_whose_gate_matches_are_open_and_those_without_gates(made: Any) -> None:
    assert list(made.open_for(b"")) == [1]
    assert list(made.open_for(b"nothing")) == [1]
    assert list(made.open_for(b"an x7 and a Zebra")) == [0, 1, 2]
    assert list(made.open_for(b"line")) == [1, 3]


def test_nothing_to_try_opens_nothing() -> None:
    for made in both(()):
        assert list(made.open_for(b"abc")) == []


def test_a_gate_that_hyperscan_cannot_read_is_always_open() -> None:
    refused = prefilter.HyperscanPrefilter(((r"\pL",), ("b{2,1}",), ("abc",)))
    assert list(refused.open_for(b"zzz")) == [0, 1]
    assert list(refused.open_for(b"abc")) == [0, 1, 2]


class Broken:
    """A database or set that fails."""

    def scan(self, *_: object) -> None:
        raise prefilter.hyperscan.error

    def Match(self, _: bytes) -> None:  # noqa: N802
        return None


def test_whatever_fails_opens_every_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    scan, names = prefilter.HyperscanPrefilter(GROUPS), prefilter.Re2Prefilter(GROUPS)
    scan.open_for(b"")
    monkeypatch.setattr(scan, "_database", Broken())
    monkeypatch.setattr(names, "_set", Broken())
    assert list(scan.open_for(b"nothing")) == [0, 1, 2, 3]
    assert list(names.open_for(b"abc")) == [0, 1, 2, 3]
    # "Nothing matches" comes from one expression that falls back to a slower way instead of failing.
    assert list(names.open_for(b"nothing")) == [1]


@pytest.mark.usefixtures("fresh")
def test_databases_are_kept_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = (*GROUPS, ("b{2,1}",))
    first = prefilter.HyperscanPrefilter(groups, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    monkeypatch.setattr(prefilter, "_compiled", None)
    again = prefilter.HyperscanPrefilter(groups, folder=tmp_path)
    assert list(again.open_for(b"abc")) == list(first.open_for(b"abc")) == [0, 1, 4]
    monkeypatch.undo()
    # What is no database is compiled again.
    cache.write(file, b"[]\nnot one")
    assert list(prefilter.HyperscanPrefilter(groups, folder=tmp_path).open_for(b"abc")) == [0, 1, 4]
    # A folder that is gone costs time only; a database of nothing is kept as well.
    assert list(prefilter.HyperscanPrefilter(groups, folder=tmp_path / "gone").open_for(b"abc")) == [0, 1, 4]
    for _ in range(2):
        assert list(prefilter.HyperscanPrefilter((("b{2,1}",),), folder=tmp_path).open_for(b"abc")) == [0]
    monkeypatch.setenv("MCI_CACHE_DIR", str(tmp_path))
    prefilter.forget()
    assert list(prefilter.prefilter(groups).open_for(b"abc")) == [0, 1, 4]


@settings(max_examples=40, deadline=None)
@given(MIXED)
def test_both_engines_open_the_gates_of_the_pack_alike(text: str) -> None:
    data = fold(text)
    opened = set(LOOK(data)[1])
    assert set(SLOW.open_for(data)) <= opened
    assert set(prefilter.prefilter(PACK_GATES).open_for(data)) == opened


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.sampled_from(VALUES), MIXED))
def test_a_pattern_that_matches_is_never_said_not_to(text: str) -> None:
    data = fold(text)
    known, _ = LOOK(data)
    assert known == data
    for pattern in TOLD:
        assert list(pattern.spans(known)) == list(pattern.spans(data)), pattern.expression


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.sampled_from(VALUES), MIXED))
def test_a_detector_that_finds_something_is_tried(text: str) -> None:
    data = fold(text)
    opened = {
        PACK[index].name for index in prefilter.prefilter(tuple(one.gates for one in PACK)).open_for(data)
    }
    for detector in DETECTORS.values():
        if not detector.on_request and any(True for _ in detector.find(data, text)):
            assert detector.name in opened


@pytest.mark.usefixtures("fresh")
def test_re2_gives_the_same_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*VALUES, "plain words only", "пароль é password: Hunter22"]
    monkeypatch.setattr(prefilter, "hyperscan", None)
    slow = [find_spans(text) for text in texts]
    assert type(prefilter.scan(PACK_GATES).look(b"a@b")[0]) is bytes
    monkeypatch.undo()
    prefilter.forget()
    rule_set.cache_clear()
    assert [find_spans(text) for text in texts] == slow == find_spans_many(texts)
    assert type(prefilter.scan(PACK_GATES).look(b"a@b")[0]) is Scanned


def test_threads_scan_with_scratch_spaces_of_their_own() -> None:
    texts = VALUES[::2]
    alone = [find_spans(text) for text in texts]
    results: list[list[object]] = [[] for _ in range(4)]

    def work(place: int) -> None:
        results[place] = [find_spans(text) for text in texts]

    threads = [threading.Thread(target=work, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [alone] * 4


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        (r"a\s+[^\s]\S", r"a[\t\n\f\r ]+[^\t\n\f\r ][^\t\n\f\r ]"),
        (r"[[a\]]\x41\.(?:x|y)(?i:z)(?P<n>q)$", r"[\[a\]]\x41\.(?:x|y)(?i:z)(?P<n>q)$"),
        (r"[]a]b*?", "[\\]a]b*?"),
        (r"[\xe9-\xff_]{2,3}", r"[\xe9-\xff_]{2,3}"),
        (r"\pL", None),
        (r"[:=][^:]", r"[:=][^:]"),
        (r"[\S]", None),
        (r"[[:alpha:]]", None),
        (r"(?=x)", None),
        (r"a++", None),
        (r"a{2}+", None),
        (r"(a)\1", None),
        ("[ab", None),
        (r"\Qa.b\E", None),
        ("a\\", None),
        ("[", None),
    ],
)
def test_expressions_are_written_for_hyperscan_or_refused(expression: str, written: str | None) -> None:
    assert dialects.for_hyperscan(expression) == written


def test_tokens_cover_an_expression() -> None:
    for expression in (r"(?i)a[^]b[:digit:]\]c]{2,}?\x{1F}|(b)$", "(", "[[:", "\\", "(?P=n)(?#c)"):
        assert "".join(token.text for token in dialects.tokens(expression)) == expression


@pytest.mark.usefixtures("fresh")
def test_patterns_for_one_side_of_a_place_are_not_numbered() -> None:
    behind, whole = Pattern(r"(?i)word$"), Pattern(r"cost \$")
    numbered = matching.number_patterns()
    assert whole in numbered
    assert behind not in numbered
    assert behind.number == UNTOLD


@pytest.mark.usefixtures("fresh")
def test_any_of_many_searches_only_what_matches() -> None:
    some = AnyOf(["ab", "c+"])
    assert sorted(some.spans(b"ccab")) == [(0, 2), (2, 4)]
    known = Scanned(b"ccab")
    known.matching = {UNTOLD}
    numbers = matching.number_patterns()
    first = next(one for one in reversed(numbers) if one.expression == "ab")
    known.matching = {UNTOLD, first.number}
    assert list(some.spans(known)) == [(2, 4)]
    assert list(Pattern("(a)(b)?").groups(b"a")) == [[(0, 1), (0, 1), (-1, -1)]]
    assert list(first.groups(known)) == [[(2, 4)]]
    known.matching = set()
    assert list(first.groups(known)) == []
    assert not first.found_in(known)


def test_empty_matches_do_not_stop_a_search() -> None:
    assert list(Pattern("b*").spans(b"abab")) == [(1, 2), (3, 4)]
    assert [one[0] for one in Pattern("b*").groups(b"ab")] == [(0, 0), (1, 2), (2, 2)]
    assert re2.compile("x").programsize
