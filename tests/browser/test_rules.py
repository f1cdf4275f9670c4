"""The rules workbench in a real browser: a rule is written, tried, and its effect seen before approval."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from capture_policies import tasks
from capture_policies.models import RuleEffect
from tests.browser.support import Walk
from tests.server.capture_policies.rolling import roll_out
from tests.server.capture_policies.support import CUSTOMERS, Desk
from tests.server.cast import Cast

pytestmark = [
    pytest.mark.usefixtures("repository"),
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


def test_a_rule_is_written_tried_and_measured(walk_as: Callable[[str], Walk], cast: Cast) -> None:
    desk = Desk(cast)
    desk.devices(1)
    roll_out(desk, desk.release(rules=[CUSTOMERS]))
    draft = desk.draft(rules=[CUSTOMERS], author=desk.ml)
    walk = walk_as("ml")
    page = walk.page
    walk.go(f"/policies/drafts/{draft.pk}/rules/new/")
    page.fill("[name=label]", "Ticket numbers")
    page.check("[name=match_type][value=regex]")
    page.fill("[name=pattern]", "Ticket (?=x)[0-9]+")
    page.fill("[name=redact_examples]", "Ticket 7398 is open")
    page.fill("[name=keep_examples]", "Ticketing is closed")
    page.click("text=Save in the draft")
    walk.step("01-an-unsafe-expression")
    assert "a look-ahead is not possible" in page.inner_text("main")
    page.fill("[name=pattern]", "Ticket [0-9]+")
    page.fill("#preview_text", "Ticket 7398 from olivia@example.com")
    page.wait_for_selector("#preview mark")
    walk.step("02-tried")
    page.click("text=Save in the draft")
    page.click("text=Effect of rules")
    walk.step("03-asked")
    page.click("button:has-text('Run')")
    walk.settle()
    tasks.sweep_effects()
    page.wait_for_selector("text=Newly leaked")
    walk.step("04-effect")
    tasks.measure_rules()
    tasks.sweep_effects()
    RuleEffect.objects.measured().update(day=timezone.now().date() - timedelta(days=1))
    tasks.measure_rules()
    tasks.sweep_effects()
    walk.go("/policies/rules/")
    walk.step("05-quality")
