"""Registers the project package: its checks, its commands and the connection rules."""

from __future__ import annotations

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "mci_admin"
    verbose_name = "MCI Admin"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from mci_admin import celery, checks  # noqa: F401  # registers the checks and the task queue
