"""The page of signing keys: which count, until when, and what waits for signatures of people."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic import TemplateView

from accounts.access import StaffPage
from accounts.pages import ActionPost
from accounts.permissions import has
from capture_policies import key_status, key_steps, signing
from capture_policies.actions import keys
from capture_policies.models_keys import SigningRequest

WITHDRAW = "capture_policies.withdraw_signing_request"


class KeysPage(StaffPage, TemplateView):
    permission = "capture_policies.view"
    template_name = "capture_policies/keys.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        founded = signing.is_founded()
        request = SigningRequest.objects.open_one() if founded else None
        return super().get_context_data(
            **kwargs,
            founded=founded,
            rows=key_status.rows() if founded else [],
            warnings=key_status.warnings() if founded else [],
            by_people=founded and signing.by_approvers(),
            open_request=request,
            waiting="" if request is None else key_status.waiting_words(request),
            signatures=[] if request is None else list(request.signatures.order_by("at")),
            needed=0 if request is None else key_steps.root_over(request).roles["targets"].threshold,
            withdraw_url=""
            if request is None
            else reverse("capture_policies:signing_request_withdraw", args=[request.pk]),
            may={"withdraw_signing_request": has(self.request.user, WITHDRAW)},
        )


class RequestWithdraw(StaffPage, ActionPost):
    permission = WITHDRAW
    success_message = "The request is withdrawn."

    def act(self, **kwargs: Any) -> str:
        rows = SigningRequest.objects.visible_to(self.request.user)
        request = get_object_or_404(rows, pk=kwargs["pk"])
        keys.withdraw_signing_request(request=request, reason=self.reason, actor=self.actor)
        return reverse("capture_policies:keys")
