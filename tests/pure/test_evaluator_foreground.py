"""Which entry a program or page belongs to."""

from __future__ import annotations

import pytest

from mci_core.evaluator import Allowlist, Foreground, foreground_of, is_browser
from tests.pure.building import app, focus, on_page, parsed, site

LIST = Allowlist(
    parsed(
        [
            app(
                "excel",
                windows=["EXCEL.EXE"],
                macos=["com.microsoft.Excel"],
                linux=["soffice"],
                names=["Excel"],
            ),
            app("code", linux=["code"], windows=["Code.exe"]),
            app("browser", windows=["chrome.exe"], names=["browser"]),
            site("wiki", "https://wiki.example.com", subdomains=True),
            site("hr", "https://hr.wiki.example.com", "/people"),
        ]
    )
)


def entry(**facts: str | None) -> str | None:
    found = LIST.entry(Foreground(**facts))  # type: ignore[arg-type]  # only text here, never `private` or `rect`
    return found.id if found else None


@pytest.mark.parametrize(
    ("os", "exe", "bundle", "name", "expected"),
    [
        ("windows", "excel.exe", None, "Excel", "excel"),
        ("windows", "C:\\Office\\EXCEL.EXE", None, "anything", "excel"),
        ("windows", "excel", None, "Excel", None),
        ("windows", "evil.exe", None, "Excel", None),
        ("windows", "soffice", None, "x", None),
        ("windows", None, None, "Excel", "excel"),
        ("windows", None, None, "excel", None),
        ("windows", None, "com.microsoft.Excel", "Excel", None),
        ("macos", None, "COM.microsoft.excel", "x", "excel"),
        ("macos", "/Applications/Excel", "com.microsoft.Excel", "x", "excel"),
        ("macos", None, "com.evil", "Excel", None),
        ("macos", "EXCEL.EXE", None, "Excel", None),
        ("macos", None, None, "Excel", "excel"),
        ("linux", "/usr/bin/soffice", None, "x", "excel"),
        ("linux", "/usr/bin/Soffice", None, "x", None),
        ("linux", "EXCEL.EXE", None, "x", None),
        ("linux", None, None, "soffice", "excel"),
        ("linux", None, None, "code", "code"),
        ("linux", "evil", None, "code", None),
        (None, "excel.exe", None, "x", "excel"),
        (None, "soffice", None, "x", "excel"),
        (None, None, "com.microsoft.excel", "x", "excel"),
        (None, None, None, "Excel", "excel"),
        (None, None, None, "code", None),
        ("web", None, None, "Excel", "excel"),
        ("plan9", "excel.exe", None, "x", "excel"),
        (None, None, None, None, None),
    ],
)
def test_a_program_is_known_by_its_file_then_its_bundle_then_its_name(
    os: str | None, exe: str | None, bundle: str | None, name: str | None, expected: str | None
) -> None:
    assert entry(os=os, exe=exe, bundle=bundle, app_name=name) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://wiki.example.com/a", "wiki"),
        ("https://hr.wiki.example.com/people/1", "hr"),
        ("https://hr.wiki.example.com/pay", "wiki"),
        ("https://bank.example/", None),
        ("about:blank", None),
    ],
)
def test_a_page_is_decided_by_its_address_whatever_shows_it(url: str, expected: str | None) -> None:
    assert entry(exe="chrome.exe", app_name="Chrome", url=url) == expected
    assert entry(exe="EXCEL.EXE", app_name="Excel", url=url) == expected


@pytest.mark.parametrize(
    "fg",
    [
        Foreground(exe="C:\\x\\Chrome.EXE"),
        Foreground(exe="/usr/bin/firefox-esr"),
        Foreground(bundle="com.apple.Safari"),
        Foreground(app_name="browser"),
        Foreground(app_name="Google Chrome", exe="wrapper.exe"),
        Foreground(app_name="Internet Explorer"),
    ],
)
def test_a_browser_without_address_belongs_to_no_entry(fg: Foreground) -> None:
    assert is_browser(fg)
    assert LIST.entry(fg) is None


def test_other_programs_are_no_browsers() -> None:
    assert not is_browser(Foreground(app_name="Excel", exe="EXCEL.EXE", bundle="com.microsoft.Excel"))
    assert not is_browser(Foreground())


def test_a_focus_event_states_the_foreground() -> None:
    event = on_page("https://wiki.example.com/", title="Home", rect=[0, 0, 5, 5], private=True)
    assert foreground_of(event, "windows") == Foreground(
        "windows", "Chrome", "chrome.exe", None, "Home", "https://wiki.example.com/", True, (0, 0, 5, 5)
    )
    assert foreground_of(focus("Excel", None)) == Foreground(app_name="Excel")


@pytest.mark.parametrize("private", [True, 1, "false", None, "no"])
def test_only_a_plain_no_says_that_a_window_is_not_private(private: object) -> None:
    assert foreground_of(focus(private=private)).private
    assert not foreground_of(focus(private=False)).private
    assert not foreground_of(focus(title="x")).private


@pytest.mark.parametrize(
    "event", [{}, {"app": 5, "window": []}, {"app": {"name": 7}}, {"url": ["x"], "app": {}}]
)
def test_an_odd_focus_event_states_nothing(event: dict[str, object]) -> None:
    assert foreground_of(event) == Foreground()
