"""What is asked when several entries are put into a draft at once: from the catalogue or from a file."""

from __future__ import annotations

from typing import Any

from django import forms

from capture_policies import bulk, catalogue
from capture_policies.draft_forms import SIGNAL_CHOICES
from mci_core.errors import ActionError
from mci_core.policy import KEYSTROKE_WORDS, PURPOSE_WORDS

#: The least that shows how somebody works: nothing that is typed, read or shown.
LEAST_SIGNALS = ("click", "scroll")
_DAY = {"type": "date"}


def _first_up(words: dict[str, str]) -> list[tuple[str, str]]:
    return [(key, text[0].upper() + text[1:]) for key, text in words.items()]


class PickForm(forms.Form):
    """Items of the catalogue, and what is asked once for all of them."""

    items = forms.MultipleChoiceField(required=False)
    signals = forms.MultipleChoiceField(
        choices=SIGNAL_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        initial=LEAST_SIGNALS,
        label="Signals of each",
        help_text="What is not checked is not captured. Each entry can be changed afterwards.",
    )
    keystrokes = forms.ChoiceField(
        choices=_first_up(KEYSTROKE_WORDS), initial="none", label="Of keys, capture"
    )
    owner = forms.CharField(
        max_length=120, required=False, label="Owner", help_text="A team or function, not a person."
    )
    purpose = forms.ChoiceField(
        choices=[("", "The purpose of the policy"), *_first_up(PURPOSE_WORDS)], required=False
    )
    justification = forms.CharField(
        max_length=1000, required=False, label="Why they are needed", widget=forms.Textarea(attrs={"rows": 2})
    )
    review_by = forms.DateField(
        required=False, widget=forms.DateInput(attrs=_DAY), label="Look at them again by"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = self.fields["items"]
        assert isinstance(items, forms.MultipleChoiceField)
        items.choices = [(item.id, item.label) for item in catalogue.items()]

    @property
    def picked(self) -> frozenset[str]:
        """What is checked, also in a form that was not sent to be saved."""
        given = self["items"].value() or []
        return frozenset(given)

    def clean_items(self) -> list[str]:
        items: list[str] = self.cleaned_data["items"]
        if not items:
            raise forms.ValidationError("Check at least one app or site.")
        return items

    def entries(self) -> list[dict[str, Any]]:
        """The entries to be added. Raises `Invalid` where the own part of an address is missing."""
        values = self.cleaned_data
        options = {key: values[key] for key in ("owner", "purpose", "justification")}
        options["review_by"] = values["review_by"] and values["review_by"].isoformat()
        choices = {
            "signals": list(values["signals"]),
            "keystrokes": values["keystrokes"],
            "frame_interval_s": 0,
            **{key: value for key, value in options.items() if value},
        }
        known = catalogue.by_id()
        return [known[key].entry(choices, self.tenant(key)) for key in values["items"]]

    def tenant(self, item_id: str) -> str:
        """The own part of an item's address as it was typed."""
        return str(self.data.get(f"tenant-{item_id}", ""))[:80]


class UploadForm(forms.Form):
    """A file of entries."""

    file = forms.FileField(
        label="File",
        help_text=f"CSV or YAML, at most {bulk.MAX_BYTES // 1024} KB and {bulk.MAX_ROWS} entries.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.yaml,.yml,text/csv,application/yaml"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > bulk.MAX_BYTES:
            raise forms.ValidationError(f"A file may have {bulk.MAX_BYTES // 1024} KB.")
        return file

    def text(self) -> tuple[str, str]:
        """The text of the file and what it is written in. Raises `Invalid` for what is no text."""
        file = self.cleaned_data["file"]
        form = "yaml" if str(file.name).lower().endswith((".yaml", ".yml")) else "csv"
        return bulk.text_of(file.read()), form


class ConfirmForm(forms.Form):
    """What was shown, sent back to be stored: the text itself, and the entries that it was compared with."""

    content = forms.CharField(strip=False, widget=forms.HiddenInput)
    form = forms.ChoiceField(choices=[(form, form) for form in bulk.FORMATS], widget=forms.HiddenInput)
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def clean_content(self) -> str:
        text: str = self.cleaned_data["content"]
        try:
            return bulk.text_of(text.replace("\r\n", "\n").encode())
        except ActionError as fault:
            raise forms.ValidationError(fault.message) from fault
