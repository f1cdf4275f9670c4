"""Which allowlist entry the foreground belongs to; a browser belongs to none but by its page.

At most one entry decides. A page is decided by the most specific site that it lies in, never by the program
that shows it. A program is known by its file on Windows and Linux and by its bundle on macOS; its name
counts only where a recording carries neither (Linux programs without a file, sessions recorded elsewhere).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mci_core.policy_model import AppMatch, Entry, Policy, SiteMatch
from mci_core.policy_sites import Place, matches, site_place

_BROWSER_FILES = frozenset(
    [
        "arc",
        "brave",
        "brave-browser",
        "chrome",
        "chromium",
        "chromium-browser",
        "duckduckgo",
        "firefox",
        "firefox-esr",
        "google-chrome",
        "google-chrome-stable",
        "iexplore",
        "librewolf",
        "microsoft-edge",
        "microsoft-edge-stable",
        "msedge",
        "opera",
        "safari",
        "thorium",
        "tor",
        "vivaldi",
        "vivaldi-bin",
        "waterfox",
    ]
)
_BROWSER_BUNDLES = frozenset(
    [
        "app.zen-browser.zen",
        "com.apple.safari",
        "com.brave.browser",
        "com.google.chrome",
        "com.microsoft.edgemac",
        "com.operasoftware.opera",
        "com.vivaldi.vivaldi",
        "company.thebrowser.browser",
        "org.chromium.chromium",
        "org.mozilla.firefox",
        "org.torproject.torbrowser",
    ]
)
_BROWSER_NAMES = frozenset(
    {
        "arc",
        "brave",
        "brave browser",
        "browser",
        "chrome",
        "chromium",
        "edge",
        "firefox",
        "google chrome",
        "internet explorer",
        "librewolf",
        "microsoft edge",
        "mozilla firefox",
        "opera",
        "safari",
        "tor browser",
        "vivaldi",
        "web browser",
    }
)


@dataclass(frozen=True, slots=True)
class Foreground:
    """What has the focus. `os` is windows, macos, linux, web or None where it is not known.

    `old_title`: the page has changed since the title was told, so the title of this one is not known.
    """

    os: str | None = None
    app_name: str | None = None
    exe: str | None = None
    bundle: str | None = None
    title: str | None = None
    url: str | None = None
    private: bool = False
    rect: tuple[float, ...] | None = None
    old_title: bool = False


def foreground_of(event: Mapping[str, Any], os: str | None = None) -> Foreground:
    """The foreground that a `focus` event states."""
    app, window = _part(event, "app"), _part(event, "window")
    rect = window.get("rect")
    return Foreground(
        os=os,
        app_name=_text(app.get("name")),
        exe=_text(app.get("exe")),
        bundle=_text(app.get("bundle")),
        title=_text(window.get("title")),
        url=_text(event.get("url")),
        # Only a plain "no" is a no.
        private=window.get("private", False) is not False,
        rect=tuple(rect) if isinstance(rect, list) else None,
    )


def turned_to(foreground: Foreground, url: str) -> Foreground:
    """The foreground after its page changed; a program that shows no pages stays as it was."""
    if foreground.url is None and not is_browser(foreground):
        return foreground
    return replace(foreground, url=url, old_title=foreground.old_title or url != foreground.url)


def _part(event: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = event.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _file_name(exe: str) -> str:
    return exe.replace("\\", "/").rsplit("/", 1)[-1]


def is_browser(foreground: Foreground) -> bool:
    """Whether any of its names is that of a browser."""
    stem = _file_name(foreground.exe or "").casefold().removesuffix(".exe")
    return (
        stem in _BROWSER_FILES
        or (foreground.bundle or "").casefold() in _BROWSER_BUNDLES
        or (foreground.app_name or "").casefold() in _BROWSER_NAMES
    )


class Allowlist:
    """The entries of one policy, ready to be matched."""

    def __init__(self, policy: Policy) -> None:
        self._sites: list[tuple[Entry, Place, bool]] = []
        self._apps: list[tuple[Entry, AppMatch]] = []
        for entry in policy.entries:
            if isinstance(entry.match, SiteMatch):
                place = site_place(entry.match)
                if place is not None:
                    self._sites.append((entry, place, entry.match.subdomains))
            else:
                self._apps.append((entry, entry.match))

    def matching(self, foreground: Foreground) -> tuple[Entry, ...]:
        """The entries that name this place, the most specific one first, whatever their scope."""
        if foreground.url is not None:
            return matches(self._sites, foreground.url)
        if is_browser(foreground):
            return ()
        return tuple(entry for entry, match in self._apps if _is_program(match, foreground))

    def entry(self, foreground: Foreground) -> Entry | None:
        """The entry that decides here for somebody in every scope, or None: nothing is captured."""
        return next(iter(self.matching(foreground)), None)


def _is_program(match: AppMatch, foreground: Foreground) -> bool:
    os, exe = foreground.os, foreground.exe
    known = os in ("windows", "macos", "linux")
    if exe is not None and os != "macos":
        windows = not (known and os != "windows") and _same_file(exe, match.windows)
        return windows or (not (known and os != "linux") and _file_name(exe) in match.linux)
    if foreground.bundle is not None and os in ("macos", None):
        return foreground.bundle.casefold() in {name.casefold() for name in match.macos}
    if exe is not None or foreground.bundle is not None or foreground.app_name is None:
        return False
    return foreground.app_name in (match.names + match.linux if os == "linux" else match.names)


def _same_file(exe: str, names: tuple[str, ...]) -> bool:
    return _file_name(exe).casefold() in {name.casefold() for name in names}
