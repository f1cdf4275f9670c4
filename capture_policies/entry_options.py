"""The part of the entry form that may stay empty: for whom it counts, which windows it leaves out, how long,
and what people have to know of it. What is empty is left out of the document.
"""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Department
from capture_policies.models import DraftEntry
from mci_core.policy import PURPOSE_WORDS

PLATFORM_CHOICES = [("windows", "Windows"), ("macos", "macOS"), ("linux", "Linux")]
SCOPE_PARTS = ("groups", "platforms", "tags", "places")
_DAY = {"type": "date"}


def lines_of(text: str) -> list[str]:
    """One item per line; empty lines and repetitions are left out."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _list_field(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=8000,
        label=label,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=help_text,
    )


class EntryOptions(forms.Form):
    """Fields of an entry that narrow it or are for people."""

    groups = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Groups",
        help_text="Nothing checked: everybody.",
    )
    platforms = forms.MultipleChoiceField(
        choices=PLATFORM_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Platforms",
        help_text="Nothing checked: every platform.",
    )
    tags = _list_field("Tags of the device", "One per line, for example support-desk. One of them is enough.")
    work_places = _list_field(
        "Places of work", "One per line: a country or a state, for example US-NY. What lies in it counts too."
    )
    windows_excluded = _list_field(
        "Windows to leave out",
        "Titles, one per line; * stands for any text, for example *salary*. "
        "A window without a known title is left out too.",
    )
    expires = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs=_DAY),
        label="Last day",
        help_text="Nothing is captured there after this day (UTC).",
    )
    review_by = forms.DateField(
        required=False, widget=forms.DateInput(attrs=_DAY), label="Look at it again by"
    )
    owner = forms.CharField(
        max_length=120, required=False, label="Owner", help_text="A team or function, not a person."
    )
    entry_purpose = forms.ChoiceField(
        choices=[
            ("", "The purpose of the policy"),
            *((key, words[0].upper() + words[1:]) for key, words in PURPOSE_WORDS.items()),
        ],
        required=False,
        label="Purpose",
    )
    justification = forms.CharField(
        max_length=1000,
        required=False,
        label="Why it is needed",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    places = {
        "scope": "groups",
        **{f"scope.{part}": "work_places" if part == "places" else part for part in SCOPE_PARTS},
        **{name: name for name in ("windows_excluded", "expires", "owner", "justification", "review_by")},
        "purpose": "entry_purpose",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {str(pk): name for pk, name in Department.objects.order_by("name").values_list("pk", "name")}
        # A group that is gone stays a choice: saving another field must not let the entry count for all.
        gone = {group: f"unknown group {group}" for group in self.initial.get("groups", ())}
        groups = self.fields["groups"]
        assert isinstance(groups, forms.MultipleChoiceField)
        groups.choices = list((gone | known).items())

    @staticmethod
    def options_of(row: DraftEntry) -> dict[str, Any]:
        """The values that the form shows first."""
        return {
            "groups": row.scope.get("groups", []),
            "platforms": row.scope.get("platforms", []),
            "tags": "\n".join(row.scope.get("tags", ())),
            "work_places": "\n".join(row.scope.get("places", ())),
            "windows_excluded": "\n".join(row.windows_excluded),
            "expires": row.expires,
            "review_by": row.review_by,
            "owner": row.owner,
            "entry_purpose": row.purpose,
            "justification": row.justification,
        }

    def options(self) -> dict[str, Any]:
        """The keys of the entry that say something."""
        values = self.cleaned_data
        scope = {
            "groups": values["groups"],
            "platforms": values["platforms"],
            "tags": lines_of(values["tags"].lower()),
            "places": lines_of(values["work_places"].upper()),
        }
        found = {
            "scope": {part: names for part, names in scope.items() if names},
            "windows_excluded": lines_of(values["windows_excluded"]),
            "expires": values["expires"] and values["expires"].isoformat(),
            "owner": values["owner"],
            "purpose": values["entry_purpose"],
            "justification": values["justification"],
            "review_by": values["review_by"] and values["review_by"].isoformat(),
        }
        return {key: value for key, value in found.items() if value}
