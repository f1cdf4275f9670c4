"""The log changes its key, in a real browser: the pages that show it, and a file that was kept before."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from audits import checkpoints
from audits.actions import keys
from audits.actor import Actor
from audits.models import AuditEntry, SignedCheckpoint
from tests.browser.conftest import MakeWalk
from tests.browser.support import Walk
from tests.server.audits.support import advance_all, write
from tests.server.cast import REASON, Cast

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
OPERATOR = Actor.system("operator")


def _signed() -> SignedCheckpoint:
    write(5)
    advance_all(AuditEntry.objects.count())
    signed = checkpoints.sign()
    assert signed is not None
    return signed


def _compared(walk: Walk, kept: Path) -> tuple[str, str]:
    walk.go("/me/log/")
    walk.page.set_input_files("#kept-file", kept)
    walk.page.wait_for_selector("[data-kept][data-result=good], [data-kept][data-result=bad]")
    return str(walk.page.get_attribute("[data-kept]", "data-result")), walk.page.inner_text("[data-steps]")


def test_a_file_kept_under_the_old_key_is_still_checked_after_the_change(
    cast: Cast, walk_as: MakeWalk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "KEYS_DIR", tmp_path / "keys")
    before = _signed()
    kept = tmp_path / "kept.txt"
    kept.write_text(before.note, encoding="utf-8")
    keys.prepare_log_key(actor=OPERATOR)
    keys.replace_log_key(actor=OPERATOR, reason=REASON)
    both = _signed()
    staff = walk_as("auditor")
    staff.go("/audit/witnesses/")
    assert "Signs too, is being replaced" in staff.page.inner_text("main")
    staff.step("01-two-keys")
    employee = walk_as("employee")
    found, said = _compared(employee, kept)
    assert found == "good", said
    assert "has changed its key" not in said
    assert "No witness has signed it yet" in said
    keys.end_log_key(actor=OPERATOR, reason=REASON)
    _signed()
    found, said = _compared(employee, kept)
    assert found == "good", said
    assert "It has changed its key since" in said
    employee.step("02-kept-before-the-change")
    # After its end the old key signs nothing, whoever has it.
    kept.write_text(before.note.replace(f"\n{before.size}\n", f"\n{both.size + 50}\n"), encoding="utf-8")
    assert _compared(employee, kept)[0] == "bad"
