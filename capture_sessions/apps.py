"""Registers the app `capture_sessions` with Django."""

from __future__ import annotations

from django.apps import AppConfig


class CaptureSessionsConfig(AppConfig):
    name = "capture_sessions"
    verbose_name = "Capture sessions"
    default_auto_field = "django.db.models.BigAutoField"
