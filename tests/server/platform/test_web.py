"""What every page carries: headers, health, and static files from an explicit list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client, override_settings

from mci_admin.staticfiles import FILES, PackageFinder

FORBIDDEN = ("unsafe-inline", "unsafe-eval", "*", "http:")


@pytest.mark.django_db
def test_health_needs_database_and_redis(client: Client) -> None:
    assert client.get("/healthz").json() == {"ok": True, "database": True, "redis": True}
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        response = client.get("/healthz")
    assert (response.status_code, response.json()["redis"]) == (503, False)


@pytest.mark.django_db
def test_page_carries_an_enforced_policy(client: Client) -> None:
    response = client.get("/accounts/login/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not any(word in policy.split() for word in FORBIDDEN)
    assert "Content-Security-Policy-Report-Only" not in response
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
def test_pages_hold_no_inline_script_or_style(client: Client) -> None:
    text = client.get("/accounts/login/").content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)


def test_front_end_files_are_found_and_no_other() -> None:
    for name in FILES:
        assert finders.find(name), name
    for name in ("vendor/tabler/package.json", "@tabler/core/package.json"):
        assert not finders.find(name)


def test_front_end_files_are_listed_for_collection() -> None:
    listed = {name for finder in finders.get_finders() for name, _storage in finder.list([])}
    assert set(FILES) <= listed


def test_missing_front_end_files_are_told(tmp_path: Path) -> None:
    with override_settings(BASE_DIR=tmp_path):
        fresh = PackageFinder()
        assert [message.id for message in fresh.check()] == ["mci.W001"]
        assert list(fresh.list(None)) == []


def test_secrets_are_not_debug() -> None:
    assert settings.DEBUG is False
