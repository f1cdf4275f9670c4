"""Registers the project package: its commands and the task queue."""

from __future__ import annotations

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "mci_admin"
    verbose_name = "MCI Admin"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from mci_admin import celery  # noqa: F401  # makes our task queue the current one
