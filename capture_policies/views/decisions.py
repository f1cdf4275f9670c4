"""What people do about a version: approve, send back, reject, take an approval back, comment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from accounts.access import StaffPage
from accounts.pages import ActionForm
from capture_policies.actions import versions
from capture_policies.forms import CommentForm, DecisionForm
from capture_policies.models import PolicyVersion
from capture_policies.standing import Standing


@dataclass(frozen=True)
class Button:
    """A decision as the page offers it: a dialog where the second factor is fresh, else a page that asks."""

    name: str
    label: str
    title: str
    text: str
    tone: str
    icon: str
    url: str


_TEXTS: dict[str, tuple[str, str, str, str]] = {
    "withdraw": (
        "Withdraw approval",
        "It no longer counts. Nothing is signed before somebody has approved in your place.",
        "default",
        "arrow-back-up",
    ),
    "reject": (
        "Reject",
        "It can never be approved afterwards. Its content can be taken up in a new draft.",
        "danger",
        "circle-x",
    ),
    "changes": (
        "Request changes",
        "The version is closed and its draft is open again, with your words and the comments beside it.",
        "default",
        "message",
    ),
    "approve": (
        "Approve",
        "After the last approval that is needed exactly these bytes are signed.",
        "primary",
        "circle-check",
    ),
}


def buttons(version: PolicyVersion, able: Standing) -> list[Button]:
    """What this person can do about the version, the primary one last."""
    offered = {
        "withdraw": able.withdraw,
        "reject": able.decide,
        "changes": able.decide,
        "approve": able.approve,
    }
    return [_button(name, version) for name, is_offered in offered.items() if is_offered]


def _button(name: str, version: PolicyVersion) -> Button:
    label, text, tone, icon = _TEXTS[name]
    url = reverse(f"capture_policies:version_{name}", args=[version.pk])
    return Button(name, label, f"{label}: version {version.number}?", text, tone, icon, url)


class _OfVersion(StaffPage):
    @cached_property
    def version(self) -> PolicyVersion:
        rows = PolicyVersion.objects.visible_to(self.request.user)
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def home(self) -> str:
        return reverse("capture_policies:version_detail", args=[self.version.pk])


class _Decide(_OfVersion, ActionForm):
    form_class = DecisionForm
    template_name = "capture_policies/version_decide.html"
    name = ""

    def get_initial(self) -> dict[str, Any]:
        return {"digest": self.version.digest}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        button = _button(self.name, self.version)
        return super().get_context_data(version=self.version, button=button, **kwargs)


class VersionApprove(_Decide):
    permission = fresh = "capture_policies.approve_version"
    name = "approve"
    success_message = "Your approval was recorded."

    def act(self, form: DecisionForm) -> str:
        versions.approve_version(version=self.version, **form.cleaned_data, actor=self.actor)
        return self.home()


class VersionReject(_Decide):
    permission = fresh = "capture_policies.reject_version"
    name = "reject"
    success_message = "The version was rejected."

    def act(self, form: DecisionForm) -> str:
        versions.reject_version(version=self.version, **form.cleaned_data, actor=self.actor)
        return self.home()


class VersionChanges(_Decide):
    permission = fresh = "capture_policies.request_changes"
    name = "changes"
    success_message = "The version was sent back. Its draft is open again."

    def act(self, form: DecisionForm) -> str:
        versions.request_changes(version=self.version, **form.cleaned_data, actor=self.actor)
        return self.home()


class VersionWithdraw(_Decide):
    permission = fresh = "capture_policies.withdraw_approval"
    name = "withdraw"
    success_message = "Your approval no longer counts."

    def act(self, form: DecisionForm) -> str:
        versions.withdraw_approval(version=self.version, reason=form.cleaned_data["reason"], actor=self.actor)
        return self.home()


class VersionComments(_OfVersion, ActionForm):
    """A remark; the page itself is that of the version."""

    permission = "capture_policies.comment_version"
    form_class = CommentForm
    template_name = "capture_policies/version_comment.html"
    success_message = "Your comment was added."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(version=self.version, **kwargs)

    def act(self, form: CommentForm) -> str:
        versions.comment_version(version=self.version, **form.cleaned_data, actor=self.actor)
        return f"{self.home()}#comments"
