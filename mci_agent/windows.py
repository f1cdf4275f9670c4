"""Pixel truth: a frame must name every window that it shows, and each of them must be allowed by the policy.

What the recorder says of a window is not believed: "not allowed" is taken from it, "allowed" is judged here
again. Titles and addresses of windows stay only where the app in front may tell its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mci_core.evaluator import Foreground, entry_for
from mci_core.evaluator_foreground import Allowlist
from mci_core.lease import Lease
from mci_core.policy_model import Policy

Window = Mapping[str, Any]
_TOLD_BY = {"title": "window_title", "url": "url"}


def judged(
    event: Mapping[str, Any], foreground: Foreground | None, policy: Policy, lease: Lease, now: int
) -> list[dict[str, Any]] | None:
    """The windows of a frame with `allowed` as the policy has it; None where they are not known."""
    windows = event.get("windows")
    if not windows or foreground is None:
        return None
    allowlist = Allowlist(policy)
    front, refusal = entry_for(allowlist.matching(foreground), foreground, lease, now)
    told = frozenset() if front is None or refusal else front.signals
    granted = told - frozenset(lease.denied_signals)
    hidden = {name for name, signal in _TOLD_BY.items() if signal not in granted}
    return [
        {
            **{name: value for name, value in window.items() if name not in hidden},
            "allowed": bool(window.get("allowed"))
            and (_is(window, foreground) or _allowed(window, foreground, allowlist, lease, now)),
        }
        for window in windows
    ]


def _is(window: Window, foreground: Foreground) -> bool:
    """Whether it is the window that has the focus, about which the evaluator has decided already."""
    app = str(window.get("app") or "").casefold()
    names = {name.casefold() for name in (foreground.exe, foreground.bundle, foreground.app_name) if name}
    page = window.get("url") in (None, foreground.url)
    return app in names and window.get("title") in (None, foreground.title) and page


def _allowed(window: Window, foreground: Foreground, allowlist: Allowlist, lease: Lease, now: int) -> bool:
    app, title = str(window.get("app") or ""), window.get("title")
    shown = Foreground(
        os=foreground.os,
        app_name=app,
        exe=app if _is_file(app) else None,
        title=title if isinstance(title, str) and title else None,
        url=window.get("url"),
    )
    entry, refusal = entry_for(allowlist.matching(shown), shown, lease, now)
    return entry is not None and refusal is None and "screenshot" in entry.signals


def _is_file(app: str) -> bool:
    return app.casefold().endswith(".exe")
