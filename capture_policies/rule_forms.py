"""What authors fill in about a redaction rule, and where somebody asks what a policy would capture."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django import forms

from capture_policies.draft_forms import SIGNAL_CHOICES, KeyedForm
from capture_policies.entry_options import lines_of
from capture_policies.models import DraftRule, PolicyDraft
from mci_core.detectors import LABELS
from mci_core.errors import ActionError
from mci_core.policy import FIELDS, METHOD_WORDS, PATHS
from mci_core.redaction.hashed_words import SALT_BYTES, hashed_match

FIELD_WORDS = {
    "text": "Typed text",
    "key": "Single keys",
    "url": "Web addresses",
    "window.title": "Window titles",
    "target.name": "Names of buttons and fields",
    "frame": "Screenshots",
}


class RuleForm(KeyedForm):
    label = forms.CharField(max_length=80, label="Name", help_text="Stands in the placeholder, in capitals.")
    method = forms.ChoiceField(
        choices=[(key, words[0].upper() + words[1:]) for key, words in METHOD_WORDS.items()],
        label="What happens",
    )
    match_type = forms.ChoiceField(
        choices=[
            ("dictionary", "Words"),
            ("hashed", "Hashed list"),
            ("regex", "An expression"),
            ("detector", "A detector"),
        ],
        widget=forms.RadioSelect,
        label="Looks for",
        initial="dictionary",
    )
    words = forms.CharField(
        required=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One per line. Found whole, whatever their case.",
    )
    names = forms.CharField(
        required=False,
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text="One per line, of 1 to 4 words each. Only hashes are kept: the list is never shown again.",
    )
    pattern = forms.CharField(
        required=False,
        max_length=1000,
        label="Expression",
        help_text="RE2 syntax: no look-around and no back-references, so that no rule can stall a device.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off"}),
    )
    detector = forms.ChoiceField(
        choices=[("", "Choose"), *((label, label) for label in LABELS)], required=False
    )
    in_entries = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Only in", help_text="None: everywhere."
    )
    in_signals = forms.MultipleChoiceField(
        choices=SIGNAL_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Only in these signals",
        help_text="None: in all.",
    )
    in_fields = forms.MultipleChoiceField(
        choices=[(name, FIELD_WORDS[name]) for name in FIELDS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Only in these places",
        help_text="None: in all.",
    )
    in_roles = forms.CharField(
        required=False,
        max_length=800,
        label="Only in these kinds of field",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="As the platform names them, one per line: text field, search box. None: in all.",
    )
    in_paths = forms.MultipleChoiceField(
        choices=[(path, path) for path in PATHS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Only at these paths of an event",
        help_text="As the format of sessions names them. None: at all.",
    )
    in_region = forms.CharField(
        required=False,
        max_length=20,
        label="Only in this part of a screenshot",
        help_text="Left, top, right and bottom in percent of the screen: 0 0 100 12 is a strip at the top.",
    )
    redact_examples = forms.CharField(
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Must redact",
        help_text="Texts in which the rule must find something, one per line. Invent them.",
    )
    keep_examples = forms.CharField(
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Must keep",
        help_text="Texts in which the rule must find nothing, one per line.",
    )
    field_order = ("label", "key", "method", "match_type")
    places = {
        "id": "key",
        "label": "label",
        "method": "method",
        "match": "match_type",
        "match.words": "words",
        "match.salt": "names",
        "match.hashes": "names",
        "match.lengths": "names",
        "match.pattern": "pattern",
        "match.detector": "detector",
        "selector.entries": "in_entries",
        "selector.signals": "in_signals",
        "selector.fields": "in_fields",
        "selector.roles": "in_roles",
        "selector.paths": "in_paths",
        "selector.region": "in_region",
        "examples.redact": "redact_examples",
        "examples.keep": "keep_examples",
    }

    def __init__(
        self,
        *args: Any,
        draft: PolicyDraft,
        row: DraftRule | None = None,
        salt: bytes | None = None,
        **kwargs: Any,
    ) -> None:
        """``salt`` only for a try: one that does not change, so that the prepared list is found again."""
        super().__init__(*args, **kwargs)
        self._salt = salt
        self._hashed: dict[str, Any] = dict(row.match) if row and row.match.get("type") == "hashed" else {}
        if self._hashed:
            number = len(self._hashed["hashes"])
            self.fields["names"].help_text = (
                f"The list has {number} {'entry' if number == 1 else 'entries'}, which cannot be shown. Left "
                "empty, it stays; what is pasted here takes its place. One per line, of 1 to 4 words each."
            )
        entries = self.fields["in_entries"]
        assert isinstance(entries, forms.MultipleChoiceField)
        entries.choices = [(entry.key, entry.label) for entry in draft.entries.all()]

    def clean_in_region(self) -> list[int]:
        parts = [part for part in re.split(r"[\s,;%]+", self.cleaned_data["in_region"]) if part]
        if not parts:
            return []
        if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
            raise forms.ValidationError("Write four whole numbers: left, top, right and bottom in percent.")
        return [int(part) for part in parts]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("match_type") == "hashed" and "names" not in self.errors:
            self._hash_names(lines_of(values["names"]))
        return values

    def _hash_names(self, names: list[str]) -> None:
        """New words get a new salt, so that two versions of a list cannot be compared."""
        if self._hashed and not names:
            return
        try:
            self._hashed = dict(hashed_match(names, self._salt or secrets.token_bytes(SALT_BYTES)))
        except ActionError as fault:
            self.add_error("names", fault.message)

    @staticmethod
    def start(row: DraftRule) -> dict[str, Any]:
        return {
            "key": row.key,
            "label": row.label,
            "method": row.method,
            "match_type": row.match.get("type", "dictionary"),
            "words": "\n".join(row.match.get("words", ())),
            "pattern": row.match.get("pattern", ""),
            "detector": row.match.get("detector", ""),
            "in_entries": row.selector.get("entries", []),
            "in_signals": row.selector.get("signals", []),
            "in_fields": row.selector.get("fields", []),
            "in_roles": "\n".join(row.selector.get("roles", ())),
            "in_paths": row.selector.get("paths", []),
            "in_region": " ".join(map(str, row.selector.get("region", ()))),
            "redact_examples": "\n".join(row.redact_examples),
            "keep_examples": "\n".join(row.keep_examples),
        }

    def data_for_action(self) -> dict[str, Any]:
        values = self.cleaned_data
        matches: dict[str, dict[str, Any]] = {
            "dictionary": {"words": lines_of(values["words"])},
            "regex": {"pattern": values["pattern"]},
            "detector": {"detector": values["detector"]},
            "hashed": self._hashed,
        }
        return {
            "id": self.key_of(values),
            "label": values["label"],
            "method": values["method"],
            "match": {"type": values["match_type"], **matches[values["match_type"]]},
            "selector": {
                "entries": values["in_entries"],
                "signals": values["in_signals"],
                "fields": values["in_fields"],
                **({"roles": lines_of(values["in_roles"].casefold())} if values["in_roles"] else {}),
                **({"paths": values["in_paths"]} if values["in_paths"] else {}),
                **({"region": values["in_region"]} if values["in_region"] else {}),
            },
            "examples": {
                "redact": lines_of(values["redact_examples"]),
                "keep": lines_of(values["keep_examples"]),
            },
        }


class TryForm(forms.Form):
    """Where somebody asks what would be captured. Nothing of it is kept."""

    kind = forms.ChoiceField(
        choices=[("site", "Website"), ("app", "App")], widget=forms.RadioSelect, label="Kind", initial="site"
    )
    address = forms.CharField(max_length=2000, required=False, help_text="With https:// in front.")
    program = forms.CharField(
        max_length=200, required=False, help_text="The program file, on macOS the bundle: EXCEL.EXE."
    )
    system = forms.ChoiceField(
        choices=[("windows", "Windows"), ("macos", "macOS"), ("linux", "Linux")], initial="windows"
    )
    private = forms.BooleanField(required=False, label="In a private window")

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        field = "address" if values.get("kind") == "site" else "program"
        if not values.get(field) and field not in self.errors:
            self.add_error(field, "Say where.")
        return values
