"""Canonical JSON: one value, one spelling, one digest; strict reading."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from mci_core import canonical
from mci_core.errors import Invalid

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SAFE = 2**53 - 1
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-SAFE, SAFE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=20,
)


ANY_SIMPLE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(JSON)
def test_reading_the_canonical_form_gives_the_value_back(value: Any) -> None:
    again = canonical.loads(canonical.dumps(value))
    assert again == value
    assert canonical.dumps(again) == canonical.dumps(value)


@given(JSON)
def test_the_bytes_are_those_of_the_reference(value: Any) -> None:
    assert canonical.dumps(value) == rfc8785.dumps(value)


@given(ANY_SIMPLE)
def test_what_takes_the_short_way_has_the_same_bytes(value: Any) -> None:
    try:
        wanted = rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        with pytest.raises(Invalid):
            canonical.dumps(value)
    else:
        assert canonical.dumps(value) == wanted


@given(st.dictionaries(TEXT, JSON, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(value: dict[str, Any], dice: random.Random) -> None:
    keys = list(value)
    dice.shuffle(keys)
    assert canonical.dumps({key: value[key] for key in keys}) == canonical.dumps(value)


@given(JSON)
def test_white_space_and_escapes_of_the_source_do_not_matter(value: Any) -> None:
    spelled = json.dumps(value, indent=3, ensure_ascii=True)
    assert canonical.dumps(canonical.loads(spelled)) == canonical.dumps(value)


@given(JSON, JSON)
def test_different_values_have_different_digests(one: Any, two: Any) -> None:
    same = json.loads(json.dumps(one)) == json.loads(json.dumps(two))
    if canonical.digest_obj(one) == canonical.digest_obj(two):
        assert same


def test_the_example_of_rfc_8785_section_3_2_3_is_sorted_by_utf_16() -> None:
    source = (
        '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh",'
        '"1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":'
        '"Latin Small Letter O With Diaeresis"}'
    )
    values = list(json.loads(canonical.dumps(canonical.loads(source))).values())
    assert values == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


@pytest.mark.parametrize(
    ("number", "spelled"),
    [
        (0.05, b"0.05"),
        (1e21, b"1e+21"),
        (1e20, b"100000000000000000000"),
        (-0.0, b"0"),
        (5e-324, b"5e-324"),
        (1e-7, b"1e-7"),
    ],
)
def test_numbers_are_spelled_as_in_rfc_8785_appendix_b(number: float, spelled: bytes) -> None:
    assert canonical.dumps(number) == spelled


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "\ud800", {1: 2}, object()])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(Invalid) as caught:
        canonical.dumps(value)
    assert caught.value.code == "not_canonical"


def test_a_value_nested_too_deeply_is_refused() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(Invalid):
        canonical.dumps(value)


@pytest.mark.parametrize(
    "source",
    [b"{", b"NaN", b"[Infinity]", b'{"a":1,"a":2}', b"\xff", b"[" * 200_000, b"", b"1e999", b"9" * 5000],
)
def test_loose_json_is_refused(source: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        canonical.loads(source)
    assert caught.value.code == "not_json"


def test_a_digest_is_sha_256_in_hexadecimal() -> None:
    assert canonical.digest(b"abc") == hashlib.sha256(b"abc").hexdigest()
    assert canonical.digest_obj({"b": 1, "a": 2}) == hashlib.sha256(b'{"a":2,"b":1}').hexdigest()
