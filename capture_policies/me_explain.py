"""Would this be captured on my computer? Asked with the person's own facts; nothing of it is kept.

It is sent as a form, not by an address: what somebody types about the own work stays out of histories.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView

from accounts.access import EmployeePage
from agents import overlay
from agents.models import Device
from capture_policies import asking, explaining, past, queries
from capture_policies.explain_forms import OwnForm
from capture_policies.explaining import Explanation, Question
from capture_policies.models import Release
from jurisdictions.rulings import Captured, SubjectRuling, ruling_for
from mci_core.lease import LAW_ALLOWS

ASSUMED = (
    "Your computer holds a lease that has not run out.",
    "You have neither paused capture nor withdrawn consent, and nobody has stopped it.",
    "Your department, the tags of your computer and what you switched off are as they are now.",
    "No screenshot was taken in the same interval.",
)
#: What a ruling says of the notice, told to the person.
_NOTICE = {
    LAW_ALLOWS: "You have acknowledged it",
    "notice_missing": "You have not acknowledged it",
    "notice_due": "Your acknowledgement is too old",
    "notice_not_specific": "The one that you acknowledged does not name what is captured",
    "notice_outgrown": "The one that you acknowledged says less than this policy captures",
}


class WouldIt(EmployeePage, TemplateView):
    """A form about one event on one of the own computers."""

    template_name = "capture_policies/my_explain.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = self.get_context_data(**kwargs)
        form = context["form"]
        if form.is_valid():
            context["found"] = explained(form.device, form.cleaned_data)
        return self.render_to_response(context, status=422 if form.errors else 200)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        given = self.request.POST if self.request.method == "POST" else None
        form = OwnForm(given, devices=own_devices(self.request.user), label_suffix="")
        return super().get_context_data(form=form, **kwargs)


def own_devices(user: Any) -> list[Device]:
    rows = Device.objects.active().filter(subject__user_id=user.pk)
    return list(rows.select_related("subject").order_by("name", "pk"))


def explained(device: Device, data: dict[str, Any]) -> Explanation:
    """The answer with the facts of a device and its person."""
    asked_at = data.get("at")
    question = asking.question_of(data)
    asked = past.live_policy_at(question.at) if asked_at else _on_device(device, question)
    ruling = _ruling(device, question, asked)
    question = replace(
        question,
        platform=device.os,
        place=ruling.place,
        group=str(device.subject.department_id),
        tags=tuple(device.tags),
        personal_device=device.personal_device,
        excluded=overlay.excluded_entries(device),
    )
    notice = _NOTICE.get(ruling.reason, "Not asked about")
    law = explaining.law_of(ruling.ruling, question, ruling.agreement, notice)
    return replace(explaining.explain(question, asked, law), assumed=ASSUMED)


def _on_device(device: Device, question: Question) -> past.Asked:
    """What holds on this very computer now."""
    number = device.applied_release or device.desired_release
    release = Release.objects.filter(number=number).select_related("version").first() if number else None
    if release is None:
        return past.Asked("Your computer has no policy", None, past.live_at(question.at))
    policy = queries.policy_of(release.version)
    words = f"Release {release.number}, which your computer has"
    return past.Asked(words, policy, past.live_at(question.at), release.version)


def _ruling(device: Device, question: Question, asked: past.Asked) -> SubjectRuling:
    """The person's own law: the place, the agreement, and whether the notice that was read says it all."""
    captured = Captured(
        policy_digest="" if asked.policy is None else asked.policy.digest,
        platform=device.os,
        tags=tuple(sorted(device.tags)),
        groups=(str(device.subject.department_id),),
    )
    return ruling_for(
        device.subject,
        at=question.at,
        personal_device=device.personal_device,
        captured=captured if asked.policy is not None else None,
    )
