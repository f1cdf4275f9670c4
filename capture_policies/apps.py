"""The app of policies; tells the app of devices where the trust root is and how long leases live."""

from __future__ import annotations

from django.apps import AppConfig


class CapturePoliciesConfig(AppConfig):
    name = "capture_policies"
    verbose_name = "Capture policies"

    def ready(self) -> None:
        from agents import trust
        from capture_policies import notices, queries, signing
        from jurisdictions import coverage

        trust.set_root_source(signing.root_for_enrolment)
        trust.set_lease_life(queries.lease_seconds_of)
        coverage.register(notices.POLICIES)
