"""An erasure that is stopped anywhere, and by anything, goes on and ends as one that was never stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connections

from accounts.models import PersonKey
from audits import checkpoints, sequence
from audits.actor import Actor
from audits.models import AuditEntry
from capture_sessions.models import CaptureSession, SessionBlob
from capture_sessions.store import storage
from jurisdictions.actions import load_packs
from mci_agent import verify
from mci_core import canonical, merkle
from privacy_requests import ledger, tasks
from privacy_requests.actions import advance_erasure
from privacy_requests.actions import erasure as steps
from privacy_requests.models import Erasure
from privacy_requests.receipts import document, verify_receipt
from tests.server import asking, recordings
from tests.server.cast import Cast, make_cast


@pytest.fixture
def erasure(cast: Cast, settings: Any, tmp_path: Path) -> Erasure:
    settings.LEDGER_DIR = tmp_path / "ledger"
    load_packs(actor=cast.system())
    recordings.available(cast)
    return Erasure.objects.get(request=asking.approved(cast))


def _end_state(erasure: Erasure) -> dict[str, Any]:
    erasure.refresh_from_db()
    blobs = SessionBlob.objects.filter(session__subject=erasure.request.subject)
    entries = AuditEntry.objects.filter(action="privacy_requests.advance_erasure", object_id=str(erasure.pk))
    return {
        "step": erasure.step,
        "request": erasure.request.state,
        "counts": (erasure.sessions_erased, erasure.objects_erased, erasure.devices),
        "messages": erasure.derived["messages"],
        "root": erasure.manifest_root,
        "receipt": verify_receipt(erasure.receipt or {}),
        "keys": PersonKey.objects.filter(epoch__lte=erasure.key_epoch or 0, destroyed_at__isnull=True)
        .filter(subject=erasure.request.subject)
        .count(),
        "wrapped": blobs.filter(wrapped_key__isnull=False).count(),
        "files": sum(storage().exists(blob.storage_name) for blob in blobs),
        "states": set(CaptureSession.objects.values_list("state", flat=True)),
        "entries": entries.count(),
        # A second attempt to begin covers a later moment, and is written down as well.
        "ledger": list(dict.fromkeys(line["kind"] for line in ledger.lines())),
        "moments": [one.moment == erasure.frozen_at for one in ledger.begun()],
    }


def _expected(erasure: Erasure) -> dict[str, Any]:
    return {
        "step": "done",
        "request": "done",
        "counts": (1, 2, 1),
        "messages": 1,
        "root": _root(erasure),
        "receipt": True,
        "keys": 0,
        "wrapped": 0,
        "files": 0,
        "states": {"erased"},
        "entries": len(Erasure.STEPS),
        "ledger": ["begun", "done"],
        "moments": [True],
    }


def _root(erasure: Erasure) -> str:
    erasure.refresh_from_db()
    return merkle.root([merkle.leaf_hash(canonical.dumps(row)) for row in erasure.manifest]).hex()


class Killed(BaseException):
    """Nothing catches it on its way."""


@pytest.mark.django_db
@pytest.mark.parametrize("step", Erasure.STEPS)
def test_a_stop_in_any_step_loses_nothing(
    step: str, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = steps._RUN[step]

    def dies(*args: Any) -> Any:
        inner(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setitem(steps._RUN, step, dies)
        with pytest.raises(Killed):
            tasks.run_erasure(str(erasure.pk))
    erasure.refresh_from_db()
    assert erasure.step == step
    tasks.sweep_erasures()
    assert _end_state(erasure) == _expected(erasure)
    # And once more changes nothing.
    entries = AuditEntry.objects.count()
    tasks.sweep_erasures()
    assert advance_erasure(erasure=erasure, actor=Actor.system("tests")) == "done"
    assert AuditEntry.objects.count() == entries


@pytest.mark.django_db
def test_the_entry_commits_to_the_certificate_and_the_proof_joins_the_receipt(
    erasure: Erasure,
) -> None:
    tasks.run_erasure(str(erasure.pk))
    erasure.refresh_from_db()
    found = document(erasure)
    assert found is not None
    assert "proof" not in found
    leaf = canonical.loads(found["entry"])
    body = {k: v for k, v in found.items() if k not in ("entry", "kid", "signature")}
    assert leaf["facts"]["certificate"] == canonical.digest_obj(body)
    assert leaf["facts"]["manifest_root"] == found["manifest_root"]
    assert found["key_epochs"]
    assert found["backups_unreadable_from"] > found["finished_at"]
    assert verify_receipt({**found, "proof": "c2sp.org/tlog-proof@v1"})
    assert not verify_receipt({**found, "entry": "{}"})


KILLING = """
import os, signal, sys, django
django.setup()
from django.db import connections
for alias in ("default", "owner"):
    connections[alias].settings_dict["NAME"] = sys.argv[1]
from privacy_requests import tasks
from privacy_requests.actions import erasure as steps
inner = steps._RUN[sys.argv[3]]
def dies(*args):
    inner(*args)
    os.kill(os.getpid(), signal.SIGKILL)
steps._RUN[sys.argv[3]] = dies
tasks.run_erasure(sys.argv[2])
"""


def test_a_worker_that_is_killed_while_it_destroys_keys_is_made_up_for(
    transactional_db: None, settings: Any, tmp_path: Path
) -> None:
    settings.LEDGER_DIR, settings.EPOCHS_DIR = tmp_path / "ledger", tmp_path / "epochs"
    cast = make_cast()
    load_packs(actor=cast.system())
    recordings.available(cast)
    erasure = Erasure.objects.get(request=asking.approved(cast))
    database = connections["default"].settings_dict["NAME"]
    killed = subprocess.run(
        [sys.executable, "-c", KILLING, database, str(erasure.pk), "keys"],
        cwd=configured.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "mci_admin.settings",
            "LEDGER_DIR": str(settings.LEDGER_DIR),
            "EPOCHS_DIR": str(settings.EPOCHS_DIR),
        },
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    erasure.refresh_from_db()
    assert erasure.step == "keys"
    tasks.sweep_erasures()
    assert _end_state(erasure) == _expected(erasure)
    _proves(erasure, tmp_path)


def _proves(erasure: Erasure, tmp_path: Path) -> None:
    """With the next checkpoint the receipt proves itself to a program that knows nothing of this server."""
    assert tasks.sweep_proofs() == 0
    while sequence.advance():
        pass
    signed = checkpoints.sign()
    assert signed is not None
    assert tasks.sweep_proofs() == 1
    assert tasks.sweep_proofs() == 0
    erasure.refresh_from_db()
    found = document(erasure)
    assert found is not None
    assert verify_receipt(found)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(found, indent=2))
    words = ["receipt", str(file), "--vkey", str(signed.vkey)]
    assert verify.main(words) == verify.PROVEN
    file.write_text(json.dumps({**found, "objects": 3}))
    assert verify.main(words) != verify.PROVEN
