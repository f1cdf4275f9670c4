"""Every entry of the log can be read in words, and no words are left of what is gone."""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.http import QueryDict

from accounts.permissions import table
from accounts.sign_ins import EVENT_NAMES
from audits import registry, search, words
from audits.actions import append
from audits.models import AuditEntry
from audits.templatetags.audit_names import action, search_words
from tests.server.audit_examples.test_examples import MODULES
from tests.server.audits.support import BEAT
from tests.server.cast import Cast

#: Actions under whose own name nothing is ever written, each with what is written instead.
UNWRITTEN = {
    "audits.record_event": "the name of the event",
    "capture_sessions.store_part": "nothing: begin_upload and accept_upload name the digests of all parts",
    "reviews.open_scan_findings": "reviews.open_finding, for each finding",
}
#: Strings that look like codes and are no actions.
LOCKS = {"capture_policies.repository", "capture_policies.rollouts"}
COUNTERS = {"capture_policies.release_number", "capture_policies.version_number"}
_CODE = re.compile(rf"({'|'.join(settings.OUR_APPS)})\.([a-z_]+)")


@functools.cache
def _strings() -> dict[str, set[str]]:
    """What looks like a code in the source of the apps -> the names of the files it stands in."""
    found: dict[str, set[str]] = {}
    for path, tree in _sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value):
                found.setdefault(node.value, set()).add(path.name)
    return found


def _sources() -> Iterator[tuple[Path, ast.Module]]:
    for app in settings.OUR_APPS:
        folder = Path(apps.get_app_config(app).path)
        for path in sorted(folder.rglob("*.py")):
            if "migrations" not in path.parts and path.name != "log_words.py":
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def _written() -> set[str]:
    """Codes that are given to the log as ``action="..."``."""
    return {
        keyword.value.value
        for _, tree in _sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "action"
        and isinstance(keyword.value, ast.Constant)
        and isinstance(keyword.value.value, str)
        and _CODE.fullmatch(keyword.value.value)
    }


def _registered() -> set[str]:
    assert MODULES  # importing them registers their actions
    return {name for name in registry.actions() if not name.startswith("audits.test_")}


def _is_something_else(code: str) -> bool:
    """A permission, a model, a module, a lock or a counter."""
    app, _, name = code.partition(".")
    models = {model._meta.model_name for model in apps.get_app_config(app).get_models()}
    return (
        code in {*table(), *LOCKS, *COUNTERS} or name in models or importlib.util.find_spec(code) is not None
    )


def test_every_action_and_event_has_words() -> None:
    wanted = (_registered() - UNWRITTEN.keys()) | _written() | EVENT_NAMES
    assert wanted - words.words().keys() == set(), "say in <app>/log_words.py what they are in words"


def test_a_code_in_the_source_is_in_words_or_no_action() -> None:
    """Also where the name is handed on in a variable before it reaches the log."""
    unknown = {
        code
        for code in _strings().keys() - words.words().keys() - UNWRITTEN.keys()
        if not _is_something_else(code)
    }
    assert unknown == set()


def test_no_words_for_what_does_not_exist() -> None:
    gone = {name for name in words.words() if name not in _registered() and not _strings().get(name, set())}
    assert gone == set(), "nothing writes these"
    assert UNWRITTEN.keys() & words.words().keys() == set()
    assert UNWRITTEN.keys() <= _registered()


def test_words_are_short_sentences_that_differ() -> None:
    found = words.words()
    assert len(set(found.values())) == len(found)
    for code, spoken in found.items():
        assert re.fullmatch(r"[A-Z][A-Za-z' -]{5,69}", spoken), code


def test_each_app_speaks_for_its_own_entries() -> None:
    for app in settings.OUR_APPS:
        module = importlib.import_module(f"{app}.log_words")
        assert {name for name in module.WORDS if not name.startswith(f"{app}.")} == set()
    assert len(words.words()) == sum(len(group) for _, group in words.action_choices())


def test_an_action_without_words_is_shown_by_its_code() -> None:
    assert action("reviews.record_view") == (
        'Looked at a session <code class="row-note">reviews.record_view</code>'
    )
    assert action("reviews.of_old") == "<code>reviews.of_old</code>"


def test_the_pages_say_it_in_words_with_the_code(cast: Cast) -> None:
    pk = append(action="agents.set_tags", actor=BEAT, obj=cast.device)
    other = append(action="agents.renew_lease", actor=BEAT, obj=cast.device)
    browser = cast.client("auditor")
    for address in ("/audit/", f"/audit/{pk}/", f"/audit/{other}/"):
        page = browser.get(address).content.decode()
        assert 'Changed the tags of a device <code class="row-note">agents.set_tags</code>' in page
        assert 'Renewed a lease <code class="row-note">agents.renew_lease</code>' in page


def test_the_filter_offers_words_in_groups(cast: Cast) -> None:
    page = cast.client("auditor").get("/audit/?action=reviews.record_view").content.decode()
    assert '<optgroup label="Capture policies">' in page
    assert '<option value="reviews.record_view" selected>Looked at a session</option>' in page


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("renewed", True),
        ("Renewed a lease", True),
        ("LEASE renewed", True),
        ("agents.renew_lease", True),
        ("renewed session", False),
        ("tags", False),
    ],
)
def test_entries_are_found_by_words(cast: Cast, text: str, found: bool) -> None:
    pk = append(action="agents.renew_lease", actor=BEAT, obj=cast.device)
    append(action="agents.set_tags", actor=BEAT, obj=cast.device)
    rows = search.by_words(AuditEntry.objects.all(), text)
    assert rows.filter(pk=pk).exists() == found


def test_words_and_ids_are_found_together(cast: Cast) -> None:
    """A word may be the name of an action, and the next one the id of what it was done to."""
    pk = append(action="agents.renew_lease", actor=BEAT, obj=cast.device)
    append(action="agents.renew_lease", actor=BEAT, obj=None)
    rows = AuditEntry.objects.all()
    assert [row.pk for row in search.by_words(rows, f"renewed {cast.device.pk}")] == [pk]
    assert [row.pk for row in search.by_words(rows, f"{pk} lease {cast.device.pk}")] == [pk]
    assert not search.by_words(rows, f"tags {cast.device.pk}").filter(pk=pk).exists()


def test_words_are_looked_up_among_the_actions_and_never_in_the_entries() -> None:
    sql = str(search.by_words(AuditEntry.objects.all(), "looked at a session").query)
    assert "LIKE" not in sql.upper()
    assert "reviews.record_view" in sql


def test_words_that_no_action_has_together_do_not_read_the_whole_log() -> None:
    """PostgreSQL expects many entries where each word alone has many: it is told which actions have all."""
    where = str(search.by_words(AuditEntry.objects.all(), "renewed session").query)
    separately, together = where.count('"action" IN'), where.count('"action" = ')
    assert (separately, together) == (2, 4), "the third condition leaves ids only"


def test_a_kept_search_names_its_action_in_words(cast: Cast) -> None:
    query = QueryDict("action=reviews.record_view&q=beat&since=2026-01-01").urlencode()
    assert search_words(query) == "“Looked at a session”, beat, from 2026-01-01"
    page = cast.client("auditor").get(f"/audit/searches/new/?{query}").content.decode()
    assert "Looked at a session" in page
