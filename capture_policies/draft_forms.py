"""What authors fill in about a draft, and which field a fault of the document belongs to.

Forms check shape only (numbers, choices, lengths). What a valid entry or rule is, is decided by the action.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.utils.text import slugify

from capture_policies.entry_options import EntryOptions, lines_of
from capture_policies.models import DraftEntry, PolicyDraft
from mci_core.errors import ActionError
from mci_core.policy import (
    KEYSTROKE_WORDS,
    PURPOSE_WORDS,
    SIGNAL_WORDS,
)

SIGNAL_CHOICES = [(key, words[0].upper() + words[1:]) for key, words in SIGNAL_WORDS.items()]
MEGABYTE = 1_000_000


class DocumentForm(forms.Form):
    """A form whose action speaks of the document: ``places`` maps a path in it to a field."""

    places: dict[str, str] = {}

    def field_of(self, path: str | None) -> str | None:
        """The field of a path; the longest known beginning decides."""
        plain = re.sub(r"\[\d+\]", "", path or "")
        while plain and plain not in self.places:
            plain = plain.rpartition(".")[0]
        return self.places.get(plain)

    @contextmanager
    def faults_at_fields(self) -> Iterator[None]:
        try:
            yield
        except ActionError as fault:
            fault.field = self.field_of(fault.field)
            raise


class DraftForm(forms.Form):
    title = forms.CharField(max_length=120, help_text="What this policy is for, for example: Support desk.")
    justification = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why it is needed. The people who approve read it.",
    )


class SettingsForm(DocumentForm):
    title = forms.CharField(max_length=120)
    justification = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    purpose = forms.ChoiceField(
        choices=[(key, words[0].upper() + words[1:]) for key, words in PURPOSE_WORDS.items()],
        help_text="A closed list. Judging people is not in it.",
    )
    retention_days = forms.IntegerField(min_value=1, max_value=3650, label="Days that sessions are kept")
    sampling_percent = forms.FloatField(
        min_value=0, max_value=100, label="Share of sessions that are sampled (%)"
    )
    lease_seconds = forms.IntegerField(
        min_value=5,
        max_value=86_400,
        label="Seconds that a lease lasts",
        help_text="Without contact, an agent stops capturing after this time.",
    )
    cpu_percent = forms.IntegerField(min_value=1, max_value=50, label="Processor share (%)")
    upload_mb = forms.IntegerField(min_value=0, max_value=1_000_000, label="Upload per day (MB)")
    spool_mb = forms.IntegerField(min_value=0, max_value=1_000_000, label="Held back on the device (MB)")
    pause_minutes = forms.CharField(
        label="Pauses to choose from (minutes)", help_text="Separated by commas, for example 15, 30, 60."
    )
    places = {
        "name": "title",
        "purpose": "purpose",
        "retention_days": "retention_days",
        "sampling": "sampling_percent",
        "lease_seconds": "lease_seconds",
        "limits.cpu_percent": "cpu_percent",
        "limits.upload_bytes_per_day": "upload_mb",
        "limits.spool_bytes": "spool_mb",
        "limits.pause_minutes": "pause_minutes",
    }

    def clean_pause_minutes(self) -> list[int]:
        parts = [part for part in re.split(r"[\s,;]+", self.cleaned_data["pause_minutes"]) if part]
        if not all(part.isdecimal() and len(part) < 6 for part in parts):
            raise forms.ValidationError("Whole minutes, separated by commas.")
        return sorted({int(part) for part in parts})

    @staticmethod
    def start(draft: PolicyDraft, settings: dict[str, Any]) -> dict[str, Any]:
        """The values that the form shows first."""
        limits = settings["limits"]
        return {
            "title": draft.title,
            "justification": draft.justification,
            "purpose": draft.purpose,
            "retention_days": settings["retention_days"],
            "sampling_percent": round(settings["sampling"]["rate"] * 100, 4),
            "lease_seconds": settings["lease_seconds"],
            "cpu_percent": limits["cpu_percent"],
            "upload_mb": limits["upload_bytes_per_day"] // MEGABYTE,
            "spool_mb": limits["spool_bytes"] // MEGABYTE,
            "pause_minutes": ", ".join(map(str, limits["pause_minutes"])),
        }

    def data_for_action(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {
            **{key: values[key] for key in ("title", "justification", "purpose", "retention_days")},
            "lease_seconds": values["lease_seconds"],
            "sampling": {"rate": round(values["sampling_percent"] / 100, 6)},
            "limits": {
                "cpu_percent": values["cpu_percent"],
                "upload_bytes_per_day": values["upload_mb"] * MEGABYTE,
                "spool_bytes": values["spool_mb"] * MEGABYTE,
                "pause_minutes": values["pause_minutes"],
            },
        }


class KeyedForm(DocumentForm):
    """An entry or a rule: has a label, and an id in the document that follows from it where none is given."""

    key = forms.CharField(
        max_length=64,
        required=False,
        label="Id in the document",
        help_text="Small letters, digits, - and _. Left empty, it is made from the name.",
    )

    def key_of(self, values: dict[str, Any]) -> str:
        return str(values["key"] or slugify(values["label"])[:40].strip("-_"))


def _programs(system: str, example: str) -> forms.CharField:
    return forms.CharField(
        required=False,
        label=system,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=f"One per line, for example {example}.",
    )


class EntryForm(EntryOptions, KeyedForm):
    kind = forms.ChoiceField(
        choices=[("site", "Website"), ("app", "App")], widget=forms.RadioSelect, label="Kind"
    )
    label = forms.CharField(max_length=120, label="Name", help_text="What employees call it.")
    origin = forms.CharField(
        max_length=300, required=False, label="Address", help_text="For example https://jira.example.com"
    )
    path_prefix = forms.CharField(
        max_length=500, required=False, initial="/", label="Below this path", help_text="/ is the whole site."
    )
    subdomains = forms.BooleanField(required=False, label="Sub-domains as well")
    windows = _programs("Windows program", "EXCEL.EXE")
    macos = _programs("macOS bundle", "com.microsoft.Excel")
    linux = _programs("Linux program", "libreoffice")
    names = _programs("Name in recordings", "Excel")
    signals = forms.MultipleChoiceField(
        choices=SIGNAL_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Signals",
        help_text="What is not checked is not captured.",
    )
    keystrokes = forms.ChoiceField(
        choices=[(key, words[0].upper() + words[1:]) for key, words in KEYSTROKE_WORDS.items()],
        label="Of keys, capture",
    )
    frame_interval_s = forms.IntegerField(
        min_value=0,
        max_value=86_400,
        initial=0,
        label="Seconds between screenshots",
        help_text="0: no least time between them.",
    )
    field_order = ("kind", "label", "key")
    places = {
        "id": "key",
        "kind": "kind",
        "label": "label",
        "match": "origin",
        "match.origin": "origin",
        "match.path_prefix": "path_prefix",
        "match.subdomains": "subdomains",
        "match.windows": "windows",
        "match.macos": "macos",
        "match.linux": "linux",
        "match.names": "names",
        "signals": "signals",
        "keystrokes": "keystrokes",
        "frame_interval_s": "frame_interval_s",
        **EntryOptions.places,
    }

    def clean_origin(self) -> str:
        origin = str(self.cleaned_data["origin"]).strip().rstrip("/")
        if origin and "://" not in origin:
            raise forms.ValidationError("Give the whole address, with https:// in front.")
        return origin

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("kind") == "site" and not values.get("origin") and "origin" not in self.errors:
            self.add_error("origin", "A website needs an address.")
        return values

    def field_of(self, path: str | None) -> str | None:
        found = super().field_of(path)
        is_app = self.cleaned_data.get("kind") == "app"
        return "windows" if is_app and found == "origin" else found

    @staticmethod
    def start(row: DraftEntry) -> dict[str, Any]:
        match = row.match
        programs = {name: "\n".join(match.get(name, ())) for name in ("windows", "macos", "linux", "names")}
        return {
            "key": row.key,
            "kind": row.kind,
            "label": row.label,
            "origin": match.get("origin", ""),
            "path_prefix": match.get("path_prefix", "/"),
            "subdomains": match.get("subdomains", False),
            **programs,
            "signals": row.signals,
            "keystrokes": row.keystrokes,
            "frame_interval_s": row.frame_interval_s,
            **EntryOptions.options_of(row),
        }

    def data_for_action(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values["kind"] == "site":
            match: dict[str, Any] = {
                "origin": values["origin"],
                "path_prefix": values["path_prefix"] or "/",
                "subdomains": values["subdomains"],
            }
        else:
            match = {name: lines_of(values[name]) for name in ("windows", "macos", "linux", "names")}
        return {
            "id": self.key_of(values),
            "kind": values["kind"],
            "label": values["label"],
            "match": match,
            "signals": values["signals"],
            "keystrokes": values["keystrokes"],
            "frame_interval_s": values["frame_interval_s"],
            **self.options(),
        }
