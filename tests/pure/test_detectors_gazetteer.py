"""What is known about single words."""

from __future__ import annotations

from pathlib import Path

import pytest

from mci_core.detectors import cache, gazetteer


def test_names_words_and_places_are_told_apart() -> None:
    anna = gazetteer.look_up("Anna")
    assert anna.first >= 10
    assert anna.common <= 3
    assert gazetteer.look_up("Schmidt").last >= 5
    the = gazetteer.look_up("the")
    assert the.common >= 12
    assert gazetteer.look_up("Poland").place
    assert gazetteer.look_up("Qwzrtkpl") is gazetteer.UNKNOWN


def test_accents_and_case_do_not_matter() -> None:
    assert gazetteer.plain("Jos\u00c9") == "jose"
    assert gazetteer.plain("\u0141ukasz") == "lukasz"
    assert gazetteer.plain("Wei\u00df") == "weiss"
    assert gazetteer.look_up("JOS\u00c9") == gazetteer.look_up("jose")


def test_lists_are_as_large_as_expected() -> None:
    """A new version of a package that names its lists otherwise must not go unnoticed."""
    known = gazetteer.words().values()
    assert sum(entry.first > 0 for entry in known) > 25_000
    assert sum(entry.last > 0 for entry in known) > 25_000
    assert sum(entry.common > 0 for entry in known) > 30_000
    assert sum(entry.place for entry in known) > 2_000


def test_missing_package_is_an_error() -> None:
    with pytest.raises(gazetteer.GazetteerMissing):
        gazetteer._folder("no_such_package_of_names")


def test_what_was_read_is_kept_for_the_next_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCI_CACHE_DIR", str(tmp_path / "kept"))
    read = {"anna": gazetteer.Known(9, 0, 1, False), "paris": gazetteer.Known(9, 0, 1, True)}
    monkeypatch.setattr(gazetteer, "_read_lists", lambda: read)
    assert gazetteer.words.__wrapped__() == read
    monkeypatch.setattr(gazetteer, "_read_lists", dict)
    assert gazetteer.words.__wrapped__() == read
    monkeypatch.setattr(cache, "folder", lambda: None)
    assert gazetteer.words.__wrapped__() == {}


def test_lists_are_read_from_the_packages() -> None:
    known = gazetteer._read_lists()
    assert known["anna"] == gazetteer.look_up("Anna")
    assert gazetteer._unpacked(gazetteer._packed(known)) == known
