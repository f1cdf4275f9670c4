"""One writer of a measurement: does business transactions when told to, and says how many it did.

    python _audit_writer.py KIND WRITER DATABASE_URL

Each line on standard input is ``mode start seconds work``: begin at that time, go on for so long, with so
many seconds of other work in each transaction. KIND is ``mci`` (modes ``plain``, ``audit``, ``chain``) or the
name of another package (modes ``plain``, ``audit``). ``tables`` makes the tables, as their owner.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

HERE = Path(__file__).resolve().parent


def _others_settings(url: str, apps: list[str]) -> None:
    from django.conf import settings

    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    settings.configure(
        SECRET_KEY="benchmark",  # nothing is signed with it
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.lstrip("/"),
                "USER": parts.username,
                "HOST": host,
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "_audit_app.Bench", *apps],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE=False,
    )


def _mci() -> tuple[dict[str, Any], list[type[Any]]]:
    import os

    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "mci_admin.settings"
    django.setup()
    from _audit_business import Line, Order
    from django.db import connection

    from audits.actions import append
    from audits.actor import Actor

    actor = Actor.device("5b1c2c4e-6a0b-4b43-9a43-000000000001", request_id="0123456789abcdef")

    def audit(order: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
        append(
            action="bench.change_order",
            actor=actor,
            obj=order,
            reason="because the customer asked for it",
            facts={"total": after["total"]},
            details={"before": before, "after": after},
        )

    def chain(order: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
        """Each entry holds the hash of the one before: what most tamper-evident tables do."""
        row = {"action": "bench.change_order", "actor": str(actor.id), "object": order.pk}
        leaf = json.dumps({**row, "before": before, "after": after, "at": time.time()}, sort_keys=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(4711)")
            cursor.execute("SELECT hash FROM bench_chain ORDER BY id DESC LIMIT 1")
            found = cursor.fetchone()
            digest = hashlib.sha256((bytes(found[0]) if found else b"") + leaf.encode()).digest()
            cursor.execute("INSERT INTO bench_chain (leaf, hash) VALUES (%s, %s)", [leaf, digest])

    plain = (Order, Line)
    return {"plain": (*plain, None), "audit": (*plain, audit), "chain": (*plain, chain)}, [Order, Line]


def _tracked(kind: str) -> tuple[dict[str, Any], list[type[Any]]]:
    """The same models, once as they are and once as the other package wants them."""
    import django

    packages = {
        "auditlog": ["auditlog"],
        "simple_history": ["simple_history"],
        "pghistory": ["pgtrigger", "pghistory"],
    }
    _others_settings(sys.argv[3], packages[kind])
    django.setup()
    from _audit_business import Line, Order
    from django.apps import apps
    from django.db import models

    class Fields(models.Model):
        state = models.CharField(max_length=20, default="new")
        total = models.IntegerField(default=0)
        customer = models.CharField(max_length=80, default="")
        changed_at = models.DateTimeField(auto_now=True)

        class Meta:
            abstract = True

    if kind == "auditlog":
        from auditlog.registry import auditlog

        class TrackedOrder(Fields):  # noqa: DJ008  # never shown
            class Meta:
                app_label = "bench"

        auditlog.register(TrackedOrder)
    elif kind == "simple_history":
        from simple_history.models import HistoricalRecords

        class TrackedOrder(Fields):  # type: ignore[no-redef]  # noqa: DJ008  # one of three
            history = HistoricalRecords(app="bench")

            class Meta:
                app_label = "bench"

    else:
        import pghistory

        sys.modules["_audit_app.models"] = ModuleType("_audit_app.models")

        @pghistory.track(pghistory.UpdateEvent())
        class TrackedOrder(Fields):  # type: ignore[no-redef]  # noqa: DJ008  # one of three
            class Meta:
                app_label = "bench"

    ours = [Order, Line, TrackedOrder]
    more = [model for model in apps.all_models["bench"].values() if model not in ours]
    return {"plain": (Order, Line, None), "audit": (TrackedOrder, Line, None)}, [*ours, *more]


def _make(kind: str, tables: list[type[Any]]) -> None:
    from _audit_business import Order, change, make_tables
    from django.core.management import call_command
    from django.db import connection

    if kind == "mci":
        make_tables(*tables)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE bench_chain (id bigserial PRIMARY KEY, leaf text, hash bytea)")
        return
    call_command("migrate", verbosity=0)
    make_tables(*tables[:2])
    tracked = tables[2]
    make_tables(tracked, *tables[3:])
    assert tracked is not Order
    if kind == "pghistory":
        import pgtrigger

        pgtrigger.install()
    change(tracked, tables[1], 0, 1, None, 0.0)
    trail = tables[3:]
    if trail and not trail[0]._base_manager.exists():
        raise SystemExit(f"{kind} kept no trail of a change")


def main() -> None:
    kind, writer = sys.argv[1], sys.argv[2]
    sys.path.insert(0, str(HERE))
    modes, tables = _mci() if kind == "mci" else _tracked(kind)
    if writer == "tables":
        _make(kind, tables)
        return
    from _audit_business import change

    turn = 0
    for line in sys.stdin:
        mode, start, seconds, work = line.split()
        orders, lines, log = modes[mode]
        change(orders, lines, int(writer), turn, log, 0.0)
        time.sleep(max(0.0, float(start) - time.time()))
        end, done = float(start) + float(seconds), 0
        while time.time() < end:
            change(orders, lines, int(writer), turn, log, float(work))
            turn, done = turn + 1, done + 1
        print(done, flush=True)


if __name__ == "__main__":
    main()
