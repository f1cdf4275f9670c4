"""What is known about single words."""

from __future__ import annotations

import pytest

from mci_core.detectors import gazetteer


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
