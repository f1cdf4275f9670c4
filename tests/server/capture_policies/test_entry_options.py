"""The part of the entry form that may stay empty: what is filled in comes back, and what is not stays out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Department
from capture_policies import document, words
from mci_core.policy import parse_entry
from tests.server.capture_policies.support import JIRA, Desk

pytestmark = pytest.mark.django_db
Text = Callable[[Any], str]
FORM = {
    "kind": "site",
    "label": "Jira",
    "key": "jira",
    "origin": "https://jira.example.com",
    "path_prefix": "/",
    "signals": ["click", "text"],
    "keystrokes": "none",
    "frame_interval_s": "0",
}
GONE = "11111111-2222-4333-8444-555555555555"


def test_what_is_filled_in_stands_in_the_document_and_in_the_form_again(desk: Desk, as_text: Text) -> None:
    group = Department.objects.create(name="Finance")
    draft, client = desk.draft(), desk.cast.client("admin")
    entry = draft.entries.get()
    path = reverse("capture_policies:draft_entry", args=[draft.pk, entry.pk])
    filled = {
        "groups": [str(group.pk)],
        "platforms": ["windows", "macos"],
        "tags": "Pilot\n\nsupport-desk\n",
        "work_places": "us-ny\nDE",
        "windows_excluded": "*salary*\n*diary*",
        "expires": "2027-06-30",
        "review_by": "2027-01-31",
        "owner": "Support desk",
        "entry_purpose": "data_quality",
        "justification": "Tickets are the work.",
    }
    assert client.post(path, FORM | filled).status_code == 302
    entry.refresh_from_db()
    assert document.entry_doc(entry) == JIRA | {
        "scope": {
            "groups": [str(group.pk)],
            "platforms": ["macos", "windows"],
            "tags": ["pilot", "support-desk"],
            "places": ["DE", "US-NY"],
        },
        "windows_excluded": ["*salary*", "*diary*"],
        "expires": "2027-06-30",
        "review_by": "2027-01-31",
        "owner": "Support desk",
        "purpose": "data_quality",
        "justification": "Tickets are the work.",
    }
    form = client.get(path).context["form"]
    assert form["groups"].value() == [str(group.pk)]
    assert form["tags"].value() == "pilot\nsupport-desk"
    assert "2027-06-30" in str(form["expires"])
    page = as_text(client.get(reverse("capture_policies:draft_detail", args=[draft.pk])))
    for line in words.limits(parse_entry(document.entry_doc(entry))):
        assert line in page
    assert "Only for people of 1 named group." in page
    assert client.post(path, FORM).status_code == 302
    entry.refresh_from_db()
    assert document.entry_doc(entry) == JIRA


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tags": "två"}, "tags"),
        ({"work_places": "New York"}, "work_places"),
        ({"owner": "olivia@example.com"}, "owner"),
        ({"expires": "soon"}, "expires"),
        ({"groups": [GONE]}, "groups"),
        ({"platforms": ["web"]}, "platforms"),
    ],
)
def test_a_fault_stands_at_its_field(desk: Desk, change: dict[str, Any], field: str) -> None:
    draft = desk.draft(entries=[], rules=[])
    path = reverse("capture_policies:draft_entry_new", args=[draft.pk])
    response = desk.cast.client("admin").post(path, FORM | change)
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}


def test_a_group_that_is_gone_is_not_dropped_in_silence(desk: Desk) -> None:
    draft, client = desk.draft(), desk.cast.client("admin")
    entry = draft.entries.get()
    draft.entries.update(scope={"groups": [GONE]})
    path = reverse("capture_policies:draft_entry", args=[draft.pk, entry.pk])
    form = client.get(path).context["form"]
    assert (GONE, f"unknown group {GONE}") in form.fields["groups"].choices
    response = client.post(path, FORM | {"groups": [GONE]})
    assert "groups" in response.context["form"].errors
