"""Registers the app `capture_sessions` with Django, and tells the app of policies what was captured."""

from __future__ import annotations

from django.apps import AppConfig


class CaptureSessionsConfig(AppConfig):
    name = "capture_sessions"
    verbose_name = "Capture sessions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from capture_policies import corpora, past_cells, usage
        from capture_sessions.past_decisions import StoredSessions
        from capture_sessions.rule_texts import stored_texts
        from capture_sessions.usage import last_uses

        past_cells.register(StoredSessions())
        usage.register(last_uses)
        corpora.register(stored_texts)
