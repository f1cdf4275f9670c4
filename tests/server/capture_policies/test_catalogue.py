"""The catalogue: what stands in it can be put into a policy as it is, and two items never mean the same."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from capture_policies import catalogue
from mci_core import policy
from mci_core.errors import Invalid
from mci_core.evaluator_foreground import Foreground, is_browser
from mci_core.policy import AppMatch, SiteMatch
from mci_core.policy_sites import site_problem

ITEMS = catalogue.items()
LEAST = {"signals": ["click", "scroll"], "keystrokes": "none", "frame_interval_s": 0}


def test_it_holds_the_common_apps_and_sites_of_every_kind_of_work() -> None:
    assert len(ITEMS) >= 150
    assert Counter(item.kind for item in ITEMS)["app"] >= 60
    assert len(catalogue.categories()) >= 8
    for name in ("microsoft-excel", "slack", "jira", "github", "visual-studio-code", "salesforce", "figma"):
        assert name in catalogue.by_id()


def test_all_of_it_together_is_a_valid_policy() -> None:
    entries = [item.entry(LEAST, "example") for item in ITEMS]
    parsed = policy.parse({**policy.new_document("Everything"), "entries": entries})
    assert len(parsed.entries) == len(ITEMS)
    assert policy.check_policy_for_approval(parsed) == []


def test_names_are_given_once_and_ids_fit_a_draft() -> None:
    for values in ([item.id for item in ITEMS], [(item.kind, item.label.casefold()) for item in ITEMS]):
        assert [value for value, count in Counter(values).items() if count > 1] == []
    for item in ITEMS:
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", item.id), item.id
        assert 0 < len(item.label) <= 80


@pytest.mark.parametrize("item", [item for item in ITEMS if item.kind == "site"], ids=lambda item: item.id)
def test_a_site_is_an_origin_over_https(item: catalogue.Item) -> None:
    assert set(item.match) == {"origin", "path_prefix", "subdomains"}
    entry = policy.parse_entry(item.entry(LEAST, "example"))
    assert isinstance(entry.match, SiteMatch)
    assert site_problem(entry.match) is None
    assert entry.match.origin.startswith("https://")
    assert entry.match.origin == entry.match.origin.lower()


@pytest.mark.parametrize("item", [item for item in ITEMS if item.kind == "app"], ids=lambda item: item.id)
def test_an_app_is_known_by_files_and_bundles_and_is_no_browser(item: catalogue.Item) -> None:
    entry = policy.parse_entry(item.entry(LEAST))
    match = entry.match
    assert isinstance(match, AppMatch)
    assert not match.names
    assert all(name.lower().endswith((".exe", ".bin")) for name in match.windows)
    assert all(re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9_-]+)+", name) for name in match.macos)
    assert all("/" not in name and "\\" not in name for name in (*match.windows, *match.linux))
    for name in (*match.windows, *match.linux):
        assert not is_browser(Foreground(exe=name))
    for name in match.macos:
        assert not is_browser(Foreground(os="macos", bundle=name))


def test_it_is_searched_by_words_and_by_category() -> None:
    assert [item.id for item in catalogue.found("excel com.microsoft")] == ["microsoft-excel"]
    assert {item.category.key for item in catalogue.found(category="finance")} == {"finance"}
    assert catalogue.found("no such program") == []
    assert catalogue.found("wikipedia")[0].where == "https://wikipedia.org and its sub-domains"
    assert catalogue.found("google docs")[0].where == "https://docs.google.com/document"


def test_the_own_part_of_an_address_is_asked_for() -> None:
    jira = catalogue.by_id()["jira"]
    assert jira.entry(LEAST, " Acme ")["match"]["origin"] == "https://acme.atlassian.net"
    for wrong in ("", "a b", "acme/evil", "acme@x", "-acme", "a..b"):
        with pytest.raises(Invalid) as fault:
            jira.entry(LEAST, wrong)
        assert fault.value.field == "tenant"
