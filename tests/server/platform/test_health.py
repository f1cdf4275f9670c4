"""The web process says that it is well only when it reaches the database and Redis."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from mci_admin import health

pytestmark = pytest.mark.django_db


def test_it_is_well() -> None:
    response = Client().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"ok": True, "database": True, "redis": True})


def test_without_redis_it_is_not(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = Client().get("/healthz")
    assert (response.status_code, response.json()["redis"]) == (503, False)


def test_without_the_database_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def cursor(self) -> Any:
            raise DatabaseError("gone")

    monkeypatch.setattr(health, "connection", Gone())
    response = Client().get("/healthz")
    assert (response.status_code, response.json()["database"]) == (503, False)


def test_servers_that_speak_wsgi_find_the_application() -> None:
    assert callable(import_module("mci_admin.wsgi").application)
