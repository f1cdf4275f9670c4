"""What people fill in to decide on a version and to roll a release out. Rules live in the
actions.
"""

from __future__ import annotations

from typing import Any

from django import forms


def _reason(help_text: str = "") -> forms.CharField:
    return forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}), help_text=help_text)


class ReasonForm(forms.Form):
    reason = _reason()


class DecisionForm(forms.Form):
    """``digest`` is that of the bytes on the page: a decision is on exactly these."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = _reason("Stays with the decision, for the author and for the log.")


class CommentForm(forms.Form):
    text = forms.CharField(
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Comment",
        help_text="Read by everybody who sees drafts. It decides nothing and cannot be changed.",
    )


class CompareForm(forms.Form):
    """``with`` is the number of the other version; 0 stands for no policy at all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["with"] = forms.IntegerField(
            min_value=0,
            max_value=2_000_000_000,
            label="Compare with version",
            help_text="Its number. 0 shows everything as new.",
            widget=forms.NumberInput(attrs={"list": "versions"}),
        )


class RolloutForm(forms.Form):
    reason = _reason("Why now. Stays with the rollout.")
