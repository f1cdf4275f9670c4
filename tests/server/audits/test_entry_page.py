"""The page of one entry: its change before and after, what belongs to it, and its proof."""

from __future__ import annotations

import html
import json
import re
import shlex
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.db import transaction

from audits import checkpoints, entry_view
from audits.actions import append, record_event
from audits.file_check import VERIFIER
from audits.models import AuditEntry
from mci_core import notes, proofs
from tests.server.audits.support import BEAT, advance_all, write
from tests.server.cast import Cast


def test_a_change_is_shown_value_by_value(cast: Cast) -> None:
    details = {
        "before": {"name": "Old", "same": 1, "gone": 2},
        "after": {"name": "New", "same": 1},
        "place": "DE",
    }
    pk = append(action="audits.one", actor=cast.actor("admin"), obj=None, details=details)
    context = cast.client("officer").get(f"/audit/{pk}/").context
    assert [(one.name, one.before, one.after) for one in context["changed"]] == [
        ("gone", 2, None),
        ("name", "Old", "New"),
        ("same", 1, 1),
    ]
    assert context["rest"] == {"place": "DE"}
    assert cast.client("auditor").get(f"/audit/{pk}/").context["changed"] == []


@pytest.mark.parametrize(
    ("details", "wanted"),
    [
        ({"a": 1}, []),
        ({"before": None, "after": {"a": 1}}, [("a", None, 1)]),
        ({"before": {"a": 1}}, [("a", 1, None)]),
        ({"before": "DE", "after": "FR"}, [("value", "DE", "FR")]),
    ],
)
def test_changes_of_every_form_are_told_apart(
    details: dict[str, object], wanted: list[tuple[str, object, object]]
) -> None:
    changed, _rest = entry_view.split(details)
    assert [(one.name, one.before, one.after) for one in changed] == wanted


def test_related_entries_share_the_request_the_object_or_what_is_named(cast: Cast) -> None:
    def entry(**more: object) -> int:
        given = {"action": "audits.one", "actor": BEAT, "obj": None, **more}
        return append(**given)  # type: ignore[arg-type]

    device = str(cast.device.pk)
    by_object = entry(obj=cast.device)
    entry(facts={"n": 1})
    pk = entry(obj=cast.device, facts={"person": str(uuid.uuid4())})
    names_it = entry(facts={"device": device})
    related = cast.client("auditor").get(f"/audit/{pk}/").context["related"]
    assert [row.pk for row in related] == [by_object]
    named = cast.client("auditor").get(f"/audit/{names_it}/").context["related"]
    assert {row.pk for row in named} >= {by_object, pk}
    asked = append(action="audits.two", actor=cast.actor("admin"), obj=None)
    also = append(action="audits.three", actor=cast.actor("admin"), obj=None)
    found = cast.client("auditor").get(f"/audit/{asked}/").context["related"]
    assert also in [row.pk for row in found]


def test_related_entries_are_few(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_view, "RELATED", 3)
    made = [append(action="audits.one", actor=cast.actor("admin"), obj=cast.device) for _ in range(5)]
    related = cast.client("auditor").get(f"/audit/{made[0]}/").context["related"]
    assert [row.pk for row in related] == made[:1:-1]


def test_an_entry_that_is_not_signed_has_no_proof_yet(cast: Cast) -> None:
    pk = append(action="audits.one", actor=BEAT, obj=None)
    answer = cast.client("auditor").get(f"/audit/{pk}/proof/")
    assert answer.status_code == 409
    assert "signed" in answer.json()["detail"]


@pytest.mark.django_db(transaction=True)
def test_a_signed_entry_has_a_proof_that_holds(cast: Cast) -> None:
    write(5)
    with transaction.atomic():
        pk = append(action="audits.one", actor=BEAT, obj=None, facts={"n": 5})
    write(3)
    advance_all(AuditEntry.objects.count())
    checkpoints.sign()
    given = json.loads(cast.client("auditor").get(f"/audit/{pk}/proof/").content)
    proof = proofs.Inclusion.parse(given["proof"])
    assert given["leaf"] == AuditEntry.objects.get(pk=pk).leaf
    assert proof.holds(given["leaf"].encode(), notes.Vkey.parse(given["vkey"]))
    assert cast.client("employee").get(f"/audit/{pk}/proof/").status_code == 404


def test_nobody_gets_a_proof_of_what_is_not_there(cast: Cast) -> None:
    record_event(action="audits.one", actor=BEAT)
    assert cast.client("auditor").get("/audit/99999999/proof/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_entry_and_its_proof_are_files_for_the_verifier(cast: Cast, tmp_path: Path) -> None:
    write(5)
    advance_all(AuditEntry.objects.count())
    signed = checkpoints.sign()
    assert signed is not None
    pk = AuditEntry.objects.order_by("pk").values_list("pk", flat=True)[2]
    shown = cast.client("auditor").get(f"/audit/{pk}/")
    assert (shown.context["older"], shown.context["newer"]) == (pk - 1, pk + 1)
    for part in ("leaf", "proof"):
        answer = cast.client("auditor").get(f"/audit/{pk}/proof/?part={part}")
        assert f'filename="entry-{pk}.{part}"' in answer["Content-Disposition"]
        (tmp_path / f"entry-{pk}.{part}").write_bytes(answer.content)
    line = re.search(r"python3 mci_verify.py (.*)</pre>", html.unescape(shown.content.decode()))
    assert line is not None
    words = [sys.executable, str(VERIFIER), *shlex.split(line[1])]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
