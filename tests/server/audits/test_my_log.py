"""What an employee takes away from the page of the log, and that it is enough to check the log elsewhere."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from audits import checkpoints
from audits.me_views import commands
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
