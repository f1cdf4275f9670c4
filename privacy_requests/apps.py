"""Registers the app `privacy_requests` with Django."""

from __future__ import annotations

from django.apps import AppConfig


class PrivacyRequestsConfig(AppConfig):
    name = "privacy_requests"
    verbose_name = "Privacy requests"
    default_auto_field = "django.db.models.BigAutoField"
