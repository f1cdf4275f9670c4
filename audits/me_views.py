"""The employee's page of the log: the newest signed checkpoint, to keep and to compare later."""

from __future__ import annotations

from typing import Any

from django.views.generic import TemplateView

from accounts.access import EmployeePage
from audits import checkpoints
from audits.models import Cosignature, SignedCheckpoint, SubjectEntry

DAYS = 14


class Checkpoints(EmployeePage, TemplateView):
    template_name = "audits/my_checkpoints.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        signed = checkpoints.newest()
        return super().get_context_data(
            signed=signed,
            note="" if signed is None else checkpoints.note_of(signed).dumps(),
            seen=Cosignature.objects.newest_of_each().filter(witness__withdrawn_at__isnull=True),
            days=_last_of_each_day(),
            own=_own(getattr(self.request.user, "own_subject_id", None)),
            **kwargs,
        )


def _last_of_each_day() -> list[SignedCheckpoint]:
    rows = SignedCheckpoint.objects.order_by("-at__date", "-id").distinct("at__date")
    return list(rows[:DAYS])


def _own(subject: Any) -> SubjectEntry | None:
    """The last entry about this person, by which a gap between two visits can be seen."""
    if subject is None:
        return None
    return SubjectEntry.objects.filter(subject=subject).order_by("-number").first()
