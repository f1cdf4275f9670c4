"""Site matching: which URL lies in which allowed site. Everything doubtful lies in none.

Browsers and servers read odd URLs differently (user names, backslashes, encoded dots, doubled slashes). A
URL that two programs could read as two places matches no entry, so nothing is captured there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import idna

from mci_core.policy_model import SiteMatch

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#\\]+)(?P<path>/[^?#\\]*)?(?:\?[^#]*)?(?:#.*)?",
    re.IGNORECASE | re.DOTALL,
)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^:@\[\]%]+)(?::(?P<port>[0-9]{0,5}))?", re.IGNORECASE)
_ASCII_HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORT = {"http": 80, "https": 443}
MAX_URL = 8192


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL points: scheme, host in ASCII (punycode), port, and the segments of its path."""

    scheme: str
    host: str
    port: int
    segments: tuple[str, ...]
    trailing_slash: bool = False

    @property
    def is_address(self) -> bool:
        """The host is an IP address, which has no sub-domains."""
        return self.host.startswith("[") or self.host.rsplit(".", 1)[-1].isdigit()


def parse_url(url: str) -> Place | None:
    """Read an http or https URL strictly; None for every other or doubtful one."""
    if len(url) > MAX_URL or any(char <= " " or char == "\x7f" for char in url):
        return None
    match = _URL.fullmatch(url)
    authority = _AUTHORITY.fullmatch(match["authority"]) if match else None
    if match is None or authority is None:
        return None
    scheme = match["scheme"].lower()
    host = _host(authority["host"])
    port = int(authority["port"] or _DEFAULT_PORT[scheme])
    path = match["path"] or "/"
    segments = _segments(path)
    if host is None or segments is None or not 0 < port < 65536:
        return None
    return Place(scheme, host, port, segments, path.endswith("/"))


def _host(raw: str) -> str | None:
    if raw.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(raw[1:-1]).compressed}]"
        except ValueError:
            return None
    host = raw.lower()
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    return host if len(host) <= 253 and _ASCII_HOST.fullmatch(host) else None


def _segments(path: str) -> tuple[str, ...] | None:
    """Segments with their needless percent signs undone.

    None where readers may disagree about the place.
    """
    parts = [_ENCODED.sub(_decode, part) for part in path[1:].split("/")]
    if parts[-1] == "":
        parts.pop()
    # `;x=1` after a segment is a parameter to some servers and part of the name to others: it never
    # decides.
    names = tuple(part.split(";", 1)[0] for part in parts)
    if any(name in ("", ".", "..") for name in names) or any(
        "%2F" in name or "%5C" in name for name in names
    ):
        return None
    return names


def _decode(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if char in _UNRESERVED else match[0].upper()


@lru_cache(maxsize=32_768)
def site_place(site: SiteMatch) -> Place | None:
    """The place that a site entry names; None if its origin or path is not well formed."""
    if not site.path_prefix.startswith("/") or any(char in site.path_prefix for char in ";?#"):
        return None
    origin = parse_url(site.origin)
    if origin is None or origin.segments or any(char in site.origin for char in "?#"):
        return None
    return parse_url(site.origin.rstrip("/") + site.path_prefix)


def site_problem(site: SiteMatch) -> tuple[str, str] | None:
    """What is wrong with a site entry: the field and a sentence, or None."""
    if site_place(SiteMatch(site.origin)) is None:
        return (
            "origin",
            "Write the origin as https://host or https://host:port, without user name, path or query.",
        )
    place = site_place(site)
    if place is None:
        return "path_prefix", "Write the path as /segment/segment, without query, dots or empty segments."
    if site.subdomains and (place.is_address or "." not in place.host):
        return "subdomains", "Sub-domains need a host name of at least two parts, and an address has none."
    return None


def covers(entry: Place, place: Place, subdomains: bool) -> bool:
    """Whether `place` lies in the site `entry`: same scheme and port, host same or below, whole segments."""
    same_host = entry.host == place.host or (
        subdomains and not place.is_address and place.host.endswith("." + entry.host)
    )
    if not same_host or (entry.scheme, entry.port) != (place.scheme, place.port):
        return False
    return place.segments[: len(entry.segments)] == entry.segments


def specificity(place: Place) -> tuple[int, int]:
    """The more host labels, then the more path segments, the narrower a site is meant."""
    return place.host.count("."), len(place.segments)


Key = TypeVar("Key")


def matches(sites: Iterable[tuple[Key, Place, bool]], url: str) -> tuple[Key, ...]:
    """The sites that a URL lies in, the most specific one first."""
    place = parse_url(url)
    if place is None:
        return ()
    found = [(specificity(site), key) for key, site, subdomains in sites if covers(site, place, subdomains)]
    return tuple(key for _, key in sorted(found, key=lambda item: item[0], reverse=True))
