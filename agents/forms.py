"""What staff fill in about devices and enrolment tokens. Rules live in the actions."""

from __future__ import annotations

from django import forms

from accounts.forms import LongSelect
from accounts.models import User
from agents.actions.enrolment import MAX_DAYS, MAX_QUOTA


class TagsForm(forms.Form):
    tags = forms.CharField(
        required=False,
        max_length=400,
        help_text="Plain labels of the computer with commas between: pilot, warehouse. Never about a person.",
    )

    def words(self) -> list[str]:
        return [word for word in self.cleaned_data["tags"].split(",") if word.strip()]


class TokenForm(forms.Form):
    user = forms.ModelChoiceField(
        User.objects.none(),
        label="Person",
        help_text="The device will belong to this person. Later pages show a pseudonym, not the name.",
        widget=LongSelect,
    )
    label = forms.CharField(
        max_length=80,
        help_text="For this list only, for example: new laptop, room 214. Not shown on devices.",
    )
    quota = forms.IntegerField(min_value=1, max_value=MAX_QUOTA, initial=1, label="Devices")
    days = forms.IntegerField(min_value=1, max_value=MAX_DAYS, initial=7, label="Valid for (days)")
    personal_device = forms.BooleanField(
        required=False,
        label="A personal device",
        help_text="Owned by the person. Some laws forbid capture on it altogether.",
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed through
        people = self.fields["user"]
        assert isinstance(people, forms.ModelChoiceField)
        people.queryset = User.objects.filter(is_active=True, subject__isnull=False).order_by("display_name")
        people.label_from_instance = lambda user: f"{user.display_name} ({user.email})"  # type: ignore[assignment, method-assign]  # Django's way to name a choice
