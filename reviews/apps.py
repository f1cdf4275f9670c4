"""Registers the app `reviews` with Django, and its gate with rollouts."""

from __future__ import annotations

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = "Reviews"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import derived
        from capture_policies import gates
        from reviews.erased import words_about
        from reviews.gate import leaks

        gates.register("Leak findings", leaks)
        derived.register("words of reviewers", words_about)
