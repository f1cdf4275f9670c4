"""The page that says what would be captured gives the evaluator's own answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from capture_policies.try_out import foreground, try_policy
from mci_core import policy
from tests.server.capture_policies.support import EXCEL, JIRA, Desk

TITLED = {**JIRA, "signals": ["click", "window_title", "url", "shortcut"], "keystrokes": "shortcut"}
NOW = 1_800_000_000


def _captured(place: Any, *entries: dict[str, Any]) -> set[str]:
    found = policy.parse({**policy.new_document("Trial"), "entries": list(entries)})
    return {answer.signal for answer in try_policy(found, place, now=NOW).answers if answer.captured}


def test_a_site_allows_exactly_its_signals() -> None:
    place = foreground(address="https://jira.example.com/browse/A-1")
    assert _captured(place, JIRA) == {"mouse clicks", "typed text"}
    assert _captured(place, TITLED) == {
        "mouse clicks",
        "window titles",
        "web addresses",
        "keyboard shortcuts",
    }


@pytest.mark.parametrize(
    "place",
    [
        foreground(address="https://jira.example.com.evil.test/"),
        foreground(address="http://jira.example.com/"),
        foreground(address="https://jira.example.com/", private=True),
        foreground(program="chrome.exe"),
        foreground(program=""),
    ],
)
def test_elsewhere_nothing_is_captured(place: Any) -> None:
    assert _captured(place, TITLED, EXCEL) == set()


def test_an_app_is_known_by_its_program() -> None:
    assert _captured(foreground(program="excel.exe"), EXCEL) == {"mouse clicks"}
    assert _captured(foreground(program="excel.exe", system="macos"), EXCEL) == set()


def test_somebody_in_the_scope_of_the_entry_is_meant_and_what_narrows_it_is_told() -> None:
    narrow = {
        **EXCEL,
        "scope": {"tags": ["lab"], "places": ["US-NY"], "platforms": ["windows"]},
        "windows_excluded": ["*salary*"],
    }
    assert _captured(foreground(program="excel.exe"), narrow) == {"mouse clicks"}
    assert _captured(foreground(program="Excel", system="linux"), narrow) == set()
    assert _captured(foreground(program="excel.exe"), {**narrow, "expires": "2026-01-01"}) == set()
    found = policy.parse({**policy.new_document("Trial"), "entries": [narrow]})
    told = try_policy(found, foreground(program="excel.exe"), now=NOW).limits
    assert "Only while working in US-NY." in told
    assert "Not in windows titled *salary*." in told


@pytest.mark.django_db
def test_the_page_names_the_entry_and_the_reasons(desk: Desk) -> None:
    client = desk.cast.client("officer")
    draft, version = desk.draft(), desk.version()
    asked = {"kind": "site", "address": "https://jira.example.com/", "system": "windows"}
    for path in (
        reverse("capture_policies:draft_try", args=[draft.pk]),
        reverse("capture_policies:version_try", args=[version.pk]),
    ):
        assert "Name an app or a site" in client.get(path).content.decode()
        page = client.get(path, asked).content.decode()
        assert "<b>Jira</b> decides here" in page
        assert "The entry does not allow this signal." in page
        assert "Say where." in client.get(path, {**asked, "address": ""}).content.decode()
        assert (
            "nothing is captured" in client.get(path, {**asked, "address": "https://x.test"}).content.decode()
        )
