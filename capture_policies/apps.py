"""Registers the app `capture_policies` with Django."""

from __future__ import annotations

from django.apps import AppConfig


class CapturePoliciesConfig(AppConfig):
    name = "capture_policies"
    verbose_name = "Capture policies"
    default_auto_field = "django.db.models.BigAutoField"
