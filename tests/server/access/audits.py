"""Routes of the log."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audits import checkpoints
from audits.actions import append
from audits.models import LogExport, SavedSearch, SignedCheckpoint, Witness
from mci_core import notes
from tests.server.access.matrix import EVERYBODY, PUBLIC, Row
from tests.server.cast import Cast

READERS = {"admin", "privacy_officer", "auditor"}


def _entry(cast: Cast) -> dict[str, Any]:
    with transaction.atomic():
        return {"pk": append(action="audits.example", actor=cast.system(), obj=None)}


def _own_entry(cast: Cast) -> dict[str, Any]:
    """One about the employee, under no checkpoint: whose it is not gets what is not there."""
    with transaction.atomic():
        made = append(action="audits.example", actor=cast.system(), obj=None, subject=cast.subject().pk)
    return {"pk": made}


def _witness(cast: Cast) -> dict[str, Any]:
    key = notes.Vkey("council.example/w1", bytes(32), notes.COSIGNATURE)
    return {"pk": Witness.objects.create(label="Council", name=key.name, vkey=key.text()).pk}


def _signed(cast: Cast) -> dict[str, Any]:
    """A checkpoint; the sequencer takes in nothing while this transaction is open."""
    note = notes.signed_checkpoint(notes.Checkpoint("log.example", 1, bytes(32)), checkpoints.signing_key())
    vkey = notes.Vkey.of("log.example", checkpoints.signing_key()).text()
    root = bytes(32).hex()
    SignedCheckpoint.objects.create(origin="log.example", size=1, root=root, note=note.dumps(), vkey=vkey)
    return {}


def _signed_size(cast: Cast) -> dict[str, Any]:
    _signed(cast)
    return {"size": 1}


def _search(cast: Cast) -> dict[str, Any]:
    """One of each reader: whose it is not gets what is not there."""
    made = SavedSearch.objects.create(owner=cast.admin.pk, name="Mine", query="q=beat")
    return {"pk": made.pk}


def _export(cast: Cast) -> dict[str, Any]:
    made = LogExport.objects.create(owner=cast.admin.pk, query="q=beat", format="csv", state="done")
    return {"pk": made.pk}


def _tile(path: str) -> Any:
    def made(cast: Cast) -> dict[str, Any]:
        _entry(cast)
        _signed(cast)
        return {"path": path}

    return made


ROWS = [
    Row("audits:witness_list", "GET", READERS),
    Row("audits:witness_new", "GET", {"admin", "privacy_officer"}),
    Row("audits:witness_new", "POST", {"admin", "privacy_officer"}),
    Row("audits:witness_withdraw", "POST", {"admin", "privacy_officer"}, kwargs=_witness),
    Row("audits:checkpoint", "GET", PUBLIC, kwargs=_signed),
    Row("audits:keys", "GET", PUBLIC, kwargs=_signed),
    Row("audits:witness", "GET", PUBLIC, kwargs=_signed, data={"old": "0"}),
    Row("audits:witness", "POST", PUBLIC),
    Row("audits:tile", "GET", EVERYBODY, kwargs=_tile("0/000.p/1")),
    Row("audits_me:checkpoints", "GET", EVERYBODY),
    Row("audits_me:kept", "GET", EVERYBODY, kwargs=_signed_size),
    Row("audits_me:verifier", "GET", EVERYBODY),
    Row("audits_me:entry", "GET", {"employee"}, kwargs=_own_entry),
    Row("audits_me:entry_proof", "GET", {"employee"}, kwargs=_own_entry),
    Row("audits:entry_list", "GET", READERS),
    Row("audits:entry_detail", "GET", READERS, kwargs=_entry),
    Row("audits:search_new", "GET", READERS),
    Row("audits:search_new", "POST", READERS),
    Row("audits:search_forget", "POST", {"admin"}, kwargs=_search),
    Row("audits:export_list", "GET", READERS),
    Row("audits:export_new", "POST", READERS),
    Row("audits:export_delete", "POST", {"admin"}, kwargs=_export),
    Row("audits:export_file", "GET", {"admin"}, kwargs=_export),
    Row("audits:timeline", "GET", READERS),
    Row("audits:entry_proof", "GET", READERS, kwargs=_entry),
    Row("audits_api:entry-list", "GET", READERS),
    Row("audits_api:entry-detail", "GET", READERS, kwargs=_entry),
    Row("audits_api:checkpoint-list", "GET", READERS),
]
