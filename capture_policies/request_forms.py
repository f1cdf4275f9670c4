"""What somebody fills in to ask for an app or site to come or to go. Rules live in the actions."""

from __future__ import annotations

from typing import Any

from django import forms

from capture_policies import narrowings, queries, request_things
from capture_policies.request_things import Thing

#: More entries than a select can show well; the others are asked for from their own page.
MAX_CHOICES = 300


class AskForm(forms.Form):
    """One form for both wishes; a part that does not belong to the choice is hidden and not read."""

    kind = forms.ChoiceField(
        choices=[("add", "Add an app or site"), ("remove", "Remove one that is captured")],
        widget=forms.RadioSelect,
        label="What do you ask for?",
    )
    entry = forms.ChoiceField(required=False, label="Which one")
    entry_kind = forms.ChoiceField(
        choices=[("site", "Website"), ("app", "App")],
        widget=forms.RadioSelect,
        label="Kind",
        required=False,
        initial="site",
    )
    label = forms.CharField(max_length=80, required=False, label="Name", help_text="What people call it.")
    where = forms.CharField(
        max_length=300,
        required=False,
        label="Address or program",
        help_text="For a website its address. What stands behind ? or # is not kept.",
    )
    words = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Why",
        help_text="Name no people and no customers.",
    )

    def __init__(self, *args: Any, chosen: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["entry"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choose…"), *_captured(chosen)]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        needed = {"add": ("entry_kind", "label"), "remove": ("entry",)}.get(values.get("kind", ""), ())
        for name in needed:
            if not values.get(name) and name not in self.errors:
                self.add_error(name, "This is needed.")
        return values

    def thing(self) -> Thing:
        """What is asked for. Raises `ActionError` with the field at fault."""
        values = self.cleaned_data
        if values["kind"] == "remove":
            return request_things.to_remove(values["entry"])
        return request_things.to_add(**{name: values[name] for name in ("entry_kind", "label", "where")})


def asked_for(request: Any) -> dict[str, Any]:
    """The first values of the form: what a link on another page names."""
    entry = request.GET.get("entry", "")
    return {"kind": "remove", "entry": entry} if entry else {"kind": "add", "entry_kind": "site"}


def _captured(chosen: str) -> list[tuple[str, str]]:
    """The entries that capture something now, by name, and the chosen one in any case."""
    labels: dict[str, str] = {}
    for version in narrowings.in_force():
        found = queries.policy_of(version)
        for entry in found.entries if found else ():
            if entry.signals:
                labels.setdefault(entry.id, entry.label)
    named = sorted(labels.items(), key=lambda item: (item[1].casefold(), item[0]))
    shown = named[:MAX_CHOICES]
    if chosen in labels and chosen not in dict(shown):
        shown.append((chosen, labels[chosen]))
    return shown
