"""Laws are loaded from files, notices and agreements are written by officers, and each reads only for
themselves.
"""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from audits.models import AuditEntry
from jurisdictions import actions
from jurisdictions.counts import acknowledged_in_words
from jurisdictions.models import Acknowledgement, LawPack, Notice
from mci_core import jurisdiction
from mci_core.errors import Conflict, Forbidden, Invalid
from tests.server.cast import REASON, Cast
from tests.server.jurisdictions.support import TEXT, agree, notice


def test_every_pack_of_this_version_names_its_source_and_when_to_review_it(cast: Cast) -> None:
    for path in actions.PACKS.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        pack = jurisdiction.parse_pack(document["pack"])
        assert pack.source
        assert pack.review_by > pack.effective_from
        assert "not legal advice" in document["disclaimer"]


def test_loading_twice_changes_nothing(cast: Cast, queued: Any) -> None:
    out = StringIO()
    call_command("load_law_packs", stdout=out)
    assert LawPack.objects.count() == len(list(actions.PACKS.glob("*.json")))
    assert "agents.tasks.hint_everybody" in queued
    call_command("load_law_packs", stdout=out)
    assert "up to date" in out.getvalue()
    assert AuditEntry.objects.filter(action="jurisdictions.load_packs").count() == 1


def test_a_changed_file_changes_its_row_and_leaves_the_others(cast: Cast, tmp_path: Path) -> None:
    actions.load_packs(actor=cast.system())
    document = json.loads((actions.PACKS / "de.json").read_text(encoding="utf-8"))
    document["words"] = "Other words."
    (tmp_path / "de.json").write_text(json.dumps(document), encoding="utf-8")
    assert actions.load_packs(actor=cast.system(), folder=tmp_path) == 1
    assert LawPack.objects.get(key="de").words == "Other words."
    assert LawPack.objects.filter(key="it").exists()


def test_notices_are_numbered_and_known_by_the_digest_of_their_text(cast: Cast) -> None:
    first, second = notice(cast, read=False), notice(cast, read=False)
    assert (first.number, second.number) == (1, 2)
    assert len(first.text_sha256) == 64
    assert Notice.objects.live() == second


@pytest.mark.parametrize(("title", "text", "field"), [(" ", TEXT, "title"), ("a", "short", "text")])
def test_a_notice_without_substance_is_refused(cast: Cast, title: str, text: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.publish_notice(title=title, text=text, actor=cast.actor("officer"))
    assert refused.value.field == field


def test_only_an_officer_publishes(cast: Cast) -> None:
    for name in ("admin", "ml", "auditor", "employee"):
        with pytest.raises(Forbidden):
            actions.publish_notice(title="a", text=TEXT, actor=cast.actor(name))


def test_nobody_acknowledges_for_somebody_else(cast: Cast) -> None:
    found = notice(cast, read=False)
    with pytest.raises(Forbidden):
        actions.acknowledge_notice(subject=cast.subject(), notice=found, actor=cast.actor("colleague"))


def test_acknowledging_twice_a_day_is_once_and_later_renews_it(cast: Cast) -> None:
    found = notice(cast)

    def again() -> None:
        actions.acknowledge_notice(subject=cast.subject(), notice=found, actor=cast.actor("employee"))

    again()
    assert Acknowledgement.objects.count() == 1
    Acknowledgement.objects.update(at=timezone.now() - timedelta(days=1))
    again()
    assert Acknowledgement.objects.count() == 2


def test_a_withdrawn_notice_is_not_acknowledged(cast: Cast) -> None:
    found = notice(cast, read=False)
    actions.withdraw_notice(notice=found, reason=REASON, actor=cast.actor("officer"))
    with pytest.raises(Conflict):
        actions.acknowledge_notice(subject=cast.subject(), notice=found, actor=cast.actor("employee"))
    with pytest.raises(Conflict):
        actions.withdraw_notice(notice=found, reason=REASON, actor=cast.actor("officer"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"place": "XX"}, "place"),
        ({"kind": "handshake"}, "kind"),
        ({"number": " "}, "number"),
        ({"signals": []}, "signals"),
        ({"signals": ["telepathy"]}, "signals"),
        ({"valid_to": timezone.now().date() - timedelta(days=9)}, "valid_to"),
    ],
)
def test_an_agreement_with_a_fault_is_refused(cast: Cast, change: dict[str, Any], field: str) -> None:
    actions.load_packs(actor=cast.system())
    today = timezone.now().date()
    given = {
        "place": "FR",
        "kind": "union",
        "number": "1",
        "signals": ["click"],
        "valid_from": today,
        "valid_to": today,
        **change,
    }
    with pytest.raises(Invalid) as refused:
        actions.record_agreement(**given, actor=cast.actor("officer"))
    assert refused.value.field == field


def test_an_agreement_ends_once_and_with_a_reason(cast: Cast) -> None:
    actions.load_packs(actor=cast.system())
    found = agree(cast, "FR")
    with pytest.raises(Invalid):
        actions.end_agreement(agreement=found, reason="", actor=cast.actor("officer"))
    actions.end_agreement(agreement=found, reason=REASON, actor=cast.actor("officer"))
    with pytest.raises(Conflict):
        actions.end_agreement(agreement=found, reason=REASON, actor=cast.actor("officer"))


def test_counts_of_acknowledgements_single_nobody_out(cast: Cast, settings: Any) -> None:
    found = notice(cast)
    assert acknowledged_in_words(found) == "Fewer than 5 of 8 people."
    settings.MIN_GROUP_SIZE = 9
    assert acknowledged_in_words(found) == "Too few people to show a number."


def test_counts_hide_the_few_who_did_not(cast: Cast) -> None:
    found = notice(cast, read=False)
    names = ("employee", "colleague", "ml", "auditor", "officer")
    for name in names:
        actions.acknowledge_notice(subject=cast.subject(name), notice=found, actor=cast.actor(name))
    assert acknowledged_in_words(found) == "All but fewer than 5 of 8 people."
