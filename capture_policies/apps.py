"""The app of policies; tells enrolment where the trust root is."""

from __future__ import annotations

from django.apps import AppConfig


class CapturePoliciesConfig(AppConfig):
    name = "capture_policies"
    verbose_name = "Capture policies"

    def ready(self) -> None:
        from agents import trust
        from capture_policies import signing

        trust.set_root_source(signing.root_for_enrolment)
