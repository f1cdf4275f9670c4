"""Words of special categories are masked where a rule asks for them, and nowhere else."""

from __future__ import annotations

import pytest

from mci_core.detectors import sensitive
from mci_core.detectors.matching import fold
from mci_core.policy_model import Rule, RuleMatch
from mci_core.redaction import find_spans

WORDS = [
    ("She was diagnosed with diabetes.", ["diagnosed", "diabetes"]),
    ("Er ist krankgeschrieben, Verdacht auf Leuk\u00e4mie", ["krankgeschrieben", "Leuk\u00e4mie"]),
    ("en arr\u00eat maladie pour leuc\u00e9mie", ["arr\u00eat maladie", "leuc\u00e9mie"]),
    ("est\u00e1 embarazada", ["embarazada"]),
    ("BLOOD  TEST", ["BLOOD  TEST"]),
    ("a hiver day, sidamo coffee, unchronic", []),
]


@pytest.mark.parametrize(("text", "expected"), WORDS)
def test_words_of_health_in_four_languages(text: str, expected: list[str]) -> None:
    assert [text[hit.start : hit.end] for hit in sensitive.HEALTH.find(fold(text), text)] == expected


def test_other_categories_have_their_own_name() -> None:
    text = "trade union dues and a j\u00fcdische Gemeinde"
    assert {hit.label for hit in sensitive.SPECIAL_CATEGORY.find(fold(text), text)} == {"SPECIAL_CATEGORY"}


def test_only_a_rule_that_asks_for_them_masks_them() -> None:
    text = "the patient has asthma"
    assert find_spans(text) == []
    rule = Rule(id="r", label="HEALTH", method="mask", match=RuleMatch(type="detector", detector="HEALTH"))
    assert find_spans(text, [rule]) == [(16, 22, "HEALTH")]
