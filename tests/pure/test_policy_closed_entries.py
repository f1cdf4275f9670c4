"""An entry without a signal stands in a policy only where it keeps its pages, or a rule's place."""

from __future__ import annotations

from mci_core.policy import check_policy_for_approval
from tests.pure.building import app, parsed, rule, site


def _paths(*entries: dict[str, object], **changes: object) -> list[str]:
    return [problem.path for problem in check_policy_for_approval(parsed(entries, **changes))]


def test_a_closed_site_may_keep_its_pages_from_a_less_specific_one() -> None:
    wide, board = site("jira"), site("board", path_prefix="/board", signals=[], keystrokes="none")
    assert _paths(wide, board) == []
    assert _paths(site("jira", signals=[], keystrokes="none"), site("mail", "https://mail.example.com")) == [
        "entries[0].signals"
    ]


def test_a_closed_entry_may_be_where_a_rule_looks() -> None:
    closed = app("excel", signals=[], keystrokes="none")
    selector = {"entries": ["excel"], "signals": [], "fields": []}
    assert _paths(closed, site(), rules=[rule(selector=selector)]) == []
    assert _paths(closed, site()) == ["entries[0].signals"]
