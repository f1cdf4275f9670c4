"""Registers the app `accounts` with Django and listens to what django-allauth says about sign-ins."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import api_schema, derived, sign_ins  # noqa: F401  # the first registers itself
        from accounts.erased import searches_for
        from accounts.keys import PersonDetailKeys
        from audits.kek import register_detail_keys

        register_detail_keys(PersonDetailKeys())
        derived.register("searches of the log", searches_for)
        sign_ins.connect()
