"""Makes the models of the audit benchmark known to packages that look for the app of a model."""

from __future__ import annotations

from django.apps import AppConfig


class Bench(AppConfig):
    name = "_audit_app"
    label = "bench"
    default_auto_field = "django.db.models.BigAutoField"
