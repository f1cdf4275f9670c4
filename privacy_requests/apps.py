"""Registers the app `privacy_requests` with Django."""

from __future__ import annotations

from django.apps import AppConfig


class PrivacyRequestsConfig(AppConfig):
    name = "privacy_requests"
    verbose_name = "Privacy requests"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import derived
        from privacy_requests.models import PrivacyRequest

        def words(scope: derived.Scope) -> int:
            """What the person wrote to us; that they asked, and what was decided, stays."""
            if not scope.everything:
                return 0
            own = PrivacyRequest.objects.filter(subject_id=scope.subject).exclude(message="")
            return own.update(message="")

        derived.register("messages", words)
