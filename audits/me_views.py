"""The employee's page of the log: the newest signed checkpoint, to keep and to compare later.

What it hands out needs no trust in this server: a signed text, the verifier as one file, and the commands.
"""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic import TemplateView, View

from accounts.access import EmployeePage
from audits import checkpoints, log_keys
from audits.file_check import VERIFIER
from audits.models import Cosignature, SignedCheckpoint, SubjectEntry

DAYS = 14
TEXT = "text/plain; charset=utf-8"


class Checkpoints(EmployeePage, TemplateView):
    template_name = "audits/my_checkpoints.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        signed = checkpoints.newest()
        keys = [] if signed is None else log_keys.all_of(signed.origin)
        return super().get_context_data(
            signed=signed,
            keys=log_keys.signing(keys),
            changed=len(keys) > 1,
            spans="\n".join(log_keys.spans(keys)),
            note="" if signed is None else checkpoints.note_of(signed).dumps(),
            commands="" if signed is None else commands(signed),
            verifier=hashlib.sha256(VERIFIER.read_bytes()).hexdigest(),
            seen=Cosignature.objects.newest_of_each().filter(witness__withdrawn_at__isnull=True),
            days=last_of_each_day(),
            own=_own(getattr(self.request.user, "own_subject_id", None)),
            **kwargs,
        )


class Kept(EmployeePage, View):
    """The signed checkpoint of one size as a file, with the witnesses that signed it."""

    def get(self, request: HttpRequest, size: int) -> HttpResponse:
        rows = SignedCheckpoint.objects.filter(size=min(size, 2**63 - 1)).order_by("-id")
        signed = get_object_or_404(rows[:1])
        return _file(file_name(signed), checkpoints.note_of(signed).dumps().encode())


class Verifier(EmployeePage, View):
    """``mci-verify``, to run on another computer."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return _file("mci_verify.py", VERIFIER.read_bytes())


def file_name(signed: SignedCheckpoint) -> str:
    return f"checkpoint-{signed.size}.txt"


def commands(signed: SignedCheckpoint) -> str:
    """What compares this checkpoint with the log of a later day, without this page."""
    address = f"{settings.PUBLIC_URL.rstrip('/')}{reverse('audits:witness')}?old={signed.size}"
    keys = " ".join(f"--vkey '{key}'" for key in log_keys.since(signed))
    return (
        "pip install cryptography\n"
        f"curl -o step.txt '{address}'\n"
        f"python3 mci_verify.py consistency {file_name(signed)} step.txt {keys}"
    )


def _file(name: str, body: bytes) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(body, content_type=TEXT, headers=headers)


def last_of_each_day() -> list[SignedCheckpoint]:
    """One short question a day: there may be a checkpoint for each second."""
    found: list[SignedCheckpoint] = []
    rows = SignedCheckpoint.objects.order_by("-at", "-id")
    last = rows.first()
    while last is not None and len(found) < DAYS:
        found.append(last)
        day = last.at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        last = rows.filter(at__lt=day).first()
    return found


def _own(subject: Any) -> SubjectEntry | None:
    """The last entry about this person, by which a gap between two visits can be seen."""
    if subject is None:
        return None
    return SubjectEntry.objects.filter(subject=subject).order_by("-number").first()
