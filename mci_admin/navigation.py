"""Which places the console offers to whom. One list by job; the pages decide what an account may do there.

An entry whose address does not exist is left out, so that a page and its entry can land in any order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

ADMIN, OFFICER, ML, AUDITOR = "admin", "privacy_officer", "ml_staff", "auditor"
STAFF = frozenset({ADMIN, OFFICER, ML, AUDITOR})
DECIDING = frozenset({ADMIN, OFFICER})
LOOKING = frozenset({OFFICER, ML})


@dataclass(frozen=True)
class Entry:
    """A place: its section, its name, the URL name, the icon, who is offered it, and the key after ``g``."""

    section: str
    label: str
    url_name: str
    icon: str
    roles: frozenset[str]
    key: str = ""
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


STAFF_ENTRIES: tuple[Entry, ...] = (
    Entry("", "Home", "home", "home", STAFF, "h"),
    Entry(
        "Policies",
        "Drafts",
        "capture_policies:draft_list",
        "pencil",
        STAFF - {AUDITOR},
        "d",
        ("capture_policies:draft_",),
    ),
    Entry(
        "Policies",
        "Versions",
        "capture_policies:version_list",
        "versions",
        STAFF,
        "v",
        ("capture_policies:version_",),
    ),
    Entry(
        "Policies",
        "Rollouts",
        "capture_policies:rollout_list",
        "rocket",
        STAFF,
        "r",
        ("capture_policies:rollout_",),
    ),
    Entry(
        "Policies",
        "Stop capture",
        "capture_policies:stop",
        "hand-stop",
        DECIDING,
        "x",
        ("capture_policies:stop",),
    ),
    Entry("Fleet", "Devices", "agents:device_list", "device-desktop", STAFF - {ML}, "e", ("agents:",)),
    Entry(
        "Sessions",
        "All sessions",
        "capture_sessions:session_list",
        "stack-2",
        LOOKING,
        "a",
        ("capture_sessions:",),
    ),
    Entry(
        "Sessions",
        "Samples",
        "reviews:sample_list",
        "eye",
        LOOKING,
        "s",
        ("reviews:sample_", "reviews:item_"),
    ),
    Entry(
        "Sessions",
        "Findings",
        "reviews:finding_list",
        "alert-triangle",
        LOOKING | {ADMIN},
        "f",
        ("reviews:finding_",),
    ),
    Entry(
        "People",
        "Requests",
        "privacy_requests:request_list",
        "mail",
        frozenset({OFFICER}),
        "q",
        ("privacy_requests:",),
    ),
    Entry("People", "People and roles", "accounts:people_list", "users", STAFF - {ML}, "p", ("accounts:",)),
    Entry(
        "People",
        "Notices and law",
        "jurisdictions:notice_list",
        "scale",
        STAFF - {ML},
        "n",
        ("jurisdictions:",),
    ),
    Entry("Accountability", "Audit log", "audits:entry_list", "list-check", STAFF - {ML}, "l", ("audits:",)),
    Entry("Accountability", "Reports", "reviews:report", "chart-bar", STAFF, "t", ("reviews:report",)),
)

OWN_ENTRIES: tuple[Entry, ...] = (
    Entry("", "My capture", "privacy_requests_me:home", "shield-check", frozenset(), "m"),
    Entry(
        "",
        "My sessions",
        "capture_sessions_me:session_list",
        "stack-2",
        frozenset(),
        "s",
        ("capture_sessions_me:",),
    ),
    Entry("", "Who looked", "reviews_me:look_list", "eye", frozenset(), "w", ("reviews_me:",)),
    Entry(
        "",
        "My requests",
        "privacy_requests_me:request_list",
        "mail",
        frozenset(),
        "q",
        ("privacy_requests_me:request",),
    ),
    Entry(
        "", "Notices", "jurisdictions_me:notice_list", "file-text", frozenset(), "n", ("jurisdictions_me:",)
    ),
)


def in_own_area(request: HttpRequest) -> bool:
    """True for the employee's pages, which have a navigation of their own."""
    return request.path.startswith("/me/")


def sections_for(request: HttpRequest, roles: frozenset[str]) -> tuple[Section, ...]:
    """What this person is offered in this part of the console."""
    if in_own_area(request) or not roles:
        return _sections(request, OWN_ENTRIES)
    return _sections(request, [entry for entry in STAFF_ENTRIES if entry.roles & roles])


def address_of(url_name: str) -> str:
    """The address of a page, or nothing when there is no such page."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def _sections(request: HttpRequest, entries: Iterable[Entry]) -> tuple[Section, ...]:
    view_name = request.resolver_match.view_name if request.resolver_match else ""
    found: dict[str, list[Link]] = {}
    for entry in entries:
        url = address_of(entry.url_name)
        if url:
            current = view_name == entry.url_name or view_name.startswith(entry.also or ("\0",))
            found.setdefault(entry.section, []).append(Link(entry.label, url, entry.icon, entry.key, current))
    return tuple(Section(label, tuple(links)) for label, links in found.items())
