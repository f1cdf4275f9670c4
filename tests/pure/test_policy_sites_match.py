"""Which URL lies in which site: a table of the cases in which matching by text goes wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mci_core.policy_model import SiteMatch
from mci_core.policy_sites import (
    covers,
    matches,
    parse_url,
    site_place,
    site_problem,
    specificity,
)

CASES = [
    # origin, path, sub-domains, URL, lies in it
    ("https://jira.example.com", "/", False, "https://jira.example.com/browse/X-1?a=b#c", True),
    ("https://jira.example.com", "/", False, "https://jira.example.com", True),
    ("https://jira.example.com", "/", False, "HTTPS://JIRA.EXAMPLE.COM/", True),
    ("https://jira.example.com", "/", False, "http://jira.example.com/", False),
    ("https://jira.example.com", "/", False, "https://example.com/", False),
    ("https://jira.example.com", "/", False, "https://jira.example.com.evil.example/", False),
    ("https://jira.example.com", "/", False, "https://evil.example/?https://jira.example.com/", False),
    ("https://jira.example.com", "/", False, "https://jira.example.com./", False),
    # ports
    ("https://jira.example.com", "/", False, "https://jira.example.com:443/", True),
    ("https://jira.example.com", "/", False, "https://jira.example.com:/", True),
    ("https://jira.example.com", "/", False, "https://jira.example.com:8443/", False),
    ("https://jira.example.com:8443", "/", False, "https://jira.example.com:8443/x", True),
    ("http://jira.example.com", "/", False, "http://jira.example.com:80/", True),
    ("http://jira.example.com:443", "/", False, "https://jira.example.com/", False),
    ("https://jira.example.com", "/", False, "https://jira.example.com:0/", False),
    ("https://jira.example.com", "/", False, "https://jira.example.com:99999/", False),
    ("https://jira.example.com", "/", False, "https://jira.example.com:443443/", False),
    # sub-domains
    ("https://example.com", "/", False, "https://wiki.example.com/", False),
    ("https://example.com", "/", True, "https://wiki.example.com/", True),
    ("https://example.com", "/", True, "https://a.b.example.com/", True),
    ("https://example.com", "/", True, "https://example.com/", True),
    ("https://example.com", "/", True, "https://notexample.com/", False),
    ("https://example.com", "/", True, "https://.example.com/", False),
    ("https://example.com", "/", True, "https://wiki.example.com:8443/", False),
    # user information
    ("https://jira.example.com", "/", False, "https://me@jira.example.com/", False),
    ("https://jira.example.com", "/", False, "https://me:secret@jira.example.com/", False),
    ("https://jira.example.com", "/", False, "https://jira.example.com@evil.example/", False),
    ("https://jira.example.com", "/", False, "https://@jira.example.com/", False),
    # path segments
    ("https://example.com", "/app", False, "https://example.com/app", True),
    ("https://example.com", "/app", False, "https://example.com/app/", True),
    ("https://example.com", "/app/", False, "https://example.com/app", True),
    ("https://example.com", "/app", False, "https://example.com/app/x?y", True),
    ("https://example.com", "/app", False, "https://example.com/app?x", True),
    ("https://example.com", "/app", False, "https://example.com/app#x", True),
    ("https://example.com", "/app", False, "https://example.com/apple", False),
    ("https://example.com", "/app", False, "https://example.com/App", False),
    ("https://example.com", "/app", False, "https://example.com/", False),
    ("https://example.com", "/app", False, "https://example.com/%61pp/x", True),
    ("https://example.com", "/app", False, "https://example.com/app;v=1/x", True),
    ("https://example.com", "/app", False, "https://example.com/app%2Fx", False),
    ("https://example.com", "/", False, "https://example.com/app%2fx", False),
    ("https://example.com", "/", False, "https://example.com/app%5cx", False),
    ("https://example.com", "/app", False, "https://example.com/app/../private", False),
    ("https://example.com", "/app", False, "https://example.com/app/%2e%2E/private", False),
    ("https://example.com", "/", False, "https://example.com//private", False),
    ("https://example.com", "/app", False, "https://example.com/app/caf%C3%A9", True),
    ("https://example.com", "/caf%c3%a9", False, "https://example.com/caf%C3%A9/x", True),
    # international names
    ("https://münchen.example", "/", False, "https://xn--mnchen-3ya.example/", True),
    ("https://xn--mnchen-3ya.example", "/", False, "https://MÜNCHEN.example/", True),
    ("https://faß.example", "/", False, "https://fass.example/", False),
    ("https://example.com", "/", False, "https://\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.com/", True),
    ("https://example.com", "/", False, "https://\u0435\u0445ample.com/", False),
    ("https://example.com", "/", True, "https://münchen.example.com/", True),
    ("https://example.com", "/", True, "https://ü..example.com/", False),
    # addresses
    ("https://127.0.0.1", "/", False, "https://127.0.0.1/", True),
    ("https://127.0.0.1", "/", True, "https://1.127.0.0.1/", False),
    ("http://[::1]:8000", "/", False, "http://[0:0:0:0:0:0:0:1]:8000/x", True),
    ("http://[::1]:8000", "/", False, "http://[::2]:8000/x", False),
    ("http://[::1]:8000", "/", False, "http://[:::1]:8000/x", False),
    # what is no address of a page
    ("https://example.com", "/", False, "https:/example.com/", False),
    ("https://example.com", "/", False, "https:\\\\example.com\\", False),
    ("https://example.com", "/", False, "https://evil.example\\@example.com/", False),
    ("https://example.com", "/", False, "https://example.com\\.evil.example/", False),
    ("https://example.com", "/", False, "https://exa\tmple.com/", False),
    ("https://example.com", "/", False, " https://example.com/", False),
    ("https://example.com", "/", False, "https://example.com/\n", False),
    ("https://example.com", "/", False, "https://example%2Ecom/", False),
    ("https://example.com", "/", False, "javascript:https://example.com/", False),
    ("https://example.com", "/", False, "view-source:https://example.com/", False),
    ("https://example.com", "/", False, "about:blank", False),
    ("https://example.com", "/", False, "", False),
    ("https://example.com", "/", False, "https://", False),
    ("https://example.com", "/", False, "https://example.com/" + "x" * 9000, False),
    ("https://example.com", "/", False, "https://" + "a" * 64 + ".example.com/", False),
]


@pytest.mark.parametrize(("origin", "path", "subdomains", "url", "inside"), CASES)
def test_a_url_lies_in_a_site_or_not(
    origin: str, path: str, subdomains: bool, url: str, inside: bool
) -> None:
    site = SiteMatch(origin, path, subdomains)
    place = site_place(site)
    assert place is not None
    assert (matches([("here", place, subdomains)], url) == ("here",)) is inside


def test_the_most_specific_site_decides_whatever_the_order() -> None:
    written = {
        "all": SiteMatch("https://example.com", "/", True),
        "wiki": SiteMatch("https://wiki.example.com", "/"),
        "hr": SiteMatch("https://wiki.example.com", "/hr"),
        "deep": SiteMatch("https://example.com", "/a/b/c", True),
    }
    sites = [(name, place, site.subdomains) for name, site in written.items() if (place := site_place(site))]
    for ordered in (sites, sites[::-1]):
        assert matches(ordered, "https://wiki.example.com/hr/pay") == ("hr", "wiki", "all")
        assert matches(ordered, "https://wiki.example.com/a/b/c") == ("wiki", "deep", "all")
        assert matches(ordered, "https://example.com/a/b/c/d") == ("deep", "all")
        assert matches(ordered, "https://other.example.com/") == ("all",)
        assert matches(ordered, "https://example.org/") == ()


@pytest.mark.parametrize(
    ("site", "field"),
    [
        (SiteMatch("example.com"), "origin"),
        (SiteMatch("https://example.com/#x"), "origin"),
        (SiteMatch("https://example.com", "//"), "path_prefix"),
        (SiteMatch("https://example.com", "/a;b"), "path_prefix"),
        (SiteMatch("https://intranet", "/", True), "subdomains"),
        (SiteMatch("https://[::1]", "/", True), "subdomains"),
    ],
)
def test_a_site_that_is_not_well_formed_names_its_field(site: SiteMatch, field: str) -> None:
    problem = site_problem(site)
    assert problem is not None
    assert problem[0] == field


HOSTS = st.sampled_from(["example.com", "a.example.com", "b.a.example.com", "notexample.com", "10.0.0.1"])
PATHS = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=3).map(lambda parts: "/" + "/".join(parts))
SITES = st.builds(
    lambda host, path, below: SiteMatch(f"https://{host}", path, below), HOSTS, PATHS, st.booleans()
)


@given(SITES, SITES, HOSTS, PATHS)
def test_of_two_sites_that_share_a_page_one_is_more_specific(
    one: SiteMatch, two: SiteMatch, host: str, path: str
) -> None:
    page, here, there = parse_url(f"https://{host}{path}"), site_place(one), site_place(two)
    assert page is not None
    assert here is not None
    assert there is not None
    if covers(here, page, one.subdomains) and covers(there, page, two.subdomains):
        assert here == there or specificity(here) != specificity(there)


@given(st.text(max_size=60))
def test_no_text_makes_the_parser_fail(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.com/{text}"):
        place = parse_url(url)
        if place is not None:
            assert place.host.isascii()
            assert ".." not in place.segments


@given(st.text(alphabet="exampl.com/@\\:#?%2eF;[]0 \t", max_size=40))
def test_a_host_inside_the_site_ends_with_the_name_of_the_site(text: str) -> None:
    place = parse_url("https://" + text)
    site = site_place(SiteMatch("https://example.com", "/", True))
    assert site is not None
    if place is not None and covers(site, place, True):
        assert place.host == "example.com" or place.host.endswith(".example.com")
        assert "@" not in text.split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
