"""The catalogue and the import of a draft in the browser, and the files that are given out."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from capture_policies import bulk
from tests.server.capture_policies.living import live
from tests.server.capture_policies.support import EXCEL, JIRA, Desk

pytestmark = pytest.mark.django_db
Text = Callable[[Any], str]
PICK = {"signals": ["click", "scroll"], "keystrokes": "none", "owner": "Office tools", "purpose": ""}
TABLE = "id,kind,label,origin,signals\r\nwiki,site,Wiki,https://wiki.example.com,click\r\njira,site,Jira,jira.example.com,click\r\n"


def url(name: str, *args: Any) -> str:
    return reverse(f"capture_policies:{name}", args=args)


def upload(text: str | bytes, name: str = "entries.csv") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)}


def hidden(page: str) -> dict[str, str]:
    """What the preview sends back."""
    found = dict(re.findall(r'<input type="hidden" name="(content|form|seen)" value="([^"]*)"', page))
    return {name: html.unescape(value) for name, value in found.items()}


def test_several_are_picked_at_once_with_the_least_of_signals(desk: Desk, as_text: Text) -> None:
    client, draft = desk.cast.client("ml"), desk.draft()
    page = client.get(url("draft_catalogue", draft.pk))
    assert page.context["form"]["signals"].value() == ("click", "scroll")
    assert "Jira, in the draft" in as_text(page)
    sent = {
        **PICK,
        "items": ["microsoft-excel", "zendesk"],
        "tenant-zendesk": "acme",
        "justification": "Tickets",
        "review_by": "2027-01-31",
    }
    made = client.post(url("draft_catalogue", draft.pk), sent)
    assert made["Location"] == url("draft_detail", draft.pk)
    row = draft.entries.get(key="zendesk")
    assert row.match["origin"] == "https://acme.zendesk.com"
    assert (row.signals, row.keystrokes, row.owner) == (["click", "scroll"], "none", "Office tools")
    assert row.review_by is not None
    assert draft.entries.get(key="microsoft-excel").purpose == ""
    assert "Added to the draft: 2 entries." in as_text(client.get(made["Location"]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"items": []}, "Check at least one app or site."),
        ({"items": ["zendesk"]}, "give your own part of its address"),
        ({"items": ["jira"], "tenant-jira": "acme"}, "Jira is in the draft already."),
        ({"items": ["nonsense"]}, "not one of the available choices"),
        ({"items": ["slack"], "signals": []}, "This field is required."),
    ],
)
def test_what_cannot_be_picked_is_said_and_the_choice_is_kept(
    desk: Desk, as_text: Text, change: dict[str, Any], words: str
) -> None:
    client, draft = desk.cast.client("admin"), desk.draft()
    answer = client.post(url("draft_catalogue", draft.pk), {**PICK, "items": [], **change})
    assert answer.status_code == 422
    assert words in as_text(answer)
    assert draft.entries.count() == 1
    if change["items"] == ["zendesk"]:
        assert re.search(r'value="zendesk"\s+checked', as_text(answer))


def test_searching_the_catalogue_stores_nothing_and_keeps_what_is_checked(desk: Desk, as_text: Text) -> None:
    client, draft = desk.cast.client("admin"), desk.draft()
    sent = {
        **PICK,
        "items": ["zendesk"],
        "tenant-zendesk": "acme",
        "search": "1",
        "q": "excel",
        "category": "",
    }
    page = client.post(url("draft_catalogue", draft.pk), sent)
    assert page.status_code == 200
    [(picked, [chosen]), (shelf, [found])] = page.context["shelves"]
    assert picked is None
    assert (chosen["item"].id, chosen["tenant"], chosen["picked"]) == ("zendesk", "acme", True)
    assert (shelf.key, found["item"].id) == ("documents", "microsoft-excel")
    assert draft.entries.count() == 1
    narrowed = client.get(url("draft_catalogue", draft.pk), {"category": "finance"})
    assert [shelf.key for shelf, _ in narrowed.context["shelves"]] == ["finance"]
    nothing = client.get(url("draft_catalogue", draft.pk), {"q": "no such thing"})
    assert "Nothing matches" in as_text(nothing)


def test_a_file_is_shown_first_and_stored_with_the_second_click(desk: Desk, as_text: Text) -> None:
    client, draft = desk.cast.client("admin"), desk.draft()
    address = url("draft_import", draft.pk)
    assert "What a file looks like" in as_text(client.get(address))
    page = as_text(client.post(address, upload(TABLE)))
    for words in (
        "Nothing is stored yet",
        "Put 1\N{NO-BREAK SPACE}entry into the draft",
        "match.origin: Write the origin",
        "Wiki",
    ):
        assert words in page
    assert draft.entries.count() == 1
    back = hidden(page)
    assert back["form"] == "csv"
    sent = {**back, "content": back["content"].replace("\n", "\r\n")}  # as browsers send it
    made = client.post(address, sent)
    assert made["Location"] == url("draft_detail", draft.pk)
    assert "Imported: 1 entry added, 0 changed." in as_text(client.get(made["Location"]))
    assert {row.key for row in draft.entries.all()} == {"jira", "wiki"}
    late = client.post(address, sent)
    assert late.status_code == 422
    assert "changed meanwhile" in as_text(late)


def test_changes_are_told_in_words_and_a_file_without_any_says_so(desk: Desk, as_text: Text) -> None:
    client, draft = desk.cast.client("admin"), desk.draft()
    address = url("draft_import", draft.pk)
    changed = bulk.to_yaml([{**JIRA, "signals": ["click", "text", "screenshot"]}])
    page = as_text(client.post(address, upload(changed, "entries.YAML")))
    assert "screenshots" in page
    assert "Changed" in page
    assert hidden(page)["form"] == "yaml"
    same = as_text(client.post(address, upload(bulk.to_yaml([JIRA]), "entries.yml")))
    assert "The file changes nothing in this draft." in same
    assert not hidden(same)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (upload(b"\xff\x00\xff"), "save the file as UTF-8"),
        (upload(b"x" * (bulk.MAX_BYTES + 1)), "512 KB"),
        (upload("id,colour\n"), "There is no column “colour”"),
        ({}, "This field is required."),
        ({"content": "id", "form": "csv", "seen": ""}, "came back incomplete"),
        ({"content": "a\u0001" * 300_000, "form": "csv", "seen": "x"}, "came back incomplete"),
        ({"content": "id\n", "form": "csv", "seen": "x"}, "The column kind is missing"),
    ],
)
def test_what_is_no_file_of_entries_is_refused(
    desk: Desk, as_text: Text, sent: dict[str, Any], words: str
) -> None:
    for given in sent.values():
        if isinstance(given, SimpleUploadedFile):
            given.seek(0)
    client, draft = desk.cast.client("admin"), desk.draft()
    answer = client.post(url("draft_import", draft.pk), sent)
    assert answer.status_code == 422
    assert words in as_text(answer)


def test_files_of_the_live_policy_and_of_a_draft_read_back_without_a_difference(desk: Desk) -> None:
    live(desk, [{**JIRA, "label": "=1+1"}, EXCEL])
    draft = desk.draft(entries=[EXCEL])
    client = desk.cast.client("ml")
    for address, docs in (
        (url("allowlist_csv"), 2),
        (url("allowlist_yaml"), 2),
        (url("draft_csv", draft.pk), 1),
        (url("draft_yaml", draft.pk), 1),
    ):
        answer = client.get(address)
        form = address.rsplit(".", 1)[1]
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Disposition"].endswith(f'.{form}"')
        rows = bulk.read(bulk.text_of(answer.content), form)
        held = [{**JIRA, "label": "=1+1"}, EXCEL][-docs:]
        plan = bulk.plan(rows, held)
        assert (len(plan.unchanged), plan.docs, plan.refused) == (docs, [], [])
    assert b"'=1+1" in client.get(url("allowlist_csv")).content
