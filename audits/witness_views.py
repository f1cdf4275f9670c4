"""Staff pages: how far the signatures are, with which keys, where they go, and what witnesses have seen."""

from __future__ import annotations

import json
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic import TemplateView

from accounts.access import StaffPage
from accounts.pages import ActionForm, ActionPost
from accounts.permissions import has
from audits import checkpoints, handing_out, health, log_keys, reading
from audits.actions.witnesses import register_witness, withdraw_witness
from audits.forms import WitnessForm
from audits.models import AuditEntry, Cosignature, Witness

CHECKPOINTS = 20


class WitnessList(StaffPage, TemplateView):
    """Signatures and witnesses: the state of both."""

    permission = "audits.view"
    template_name = "audits/witness_list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        signed = checkpoints.newest()
        stopped = halted()
        seen = {found.witness_id: found for found in Cosignature.objects.newest_of_each()}
        return super().get_context_data(
            signed=signed,
            state=health.of_sequencer(signed),
            halted=stopped,
            halted_because="" if stopped is None else json.loads(stopped.leaf)["facts"]["fault"],
            verified=reading.last_verdict(),
            witnesses=[(witness, seen.get(witness.pk)) for witness in Witness.objects.all()[:100]],
            signatures=cosigned(CHECKPOINTS),
            keys=[] if signed is None else log_keys.shown(signed.origin),
            places=handing_out.places(),
            may_register=has(self.request.user, "audits.register_witness"),
            **kwargs,
        )


def halted() -> AuditEntry | None:
    """The entry that says that the sequencer halted, while no later one says that it may go on."""
    told = AuditEntry.objects.filter(action__in=("audits.log_halted", "audits.resume_log"))
    last = told.order_by("-pk").first()
    return last if last is not None and last.action == "audits.log_halted" else None


def cosigned(count: int) -> list[Cosignature]:
    """What witnesses confirmed last, the newest first."""
    found = Cosignature.objects.select_related("witness", "checkpoint")
    return list(found.order_by("-id")[:count])


class WitnessNew(StaffPage, ActionForm):
    permission = "audits.register_witness"
    fresh = "audits.register_witness"
    template_name = "audits/witness_new.html"
    form_class = WitnessForm
    success_message = "The witness is registered. It can confirm the next checkpoint."

    def act(self, form: WitnessForm) -> str:
        register_witness(**form.cleaned_data, actor=self.actor)
        return reverse("audits:witness_list")


class WitnessWithdraw(StaffPage, ActionPost):
    permission = "audits.withdraw_witness"
    fresh = "audits.withdraw_witness"
    success_message = "The witness is withdrawn. What it confirmed stays."

    def act(self, **kwargs: Any) -> str:
        witness = get_object_or_404(Witness, pk=kwargs["pk"])
        withdraw_witness(witness=witness, actor=self.actor, reason=self.reason)
        return reverse("audits:witness_list")
