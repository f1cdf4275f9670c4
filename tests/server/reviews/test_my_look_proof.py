"""The proof of each look, which the person who was looked at takes away and checks without this server."""

from __future__ import annotations

import html
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audits import checkpoints
from audits.actions import append, record_event
from audits.file_check import VERIFIER
from audits.models import AuditEntry
from capture_sessions import actions as sessions
from reviews import actions
from reviews.models import View, ViewGrant
from tests.server import looks
from tests.server.audits.support import BEAT, advance_all, tamper, write
from tests.server.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def _sign() -> None:
    write(3)
    advance_all(AuditEntry.objects.count())
    assert checkpoints.sign() is not None


def _looked(cast: Cast) -> ViewGrant:
    """A grant with three looks, ended by who held it, all under a signed checkpoint."""
    write(5)
    grant = looks.looked(cast)
    for what, part in (("frame", "frame 1"), ("events", "part 0")):
        actions.record_view(grant=grant, what=what, part=part, actor=cast.actor("officer"))
    grant = actions.close_grant(grant=grant, actor=cast.actor("officer"))
    _sign()
    return grant


def _entries(client: Client, grant: ViewGrant) -> list[int]:
    """Where the page of a grant leads to: the entries of its looks, of its beginning and of its end."""
    page = client.get(f"/me/looks/{grant.pk}/").content.decode()
    return [int(found) for found in re.findall(r'href="/me/log/entries/(\d+)/"', page)]


def _an_entry(grant: ViewGrant) -> int:
    return AuditEntry.objects.filter(object_id=str(grant.pk), action="reviews.record_view").first().pk  # type: ignore[union-attr]


def _keep(client: Client, entry: int, folder: Path) -> None:
    for part in ("leaf", "proof"):
        answer = client.get(f"/me/log/entries/{entry}/proof/?part={part}")
        assert f'filename="entry-{entry}.{part}"' in answer["Content-Disposition"]
        (folder / f"entry-{entry}.{part}").write_bytes(answer.content)


def _verified(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(VERIFIER), *words]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)


def _published_key(client: Client) -> str:
    return client.get("/audit/keys").content.decode().split("\n", 1)[0].split("\t")[1]


