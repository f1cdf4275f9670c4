"""Registers the app `jurisdictions` with Django."""

from __future__ import annotations

from django.apps import AppConfig


class JurisdictionsConfig(AppConfig):
    name = "jurisdictions"
    verbose_name = "Jurisdictions"
    default_auto_field = "django.db.models.BigAutoField"
