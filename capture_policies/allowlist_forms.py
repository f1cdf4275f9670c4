"""Narrowing and sorting the allowlist: the same questions on the page and over the API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django import forms

from capture_policies.allowlist import Allowlist, Line, Shown, Today
from mci_core.policy import PURPOSE_WORDS, SIGNAL_WORDS

ATTENTION = {
    "expiring": "Expired, or ends within 14 days",
    "overdue": "Review overdue",
    "unused": "Unused for 30 days",
}
SORTS = ("label", "owner", "review_by", "expires", "last")
_LATEST = date.max


def _choices(words: dict[str, str], anything: str) -> list[tuple[str, str]]:
    return [("", anything), *((key, text[0].upper() + text[1:]) for key, text in words.items())]


class AllowlistFilter(forms.Form):
    """What may be asked for; a value that is none of the choices matches nothing."""

    kind = forms.ChoiceField(
        choices=[("", "Apps and sites"), ("app", "Apps"), ("site", "Websites")], required=False, label="Kind"
    )
    signal = forms.ChoiceField(choices=_choices(SIGNAL_WORDS, "Any signal"), required=False, label="Signal")
    owner = forms.ChoiceField(required=False, label="Owner")
    purpose = forms.ChoiceField(
        choices=_choices(PURPOSE_WORDS, "Any purpose"), required=False, label="Purpose"
    )
    attention = forms.ChoiceField(choices=_choices(ATTENTION, "All"), required=False, label="Needs a look")

    def __init__(self, data: Any, *, allowlist: Allowlist | None) -> None:
        super().__init__(data, auto_id="filter_%s")
        owners = allowlist.owners if allowlist else []
        field = self.fields["owner"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Any owner"), *((owner, owner) for owner in owners)]

    def narrowed(self, lines: Sequence[Line], today: Today) -> list[Line]:
        """The lines that fit; none when the form does not."""
        if not self.is_valid():
            return []
        wanted = self.cleaned_data
        tests: list[Callable[[Line], bool]] = [
            _TESTS[name](wanted[name]) for name in ("kind", "signal", "owner", "purpose") if wanted[name]
        ]
        found = [line for line in lines if all(test(line) for test in tests)]
        if not wanted["attention"]:
            return found
        today.know_all(found)
        return [shown.line for shown in today.shown(found) if getattr(shown, wanted["attention"])]


_TESTS: dict[str, Callable[[str], Callable[[Line], bool]]] = {
    "kind": lambda value: lambda line: line.entry.kind == value,
    "signal": lambda value: lambda line: value in line.entry.signals,
    "owner": lambda value: lambda line: line.entry.owner == value,
    "purpose": lambda value: lambda line: line.purpose == value,
}


def searched(lines: Sequence[Line], search: str) -> list[Line]:
    """The lines in whose text each word stands."""
    words = search.casefold().split()
    return [line for line in lines if all(word in line.text for word in words)]


def sorted_by(lines: Sequence[Line], sort: str, today: Today) -> list[Line]:
    """In the order asked for; what has no date stands last, whichever way."""
    name, backwards = sort.removeprefix("-"), sort.startswith("-")
    if name == "last":
        today.know_all(lines)
        shown = sorted(today.shown(lines), key=_last, reverse=backwards)
        return [item.line for item in sorted(shown, key=lambda item: item.last is None)]
    if name in ("review_by", "expires"):
        dated = sorted(lines, key=lambda line: getattr(line.entry, name) or _LATEST, reverse=backwards)
        return sorted(dated, key=lambda line: getattr(line.entry, name) is None)
    return sorted(lines, key=lambda line: getattr(line.entry, name).casefold(), reverse=backwards)


def _last(shown: Shown) -> date:
    return shown.last or date.min
