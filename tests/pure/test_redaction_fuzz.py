"""A small part of the long proof that masking raises nothing and is done after one pass."""

from __future__ import annotations

import pytest

from benchmarks import redaction_fuzz as fuzz
from mci_core.redaction import Span


def test_made_texts_keep_the_promises() -> None:
    faults, counts = fuzz.run_batch(7, 600)
    assert faults == []
    assert counts["texts"] == 600
    # A text that cannot be written down is blanked in the first pass; what is left of it is fine.
    assert counts["blanked"] == counts["cannot be written"]
    assert fuzz.run_batch(7, 20)[1] == fuzz.run_batch(7, 20)[1]


def test_a_broken_promise_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(fuzz, "mask", broken)
    assert "raises" in fuzz.judge("a", ())
    monkeypatch.setattr(fuzz, "mask", lambda text, *_, **__: (text + "x", []))
    assert fuzz.judge("a", ()) == "nothing is left for a second pass"
    spans = [Span(0, 9, "X", "x")]
    monkeypatch.setattr(fuzz, "mask", lambda text, *_, **__: (text, spans))
    assert fuzz.judge("a", ()) == "spans in order and inside"
