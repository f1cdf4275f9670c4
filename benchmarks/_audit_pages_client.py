"""Runs inside the environment of a database that ``audit_pages.py`` filled: asks for each page and prints the
milliseconds as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time

import django
from django.conf import settings


def main(rounds: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mci_admin.settings")
    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import setup_test_environment

    from accounts.membership import new_user
    from accounts.models import Department, RoleGrant, User
    from audits.models import AuditEntry, SignedCheckpoint

    setup_test_environment()
    settings.ALLOWED_HOSTS = ["*"]
    other, _ = User.objects.get_or_create(email="other@example.com", defaults={"display_name": "Other"})
    team, _ = Department.objects.get_or_create(name="Bench")
    user = new_user(email="bench@example.com", display_name="Bench", department=team, time_zone="UTC")
    approved = {"approved_at": "2026-01-01T00:00Z", "approved_by": other, "requested_by": user, "reason": "b"}
    RoleGrant.objects.get_or_create(user=user, role="privacy_officer", defaults=approved)
    client = Client()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time()},
        {"method": "mfa", "at": time.time(), "type": "totp"},
    ]
    session.save()
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True)[0]
    entry = AuditEntry.objects.get(pk=newest // 2)
    signed = SignedCheckpoint.objects.order_by("size")[newest // 20]
    pages = {
        "list": "/audit/",
        "list, half way down": f"/audit/?before={newest // 2}",
        "filter: action": f"/audit/?action={entry.action}",
        "filter: actor": f"/audit/?actor={entry.actor}",
        "filter: role": "/audit/?actor=role:privacy_officer",
        "filter: request": f"/audit/?request={entry.request_id}",
        "filter: object": f"/audit/?object={entry.object_id}",
        "filter: nobody": "/audit/?actor=nobody@example.com",
        "filter: days": f"/audit/?since={entry.at:%Y-%m-%d}&until={entry.at:%Y-%m-%d}",
        "filter: before the log": "/audit/?until=2001-01-01",
        "search: part of an action": "/audit/?q=renew",
        "search: words of an action": "/audit/?q=renewed+a+lease",
        "search: words of no action together": "/audit/?q=renewed+session",
        "search: nothing": "/audit/?q=zzzzzz",
        "search: id": f"/audit/?q={entry.object_id}",
        "words inside": "/audit/?inside=council",
        "one entry": f"/audit/{entry.pk}/",
        "proof of one entry": f"/audit/{entry.pk}/proof/",
        "signatures and witnesses": "/audit/witnesses/",
        "entries a day, first time": "/audit/timeline/",
        "my log": "/me/log/",
        "a kept checkpoint": f"/me/log/checkpoints/{signed.size}/",
    }
    found: dict[str, list[float]] = {}
    codes = {}
    for number in range(rounds + 1):
        for name, path in pages.items():
            connection.ensure_connection()
            started = time.perf_counter()
            answer = client.get(path)
            took = (time.perf_counter() - started) * 1000
            codes[name] = answer.status_code
            if number or "first time" in name:
                found.setdefault(name, []).append(took)
    sys.stdout.write(json.dumps({"entries": newest, "codes": codes, "ms": found}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