def test_the_proof_of_each_look_is_accepted_by_the_verifier_with_the_published_key(
    cast: Cast, tmp_path: Path
) -> None:
    grant, client = _looked(cast), cast.client("employee")
    found = _entries(client, grant)
    said = []
    for entry in found:
        _keep(client, entry, tmp_path)
        files = f"entry-{entry}.proof", "--leaf", f"entry-{entry}.leaf"
        done = _verified(tmp_path, "proof", *files, "--vkey", _published_key(cast.client(None)), "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["what"] == "entry"
        leaf = json.loads((tmp_path / f"entry-{entry}.leaf").read_text())
        assert leaf["object"]["id"] == str(grant.pk)
        said.append((leaf["action"], leaf["facts"].get("part")))
    looked = [("reviews.record_view", part) for part in ("part 0", "frame 1", "part 0")]
    assert said == [*looked, ("reviews.open_grant", None), ("reviews.close_grant", None)]
    assert len(set(found)) == 5


def test_the_command_on_the_page_is_the_one_that_works(cast: Cast, tmp_path: Path) -> None:
    grant, client = _looked(cast), cast.client("employee")
    entry = _entries(client, grant)[0]
    _keep(client, entry, tmp_path)
    page = html.unescape(client.get(f"/me/log/entries/{entry}/").content.decode())
    line = re.search(r"python3 mci_verify.py (.*)</pre>", page)
    assert line is not None
    assert _verified(tmp_path, *shlex.split(line[1])).returncode == 0


@pytest.mark.parametrize("part", ["leaf", "proof"])
def test_a_changed_byte_is_refused(cast: Cast, tmp_path: Path, part: str) -> None:
    grant, client = _looked(cast), cast.client("employee")
    entry = _entries(client, grant)[0]
    _keep(client, entry, tmp_path)
    file = tmp_path / f"entry-{entry}.{part}"
    data = bytearray(file.read_bytes())
    # In the leaf the number of the part; in the proof a sign of the first hash.
    at = data.index(b"part 0") + 5 if part == "leaf" else data.index(b"\n", data.index(b"index")) + 3
    data[at] = ord("1") if part == "leaf" else (ord("A") if data[at] != ord("A") else ord("B"))
    file.write_bytes(data)
    files = f"entry-{entry}.proof", "--leaf", f"entry-{entry}.leaf"
    done = _verified(tmp_path, "proof", *files, "--vkey", _published_key(cast.client(None)))
    assert done.returncode == 1, done.stdout


@pytest.mark.parametrize("who", ["colleague", "officer", "admin", "auditor", "ml"])
def test_the_look_of_another_person_is_not_there_for_whoever_is_not_that_person(cast: Cast, who: str) -> None:
    grant = _looked(cast)
    entry, client = _an_entry(grant), cast.client(who)
    for path in (f"/me/log/entries/{entry}/", f"/me/log/entries/{entry}/proof/?part=leaf"):
        assert client.get(path).status_code == 404


def test_an_entry_about_nobody_is_nobodys_own(cast: Cast) -> None:
    entry = record_event(action="audits.example", actor=BEAT)
    for who in ("employee", "admin", "officer"):
        assert cast.client(who).get(f"/me/log/entries/{entry}/").status_code == 404
    for wrong in (0, 2**70):
        assert cast.client("employee").get(f"/me/log/entries/{wrong}/").status_code == 404


def test_a_look_that_no_checkpoint_covers_says_so_and_when_to_come_back(cast: Cast) -> None:
    grant, client = looks.looked(cast), cast.client("employee")
    entry = _an_entry(grant)
    for path in (f"/me/looks/{grant.pk}/", f"/me/log/entries/{entry}/"):
        page = client.get(path).content.decode()
        assert "come back in a minute" in page
    assert "?part=proof" not in page
    answer = client.get(f"/me/log/entries/{entry}/proof/")
    assert answer.status_code == 409
    assert "signed" in answer.json()["detail"]
    _sign()
    for path in (f"/me/looks/{grant.pk}/", f"/me/log/entries/{entry}/"):
        assert "come back in a minute" not in client.get(path).content.decode()


def test_the_entry_names_no_colleague(cast: Cast) -> None:
    grant, client = _looked(cast), cast.client("employee")
    page = client.get(f"/me/log/entries/{_an_entry(grant)}/").content.decode()
    assert str(cast.user("officer").pk) in page
    assert "privacy officer" in page
    assert cast.user("officer").display_name not in page
    assert cast.user("officer").email not in page


@pytest.mark.parametrize(
    ("who", "said"), [("employee", "you"), ("device", "the computer"), ("system", "the system")]
)
def test_the_entry_says_in_words_who_acted_when_it_was_no_colleague(cast: Cast, who: str, said: str) -> None:
    actor = {"system": BEAT, "device": cast.device_actor()}.get(who) or cast.actor("employee")
    with transaction.atomic():
        entry = append(action="audits.example", actor=actor, obj=cast.device, subject=cast.subject().pk)
    shown = html.unescape(cast.client("employee").get(f"/me/log/entries/{entry}/").content.decode())
    found = re.search(r"<dt>Who</dt>\s*<dd>\s*([a-z ]+)", shown)
    assert found is not None
    assert found[1].strip() == said


def test_reading_ones_own_proof_writes_nothing(cast: Cast) -> None:
    grant, client = _looked(cast), cast.client("employee")
    before = AuditEntry.objects.count()
    for entry in _entries(client, grant):
        client.get(f"/me/log/entries/{entry}/")
        client.get(f"/me/log/entries/{entry}/proof/")
    assert AuditEntry.objects.count() == before


def test_the_page_of_the_log_leads_to_the_last_entry_about_the_person(cast: Cast) -> None:
    grant, client = _looked(cast), cast.client("employee")
    last = AuditEntry.objects.filter(object_id=str(grant.pk), action="reviews.close_grant").get().pk
    assert f'href="/me/log/entries/{last}/"' in client.get("/me/log/").content.decode()
    shown = client.get(f"/me/log/entries/{last}/").content.decode()
    number = AuditEntry.objects.filter(subject=cast.subject().pk).count()
    assert f"Entry {number} about you" in shown


def test_a_look_whose_entry_is_gone_is_shown_as_such(cast: Cast) -> None:
    grant, client = _looked(cast), cast.client("employee")
    tamper(f"DELETE FROM audits_auditentry WHERE id = {_an_entry(grant)}")
    page = client.get(f"/me/looks/{grant.pk}/").content.decode()
    assert "Not in the log" in page
    assert "do not say the same" in page


def test_a_look_that_only_the_log_knows_is_shown_as_such(cast: Cast) -> None:
    grant, client = _looked(cast), cast.client("employee")
    View.objects.filter(grant=grant, what="frame").delete()
    page = client.get(f"/me/looks/{grant.pk}/").content.decode()
    assert "Only in the log" in page
    assert "frame 1" in page
    assert "do not say the same" in page


def test_leave_that_was_not_used_has_a_proof_of_its_own(cast: Cast) -> None:
    grant, client = looks.grant(cast), cast.client("employee")
    _sign()
    (entry,) = _entries(client, grant)
    assert AuditEntry.objects.get(pk=entry).action == "reviews.open_grant"


def test_the_proof_stays_when_the_session_is_erased(cast: Cast) -> None:
    grant, client = _looked(cast), cast.client("employee")
    sessions.erase_sessions(session_ids=[grant.session_id], because="request", actor=cast.system())
    entry = _entries(client, grant)[0]
    assert client.get(f"/me/log/entries/{entry}/proof/").status_code == 200


def test_many_looks_cost_no_more_questions_than_one(cast: Cast) -> None:
    grant, client = looks.looked(cast), cast.client("employee")
    client.get(f"/me/looks/{grant.pk}/")
    with CaptureQueriesContext(connection) as one:
        client.get(f"/me/looks/{grant.pk}/")
    for number in range(20):
        actions.record_view(grant=grant, what="frame", part=f"frame {number}", actor=cast.actor("officer"))
    with CaptureQueriesContext(connection) as many:
        client.get(f"/me/looks/{grant.pk}/")
    assert len(many) == len(one)
