"""Forms of privacy requests. Rules stay in the actions; a form only says what can be typed where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audits import formats
from audits.templatetags.mci import time_tag
from capture_sessions.models import CaptureSession, SessionState
from privacy_requests.models import Kind, PrivacyRequest


def _choices(field: forms.Field, choices: Sequence[tuple[str, Any]]) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)


def _session_words(session: CaptureSession) -> SafeString:
    """When it was recorded, where the reader is, and how much it holds."""
    words = formats.plural(session.event_count, "event")
    return format_html("{}, {}", time_tag(session.captured_from, "absolute"), words)


class RequestForm(forms.ModelForm[PrivacyRequest]):
    """What a person can ask. The choice of sessions is theirs only."""

    sessions = forms.ModelMultipleChoiceField(
        queryset=CaptureSession.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Which sessions",
        help_text="Only needed for some sessions. The newest hundred are offered.",
    )

    field_order = ("kind", "scope", "sessions", "message")

    class Meta:
        model = PrivacyRequest
        fields = ("kind", "scope", "message")  # the model keeps ids of sessions, the form offers rows
        labels = {"kind": "What do you ask for?", "scope": "Of what?", "message": "Message"}
        help_texts = {"message": "You need not give a reason."}
        widgets = {
            "kind": forms.RadioSelect,
            "scope": forms.RadioSelect,
            "message": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self.fields["kind"], Kind.choices)
        _choices(self.fields["scope"], [("all", "Everything recorded of me"), ("sessions", "Some sessions")])
        own = CaptureSession.objects.of_person(user).exclude(state=SessionState.ERASED)
        newest = own.order_by("-captured_from").values_list("pk", flat=True)[:100]
        choice = self.fields["sessions"]
        assert isinstance(choice, forms.ModelMultipleChoiceField)
        choice.queryset = own.filter(pk__in=list(newest)).order_by("-captured_from")
        choice.label_from_instance = _session_words  # type: ignore[method-assign,assignment]  # the way Django documents it


class DecisionForm(forms.Form):
    """The reason that the person will read."""

    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Reason",
        help_text="The person reads this. At least 12 characters.",
    )


class OutcomeForm(forms.Form):
    """What was done about a granted request."""

    outcome = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="What was done",
        help_text="The person reads this. At least 12 characters.",
    )


class HoldForm(forms.Form):
    """A hold names its reason and its end."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}), label="Reason")
    expires_at = forms.DateTimeField(
        label="Ends at (UTC)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="At most a year ahead.",
    )
