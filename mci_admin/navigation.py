"""Which places the console offers, in what order and under which name: one list by job.

Who is offered a place is not decided here a second time: an entry is shown to those for whom the page's own
gate opens (``accounts.access``), and left out while no page has its address.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, get_urlconf, resolve, reverse

from accounts import permissions


@dataclass(frozen=True)
class Entry:
    """A place: section, name, URL name, icon, the key after ``g``, and what else belongs to it."""

    section: str
    label: str
    url_name: str
    icon: str
    key: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """An entry as shown in one request."""

    label: str
    url: str
    icon: str
    key: str
    current: bool


@dataclass(frozen=True)
class Section:
    label: str
    links: tuple[Link, ...]


def _policies(label: str, name: str, icon: str, key: str, *also: str) -> Entry:
    parts = tuple(f"capture_policies:{part}" for part in (name.split("_")[0], *also))
    return Entry("Policies", label, f"capture_policies:{name}", icon, key, parts)


STAFF_ENTRIES: tuple[Entry, ...] = (
    Entry("", "Home", "home", "home", "h"),
    _policies("Allowlist", "allowlist", "app-window", "w"),
    _policies("Allowlist requests", "request_list", "mail", "b", "entry_remove"),
    _policies("Drafts", "draft_list", "pencil", "d"),
    _policies("Versions", "version_list", "versions", "v"),
    _policies("Rule quality", "rule_quality", "text-recognition", "u"),
    _policies("Explain", "explain", "zoom-check", "y"),
    _policies("Rollouts", "rollout_list", "rocket", "r", "release"),
    _policies("Stop capture", "stop", "hand-stop", "x"),
    _policies("Signing keys", "keys", "key", "k", "signing_request"),
    Entry("Fleet", "Devices", "agents:device_list", "device-desktop", "e", ("agents:",)),
    Entry(
        "Sessions", "All sessions", "capture_sessions:session_list", "stack-2", "a", ("capture_sessions:",)
    ),
    Entry(
        "Sessions",
        "Samples",
        "reviews:sample_list",
        "eye",
        "s",
        ("reviews:sample", "reviews:item", "reviews:grant"),
    ),
    Entry("Sessions", "Findings", "reviews:finding_list", "alert-triangle", "f", ("reviews:finding",)),
    Entry("People", "Requests", "privacy_requests:request_list", "mail", "q", ("privacy_requests:",)),
    Entry(
        "People", "People", "accounts:people_list", "users", "p", ("accounts:person", "accounts:department")
    ),
    Entry("People", "Roles", "accounts:role_list", "id-badge-2", "o", ("accounts:role",)),
    Entry("People", "Notices and law", "jurisdictions:notice_list", "scale", "n", ("jurisdictions:",)),
    Entry("Accountability", "Audit log", "audits:entry_list", "list-check", "l", ("audits:",)),
    Entry("Accountability", "Key epochs", "accounts:key_epoch_list", "lock", "i"),
    Entry("Accountability", "Reports", "reviews:report", "chart-bar", "t", ("reviews:report",)),
)

OWN_ENTRIES: tuple[Entry, ...] = (
    Entry("", "My capture", "privacy_requests_me:home", "shield-check", "m"),
    Entry("", "What is captured", "capture_policies_me:captured", "list-check", "c"),
    Entry("", "Apps I exclude", "capture_policies_me:excluded", "ban", "x"),
    Entry(
        "",
        "Add or remove an app",
        "capture_policies_me:request_list",
        "plus",
        "a",
        ("capture_policies_me:request",),
    ),
    Entry("", "My sessions", "capture_sessions_me:session_list", "stack-2", "s", ("capture_sessions_me:",)),
    Entry("", "Who looked", "reviews_me:look_list", "eye", "w", ("reviews_me:",)),
    Entry(
        "", "My requests", "privacy_requests_me:request_list", "mail", "q", ("privacy_requests_me:request",)
    ),
    Entry("", "Notices", "jurisdictions_me:notice_list", "file-text", "n", ("jurisdictions_me:notice",)),
    Entry("", "Places and law", "jurisdictions_me:places", "scale", "l"),
    Entry("", "The log", "audits_me:checkpoints", "list-check", "k"),
)


def in_own_area(request: HttpRequest) -> bool:
    """True for the employee's pages, which have a navigation of their own."""
    return request.path.startswith("/me/")


def sections_for(request: HttpRequest, user: Any) -> tuple[Section, ...]:
    """What this person is offered in this part of the console."""
    if in_own_area(request) or not permissions.roles_of(user):
        return _sections(request, user, OWN_ENTRIES)
    return _sections(request, user, STAFF_ENTRIES)


def address_of(url_name: str) -> str:
    """The address of a page, or nothing when there is no such page."""
    return _place(get_urlconf(), url_name)[0]


def open_to(user: Any, url_name: str) -> bool:
    """Whether the page exists and its gate opens for this person."""
    url, gate = _place(get_urlconf(), url_name)
    return bool(url) and (gate == "" or permissions.has(user, gate) or _is_own(gate, user))


def _is_own(gate: str, user: Any) -> bool:
    return gate == permissions.EMPLOYEE and bool(getattr(user, "is_authenticated", False))


@functools.cache
def _place(urlconf: str | None, url_name: str) -> tuple[str, str]:
    """The address and the gate of a page; two empty words when there is no such page."""
    try:
        url = reverse(url_name, urlconf=urlconf)
    except NoReverseMatch:
        return "", ""
    view = resolve(url, urlconf=urlconf).func
    gate = getattr(view, "mci_gate", None) or getattr(getattr(view, "view_class", None), "permission", None)
    return url, gate or ""


def _sections(request: HttpRequest, user: Any, entries: Iterable[Entry]) -> tuple[Section, ...]:
    view_name = request.resolver_match.view_name if request.resolver_match else ""
    found: dict[str, list[Link]] = {}
    for entry in entries:
        if open_to(user, entry.url_name):
            current = view_name == entry.url_name or any(view_name.startswith(name) for name in entry.also)
            link = Link(entry.label, address_of(entry.url_name), entry.icon, entry.key, current)
            found.setdefault(entry.section, []).append(link)
    return tuple(Section(label, tuple(links)) for label, links in found.items())
