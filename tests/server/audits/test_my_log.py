"""What an employee takes away from the page of the log, and that it is enough to check the log elsewhere."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audits import checkpoints
from audits.me_views import DAYS, commands, last_of_each_day
from audits.models import AuditEntry, SignedCheckpoint
from mci_core.notes import Checkpoint, Note
from tests.server.audits.support import advance_all, fill
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def _signed(more: int) -> SignedCheckpoint:
    fill(more)
    advance_all(AuditEntry.objects.count())
    signed = checkpoints.sign()
    assert signed is not None
    return signed


def test_the_kept_file_and_the_verifier_show_that_the_log_has_only_grown(cast: Cast, tmp_path: Path) -> None:
    client = cast.client("employee")
    old = _signed(40)
    kept = client.get(f"/me/log/checkpoints/{old.size}/")
    assert f'filename="checkpoint-{old.size}.txt"' in kept["Content-Disposition"]
    assert Checkpoint.parse(Note.parse(kept.content).text).size == old.size
    assert commands(old) in client.get("/me/log/").content.decode().replace("&#x27;", "'")
    _signed(25)
    (tmp_path / f"checkpoint-{old.size}.txt").write_bytes(kept.content)
    (tmp_path / "mci_verify.py").write_bytes(client.get("/me/log/verifier/").content)
    (tmp_path / "step.txt").write_bytes(client.get(f"/audit/witness?old={old.size}").content)
    line = commands(old).splitlines()[-1]
    words = shlex.split(line)
    assert words[0] == "python3"
    done = subprocess.run(
        [sys.executable, *words[1:], "--json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"] is True


def test_a_size_that_was_never_signed_is_not_there(cast: Cast) -> None:
    _signed(3)
    for size in (1, 2**70):
        assert cast.client("employee").get(f"/me/log/checkpoints/{size}/").status_code == 404


def _signed_at(*times: datetime) -> list[SignedCheckpoint]:
    """The log has one checkpoint, and these were signed before, at sizes that nobody checks here."""
    one = _signed(3)
    return SignedCheckpoint.objects.bulk_create(
        SignedCheckpoint(
            origin=one.origin, size=10 + number, root=one.root, note=one.note, vkey=one.vkey, at=at
        )
        for number, at in enumerate(times)
    )


def _utc(day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC)


def test_the_last_checkpoint_of_each_day_is_offered_with_days_as_in_utc(cast: Cast) -> None:
    midnight = _signed_at(_utc(1, 23, 59, 59), _utc(2), _utc(2, 12), _utc(5, 8))
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        with timezone.override(zone):
            days = [one.pk for one in last_of_each_day()][1:]
            assert days == [midnight[3].pk, midnight[2].pk, midnight[0].pk]


def test_as_many_days_are_offered_as_the_page_says_and_each_costs_one_question(cast: Cast) -> None:
    _signed_at(*(_utc(1) + timedelta(hours=number) for number in range(24 * 30)))
    with CaptureQueriesContext(connection) as asked:
        found = last_of_each_day()
    assert [one.at for one in found[1:]] == [_utc(day, 23) for day in range(30, 31 - DAYS, -1)]
    assert len(asked) <= DAYS + 1
