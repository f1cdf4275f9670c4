"""Registers the app `audits` with Django."""

from __future__ import annotations

from django.apps import AppConfig


class AuditsConfig(AppConfig):
    name = "audits"
    verbose_name = "Audit log"
    default_auto_field = "django.db.models.BigAutoField"
