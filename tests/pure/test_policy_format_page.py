"""The page about the policy format, the schema and the vocabulary say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mci_core import policy
from mci_core.policy_model import PLACE_PATTERN, TAG_PATTERN

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "policy-format.md").read_text("utf-8")
SCHEMA: dict[str, Any] = json.loads((ROOT / "mci_core" / "policy_schema.json").read_text("utf-8"))
DEFS = SCHEMA["$defs"]


def test_the_example_of_the_page_is_a_policy_ready_for_approval() -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    made = policy.parse(example[1].encode())
    assert policy.check_policy_for_approval(made) == []


@pytest.mark.parametrize(
    "word",
    [*policy.SIGNALS, *policy.KEYSTROKES, *policy.METHODS, *policy.FIELDS, *policy.PATHS, *policy.PURPOSES],
)
def test_the_page_names_every_word_of_the_vocabulary(word: str) -> None:
    assert f"`{word}`" in PAGE


def test_the_page_names_every_key_of_the_schema() -> None:
    keys = {
        *SCHEMA["properties"],
        *DEFS["entry"]["properties"],
        *SCHEMA["properties"]["limits"]["properties"],
    }
    assert [key for key in keys if key not in PAGE] == []


def test_the_schema_has_the_words_of_the_vocabulary() -> None:
    assert tuple(DEFS["signal"]["enum"]) == policy.SIGNALS
    assert tuple(DEFS["entry"]["properties"]["keystrokes"]["enum"]) == policy.KEYSTROKES
    assert tuple(DEFS["entry"]["properties"]["kind"]["enum"]) == policy.ENTRY_KINDS
    assert tuple(DEFS["rule"]["properties"]["method"]["enum"]) == policy.METHODS
    assert tuple(DEFS["rule"]["properties"]["match"]["properties"]["type"]["enum"]) == policy.MATCH_TYPES
    scope, options = DEFS["scope"]["properties"], DEFS["entry"]["properties"]
    assert tuple(scope["platforms"]["items"]["enum"]) == policy.PLATFORMS
    assert tuple(options["purpose"]["enum"]) == policy.PURPOSES
    assert scope["tags"]["items"]["pattern"] == TAG_PATTERN + "(?!\n)"
    assert scope["places"]["items"]["pattern"] == PLACE_PATTERN + "(?!\n)"
    assert tuple(name for name in options if name not in DEFS["entry"]["required"]) == policy.ENTRY_OPTIONS
    assert (
        tuple(DEFS["rule"]["properties"]["selector"]["properties"]["fields"]["items"]["enum"])
        == policy.FIELDS
    )
    assert tuple(SCHEMA["properties"]["purpose"]["enum"]) == policy.PURPOSES
    selector = DEFS["rule"]["properties"]["selector"]["properties"]
    assert tuple(selector["paths"]["items"]["enum"]) == policy.PATHS


def test_every_word_of_the_vocabulary_is_said_to_people() -> None:
    assert set(policy.SIGNAL_WORDS) == set(policy.SIGNALS)
    assert set(policy.KEYSTROKE_WORDS) == set(policy.KEYSTROKES)
    assert set(policy.METHOD_WORDS) == set(policy.METHODS)
    assert set(policy.PURPOSE_WORDS) == set(policy.PURPOSES)
