"""Who decides on a page when a site's own entry no longer does: a less specific one that may allow more.

Two entries never name one program, so that an app has no heir. Answers in a few look-ups per entry, because a
policy may have ten thousand of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mci_core.policy_model import Entry, SiteMatch
from mci_core.policy_sites import Place, site_place

_Key = tuple[str, int, str, tuple[str, ...]]


class Heirs:
    """The sites of one policy, found by the pages that they may take over from more specific ones."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._exact: dict[_Key, tuple[Entry, bool]] = {}
        self._below: dict[_Key, Entry] = {}
        self._unreadable: Entry | None = None
        self._any: Entry | None = None
        for entry in entries:
            if isinstance(entry.match, SiteMatch):
                self._any = self._any or entry
                self._add(entry, site_place(entry.match), entry.match.subdomains)

    def _add(self, entry: Entry, place: Place | None, subdomains: bool) -> None:
        if place is None:
            self._unreadable = self._unreadable or entry
            return
        self._exact[_key(place, place.host, place.segments)] = entry, subdomains
        if subdomains:
            for length in range(len(place.segments)):
                self._below.setdefault(_key(place, place.host, place.segments[:length]), entry)

    def of(self, entry: Entry) -> Entry | None:
        """An entry that would decide in some place of this site if the site's own did not; None if none
        would. A site that cannot be read has any other one as heir.
        """
        if not isinstance(entry.match, SiteMatch):
            return None
        place = site_place(entry.match)
        if place is None:
            return self._any
        return self._unreadable or next(self._less_specific(place), None)

    def _less_specific(self, place: Place) -> Iterator[Entry]:
        for length in range(len(place.segments)):
            found = self._exact.get(_key(place, place.host, place.segments[:length]))
            if found is not None:
                yield found[0]
        for host in _above(place.host):
            for length in range(len(place.segments) + 1):
                found = self._exact.get(_key(place, host, place.segments[:length]))
                if found is not None and found[1]:
                    yield found[0]
            # A less specific host with a longer path: its pages lie within the pages of this site.
            below = self._below.get(_key(place, host, place.segments))
            if below is not None:
                yield below


def _key(place: Place, host: str, segments: tuple[str, ...]) -> _Key:
    return place.scheme, place.port, host, segments


def _above(host: str) -> Iterator[str]:
    while "." in host:
        host = host.split(".", 1)[1]
        yield host
