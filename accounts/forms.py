"""What people fill in about accounts, roles, places and tokens. Rules live in the actions."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import Department, Role, User
from accounts.token_secrets import all_scopes

_REASON = forms.Textarea(attrs={"rows": 3})


def _zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


class LongSelect(forms.Select):
    """A select of everybody in a large company. Django renders every option by a template of its own, which
    takes a second of processor time for five thousand.
    """

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        options = format_html_join(
            "",
            "<option{}>{}</option>",
            (
                (flatatt({"value": option["value"], **option["attrs"]}), option["label"])
                for _group, members, _index in widget["optgroups"]
                for option in members
            ),
        )
        return format_html(
            "<select{}>{}</select>", flatatt({"name": widget["name"], **widget["attrs"]}), options
        )


class PersonForm(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="The company address; it is how the person signs in.")
    display_name = forms.CharField(label="Name", max_length=120)
    department = forms.ModelChoiceField(Department.objects.order_by("name"))
    time_zone = forms.ChoiceField(choices=_zones, initial="UTC", label="Time zone")


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=500, widget=_REASON)


class RoleRequestForm(forms.Form):
    user = forms.ModelChoiceField(
        User.objects.none(), label="Person", help_text="By e-mail address.", widget=LongSelect
    )
    role = forms.ChoiceField(choices=Role.choices)
    reason = forms.CharField(
        max_length=500, widget=_REASON, help_text="Why this person needs the role. The approver reads it."
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed through
        people = self.fields["user"]
        assert isinstance(people, forms.ModelChoiceField)
        people.queryset = User.objects.filter(is_active=True).order_by("display_name")
        people.label_from_instance = lambda user: f"{user.display_name} ({user.email})"  # type: ignore[assignment, method-assign]  # Django's way to name a choice


class DepartmentForm(forms.Form):
    name = forms.CharField(max_length=80)


class MoveForm(forms.Form):
    department = forms.ModelChoiceField(Department.objects.order_by("name"))


class PlaceForm(forms.Form):
    place = forms.CharField(max_length=8, help_text="Country, or country and state: DE, IT, US-NY, US-CA.")
    source = forms.ChoiceField(choices=[("hr", "Personnel record"), ("trip", "Trip")])
    start = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label="From")
    end = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}),
        required=False,
        label="Until (exclusive)",
        help_text="Empty: until further notice.",
    )

    def start_moment(self) -> datetime:
        return datetime.combine(self.cleaned_data["start"], time(), UTC)

    def end_moment(self) -> datetime | None:
        end = self.cleaned_data["end"]
        return None if end is None else datetime.combine(end, time(), UTC)


class TokenForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="What will use it, for example: nightly export.")
    scopes = forms.MultipleChoiceField(
        choices=lambda: [(scope, scope) for scope in all_scopes()], widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(label="Days it is valid", min_value=1, max_value=365, initial=90)


class ProfileForm(forms.Form):
    theme = forms.ChoiceField(choices=User._meta.get_field("theme").choices or ())
    time_zone = forms.ChoiceField(choices=_zones, label="Time zone")
